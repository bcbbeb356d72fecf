r"""The entries of a batch as bytes: some hundred at a time, each chunk sealed on its own.

Decides the bytes, so that a stolen database says nothing of who is looked for, and that a list of
millions is checked and compared without reading its texts.

    sealed = nonce (12) + AES-256-GCM(key, nonce, plain, aad)
    aad    = "fairplate/v1/list-chunk\0" + list id + "/" + batch id + "/" + number
             + "/" + how many chunks the batch has
    plain  = n (4, little-endian) + keys (8 n) + identities (8 n) + contents (8 n)
             + first seen (4 n) + ends (4 n) + zlib(a JSON array, one an entry)

`keys` are packed plates (`packing.py`), 0 for a pattern. An identity tells plate, jurisdiction,
purpose and reference; contents everything else. Times are seconds since 1970, `NO_END` for none.
"""

import hashlib
import hmac
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from fairplate.core.errors import StorageError
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.packing import pack_plate

ENTRIES_IN_CHUNK = 512
NO_END = 2**32 - 1
NO_KEY = 0  # a pattern's; no plate is packed as less than 1
TOKEN_BYTES = 16
_KEY_BYTES = 32
_NONCE_BYTES = 12
_DIGEST_BYTES = 8
_COUNT_BYTES = 4
_FASTEST = 1  # of zlib's levels

Words: TypeAlias = NDArray[np.uint64]
Seconds: TypeAlias = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class ListsKey:
    """What seals hot lists; lies outside the database, like the log's key for private parts."""

    secret: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the cipher: the secret is another key's too, so the purpose is bound to it."""
        derived = hmac.digest(self.secret, b"fairplate/v1/hot-lists", hashlib.sha256)
        object.__setattr__(self, "_cipher", AESGCM(derived[:_KEY_BYTES]))

    def seal(self, bound_to: str, plain: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
        """Return `plain` sealed for one place."""
        nonce = random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _bound(bound_to))

    def open(self, bound_to: str, sealed: bytes) -> bytes:
        """Return what `seal` was given; StorageError for anything else."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(bound_to)
            )
        except (InvalidTag, ValueError):
            expected = "what this deployment's key sealed"
            raise StorageError("hot lists", expected=expected, found="another") from None

    def token(self, *parts: str) -> bytes:
        """Return 16 bytes that are the same for the same parts, and say nothing of them."""
        told = json.dumps(parts).encode()
        return hmac.digest(self.secret, b"fairplate/v1/repeat\0" + told, hashlib.sha256)[
            :TOKEN_BYTES
        ]


def _bound(to: str) -> bytes:
    return b"fairplate/v1/list-chunk\0" + to.encode()


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of each entry without its text, in the order of delivery."""

    keys: Words
    identities: Words
    contents: Words
    first_seen: Seconds
    ends: Seconds


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some entries: their marks, and their texts still packed."""

    marks: Marks
    texts: bytes = field(repr=False)

    def entries(self, source: str) -> tuple[Entry, ...]:
        """Return the entries; `source` is the list's name."""
        return unpack_texts(self.texts, source)


def unpack_texts(texts: bytes, source: str) -> tuple[Entry, ...]:
    """Return the entries of a chunk's texts; `source` is the list's name."""
    return tuple(_entry(text, source) for text in json.loads(zlib.decompress(texts)))


def pack_entries(
    entries: Iterable[Entry], *, ends: Callable[[Entry], datetime | None], now: datetime
) -> Iterator[Chunk]:
    """Yield the entries as chunks, all first seen at `now`; `ends` says when one is over."""
    seconds = _seconds(now)
    stream = iter(entries)
    while some := list(islice(stream, ENTRIES_IN_CHUNK)):
        texts = [_text(entry) for entry in some]
        marks = Marks(
            np.array([NO_KEY if e.is_pattern else pack_plate(e.plate) for e in some], np.uint64),
            np.array([_identity(*text[:4]) for text in texts], np.uint64),
            np.array([_contents(*text[4:-1]) for text in texts], np.uint64),
            np.full(len(some), seconds, np.uint32),
            np.array([_seconds(ends(entry)) for entry in some], np.uint32),
        )
        encoded = json.dumps(texts, separators=(",", ":"), ensure_ascii=False).encode()
        yield Chunk(marks, zlib.compress(encoded, _FASTEST))


def encode_chunk(chunk: Chunk) -> bytes:
    """Return the chunk as it is sealed."""
    marks = chunk.marks
    arrays = (marks.keys, marks.identities, marks.contents, marks.first_seen, marks.ends)
    count = len(marks.keys).to_bytes(_COUNT_BYTES, "little")
    return b"".join((count, *(array.tobytes() for array in arrays), chunk.texts))


def decode_chunk(plain: bytes) -> Chunk:
    """Return the chunk that `encode_chunk` was given."""
    count = int.from_bytes(plain[:_COUNT_BYTES], "little")
    arrays: list[Any] = []
    start = _COUNT_BYTES
    for kind in (np.uint64, np.uint64, np.uint64, np.uint32, np.uint32):
        # Copied: an array upon `plain` would keep the texts as long as the marks live.
        arrays.append(np.frombuffer(plain, kind, count, start).copy())
        start += arrays[-1].nbytes
    return Chunk(Marks(*arrays), plain[start:])


def join_marks(chunks: Sequence[Marks]) -> Marks:
    """Return the marks of all chunks as one; of none if there is none."""
    kinds = (np.uint64, np.uint64, np.uint64, np.uint32, np.uint32)
    names = ("keys", "identities", "contents", "first_seen", "ends")
    joined: list[Any] = [
        np.concatenate([np.empty(0, kind), *(getattr(one, name) for one in chunks)])
        for kind, name in zip(kinds, names, strict=True)
    ]
    return Marks(*joined)


def moment_of(seconds: int) -> datetime | None:
    """Return the time of a mark, None for no end."""
    return None if seconds == NO_END else datetime.fromtimestamp(int(seconds), UTC)


def _seconds(moment: datetime | None) -> int:
    if moment is None:
        return NO_END
    return min(max(int(moment.timestamp()), 0), NO_END)


def _digest(text: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest(), "little"
    )


def _identity(plate: str, jurisdiction: str | None, purpose: str, reference: str) -> int:
    """Return what makes two entries one; only the last part may hold any character."""
    return _digest(f"{plate}\0{jurisdiction}\0{purpose}\0{reference}")


def _contents(vehicle: str, call: str, make: str, colour: str, *times: str | None) -> int:
    """Return what else an entry says, but for its line."""
    start, end, listed_on = times
    told = f"{vehicle}\0{start}\0{end}\0{listed_on}\0{len(call)}\0{len(make)}"
    return _digest(f"{told}\0{call}{make}{colour}")


def _text(entry: Entry) -> list[Any]:
    """Return an entry as it is stored."""
    start, end, listed_on = entry.valid_from, entry.valid_until, entry.listed_on
    return [
        entry.plate,
        entry.jurisdiction,
        entry.purpose.value,
        entry.reference,
        entry.vehicle.value,
        entry.call,
        entry.make,
        entry.colour,
        None if start is None else start.isoformat(),
        None if end is None else end.isoformat(),
        None if listed_on is None else listed_on.isoformat(),
        entry.line,
    ]


def _entry(text: list[Any], source: str) -> Entry:
    plate, jurisdiction, purpose, reference, vehicle, call, make, colour, *times, line = text
    start, end, listed_on = (
        None if time is None else datetime.fromisoformat(time) for time in times
    )
    return Entry(
        plate=plate,
        jurisdiction=jurisdiction,
        vehicle=VehicleType(vehicle),
        purpose=Purpose(purpose),
        reference=reference,
        call=call,
        valid_from=start,
        valid_until=end,
        listed_on=listed_on,
        make=make,
        colour=colour,
        source=source,
        line=line,
    )
