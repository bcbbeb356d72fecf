"""Which searches are to be reviewed: picked by a number that the log's operator could not choose.

The number comes of a checkpoint that witnesses have signed: nobody knows their signatures before
they are made. The log's own lines have no part in it: whoever has the log's key can sign one text
in as many ways as they like, after the witnesses did, until the picks suit them. Decides from that
checkpoint's bytes and from the searches' indices alone.
"""

import hashlib
from collections.abc import Sequence

LEAST_PICKS, MOST_PICKS = 5, 1000
SHARE = 20
"""One search of this many is picked, within these bounds, or all there are."""

_DOMAIN = b"fairplate/v1/sample\n"
_DASH = "\u2014 ".encode()


def pick_searches(witnessed: bytes, indices: Sequence[int]) -> list[int]:
    r"""Return which of the events at `indices` are picked, ascending.

    `witnessed` is the published note with its cosignatures, byte for byte. The picks are those with
    the lowest SHA-256(seed + index in 8 bytes, big-endian), the seed being
    SHA-256("fairplate/v1/sample\n" + text + lines): the text of the note, and the signature lines
    under other names than the log's, sorted, each with its newline.
    """
    seed = _seed(witnessed)

    def draw(index: int) -> bytes:
        return hashlib.sha256(seed + index.to_bytes(8, "big")).digest()

    number = min(max(LEAST_PICKS, -(-len(indices) // SHARE)), MOST_PICKS)
    return sorted(sorted(indices, key=draw)[:number])


def _seed(witnessed: bytes) -> bytes:
    text, _, lines = witnessed.rpartition(b"\n\n")
    origin = text.partition(b"\n")[0]
    own = b"".join((_DASH, origin, b" "))
    # Sorted, or their order could be chosen.
    others = sorted(line for line in lines.split(b"\n") if line and not line.startswith(own))
    whole = b"".join(line + b"\n" for line in (text, *others))
    return hashlib.sha256(_DOMAIN + whole).digest()
