"""A payload taken apart: its JSON, XML and text, and the pictures beside them.

What a body is tells the body itself; the content type only where it must (the boundary, a form's
encoding), because cameras name it wrongly.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fairplate.ingest.encodings import decode
from fairplate.ingest.json_texts import parse_json
from fairplate.ingest.limits import MAX_BODY_BYTES, MAX_PARTS, MAX_PICTURES
from fairplate.ingest.multipart import Part, find_boundary, split_parts
from fairplate.ingest.pictures import is_picture
from fairplate.ingest.vendor import Payload, PayloadError, Picture, Shows
from fairplate.ingest.xml_texts import parse_xml

_NO_TEXT = ("image/", "video/", "application/octet-stream")
_STARTS = (b"{", b"[", b"<")


@dataclass(frozen=True, slots=True)
class Documents:
    """The texts of one payload in order, and the parts that begin as pictures."""

    vendor: str
    texts: tuple[str, ...] = field(repr=False)
    parts: tuple[Part, ...] = ()

    def trees(self) -> Iterator[Any]:
        """Yield each text as JSON or XML; raise PayloadError at one that is neither."""
        for text in self.texts:
            yield parse_tree(text, vendor=self.vendor)

    def pictures(self, shows: dict[str, Shows | None], other: Shows | None) -> tuple[Picture, ...]:
        """Return the pictures beside the texts.

        A picture shows what the first of the words in `shows` says that is in its names, or
        `other`; what shows None is left out.
        """
        found = []
        for part in self.parts[:MAX_PICTURES]:
            what = next((s for word, s in shows.items() if word in part.names), other)
            if what is not None:
                found.append(Picture(what, part.data))
        return tuple(found)


def open_documents(payload: Payload, *, vendor: str) -> Documents:
    """Return what the payload holds; raise PayloadError if it is empty or too much."""
    body = payload.body
    if len(body) > MAX_BODY_BYTES:
        expected = f"at most {MAX_BODY_BYTES} bytes"
        raise PayloadError(vendor, "body", expected=expected, found="more")
    boundary = find_boundary(body, payload.content_type)
    if boundary is not None:
        return _open_parts(split_parts(body, boundary, vendor=vendor), vendor)
    text = decode(body, told=_charset(payload.content_type))
    if not text.strip():
        raise PayloadError(vendor, "body", expected="a text", found="nothing")
    values = _form_values(text, payload.content_type, vendor)
    return Documents(vendor, tuple(values) or (text,))


def parse_tree(text: str, *, vendor: str, field: str = "body") -> Any:
    """Return the value of a JSON text or the tree of an XML text; raise PayloadError if neither."""
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return parse_xml(text, vendor=vendor, field=field)
    return parse_json(text.lstrip("\ufeff"), vendor=vendor, field=field)


def _open_parts(parts: list[Part], vendor: str) -> Documents:
    texts, pictures = [], []
    for part in parts:
        if is_picture(part.data):
            pictures.append(part)
        elif part.data.lstrip().startswith(_STARTS) or (
            part.data.strip() and not part.content_type.startswith(_NO_TEXT)
        ):
            texts.append(decode(part.data, told=part.charset))
    if not texts:
        raise PayloadError(vendor, "body", expected="a part with text", found="none")
    return Documents(vendor, tuple(texts), tuple(pictures))


def _form_values(text: str, content_type: str, vendor: str) -> list[str]:
    """Return the values of a form that are JSON or XML, else all as one object of JSON.

    None if `text` is no form.
    """
    head = text.lstrip()[:40]
    is_told = "urlencoded" in content_type.lower() and head[:1] not in {"{", "[", "<"}
    if not is_told and not ("=%7b" in head.lower() or "=%3c" in head.lower()):
        return []
    try:
        pairs = parse_qsl(text.strip(), max_num_fields=MAX_PARTS, errors="replace")
    except ValueError:
        expected = f"at most {MAX_PARTS} fields"
        raise PayloadError(vendor, "body", expected=expected, found="more") from None
    whole = [value for _, value in pairs if value.lstrip()[:1] in {"{", "[", "<"}]
    return whole or ([json.dumps(dict(pairs))] if pairs else [])


def _charset(content_type: str) -> str:
    return content_type.lower().partition("charset=")[2].strip(' "').split(";")[0].strip('" ')
