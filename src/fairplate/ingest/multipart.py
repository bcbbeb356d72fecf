"""The parts of a multipart body (RFC 2046 §5.1), as cameras write it.

Bare line feeds, a missing closing delimiter and a missing Content-Type are taken as they come; what
lies between two delimiters is the part. Leaves to others what a part holds.
"""

import re
from dataclasses import dataclass, field

from fairplate.ingest.limits import MAX_HEADER_BYTES, MAX_PARTS
from fairplate.ingest.vendor import PayloadError

_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,"]{1,200}))""", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"\s*--([!-~]{1,200})[ \t]*\r?\n")
_AFTER_DELIMITER = frozenset({b"", b"\r", b"\n", b" ", b"\t", b"-"})
_PARAMETER = re.compile(r"""\b(name|filename)\s*=\s*(?:"([^"]*)"|([^\s;]+))""", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*"?([\w.-]{1,20})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its names are as the sender chose them, and never a path to write to."""

    data: bytes = field(repr=False)
    name: str = ""
    file_name: str = field(default="", repr=False)
    content_type: str = ""
    charset: str = ""

    @property
    def names(self) -> str:
        """Both names in lower case, to look for a word in."""
        return f"{self.name} {self.file_name}".lower()


def find_boundary(body: bytes, content_type: str) -> bytes | None:
    """Return the boundary the header tells, else the one the body starts with, if it does."""
    told = _BOUNDARY.search(content_type) if "multipart" in content_type.lower() else None
    if told:
        boundary = (told.group(1) or told.group(2)).encode("utf-8", "replace")
        if b"--" + boundary in body:
            return boundary
        # Some cameras put the two hyphens of the delimiter into the header as well.
        if boundary.startswith(b"--") and boundary in body:
            return boundary[2:]
    first = _FIRST_LINE.match(body)
    return first.group(1) if first else None


def split_parts(body: bytes, boundary: bytes, *, vendor: str) -> list[Part]:
    """Return the parts; raise PayloadError if there are too many, or one has an endless header."""
    delimiter = b"--" + boundary
    starts = _find_delimiters(body, delimiter, vendor)
    parts = []
    for start, end in zip(starts, [*starts[1:], len(body)], strict=False):
        inner = body[start + len(delimiter) : end]
        if not inner.startswith(b"--"):  # the closing delimiter, and whatever follows it
            parts.append(_parse_part(inner, vendor))
    return parts


def _find_delimiters(body: bytes, delimiter: bytes, vendor: str) -> list[int]:
    starts: list[int] = []
    at = body.find(delimiter)
    while at >= 0:
        after = body[at + len(delimiter) : at + len(delimiter) + 1]
        # Elsewhere, or before other characters, it is content.
        if (at == 0 or body[at - 1] == ord("\n")) and after in _AFTER_DELIMITER:
            starts.append(at)
            if len(starts) > MAX_PARTS + 1:
                expected = f"at most {MAX_PARTS} parts"
                raise PayloadError(vendor, "body", expected=expected, found="more")
        at = body.find(delimiter, at + len(delimiter))
    return starts


def _parse_part(inner: bytes, vendor: str) -> Part:
    inner = inner.lstrip(b" \t")
    inner = _without_first_line_end(inner)
    if inner.startswith((b"\r\n", b"\n")):  # no header at all
        return Part(_without_line_end(_without_first_line_end(inner)))
    ends = [(inner.find(gap, 0, MAX_HEADER_BYTES), gap) for gap in (b"\r\n\r\n", b"\n\n")]
    found = min(((at, gap) for at, gap in ends if at >= 0), default=None)
    if found is None:
        if len(inner) > MAX_HEADER_BYTES:
            expected = f"a header of at most {MAX_HEADER_BYTES} bytes"
            raise PayloadError(vendor, "part", expected=expected, found="more")
        return Part(_without_line_end(inner))
    at, gap = found
    head = inner[:at].decode("utf-8", "replace")
    data = _without_line_end(inner[at + len(gap) :])
    told = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(head)}
    kind = re.search(r"^content-type\s*:\s*([^\s;]+)", head, re.IGNORECASE | re.MULTILINE)
    charset = _CHARSET.search(head)
    return Part(
        data,
        told.get("name", ""),
        told.get("filename", ""),
        kind.group(1).lower() if kind else "",
        charset.group(1) if charset else "",
    )


def _without_first_line_end(data: bytes) -> bytes:
    return data.removeprefix(b"\r\n") if data.startswith(b"\r\n") else data.removeprefix(b"\n")


def _without_line_end(data: bytes) -> bytes:
    # The line end before a delimiter is the delimiter's (RFC 2046 §5.1.1).
    return data.removesuffix(b"\n").removesuffix(b"\r")
