"""Reads the texts of a PDF that reportlab wrote: only as much of the format as that takes."""

import base64
import re
import zlib

_OBJECT = re.compile(rb"^(\d+) 0 obj\s(.*?)^endobj", re.DOTALL | re.MULTILINE)
_STREAM = re.compile(rb"(.*?)stream\r?\n(.*?)endstream", re.DOTALL)
_CONTENTS = re.compile(rb"/Contents (\d+) 0 R")
_FONT = re.compile(rb"/(F[\d+]+) (\d+) 0 R")
_TO_UNICODE = re.compile(rb"/ToUnicode (\d+) 0 R")
_CODE = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>")
_SHOWN = re.compile(rb"/(F[\d+]+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read_pages(pdf: bytes) -> list[list[str]]:
    """Return every text that is drawn, page by page, in the order of drawing."""
    objects = {int(one[1]): one[2] for one in _OBJECT.finditer(pdf)}
    codes = {name: _codes(objects, objects[int(of)]) for name, of in _fonts(objects)}
    pages = [one for one in objects.values() if re.search(rb"/Type /Page\s", one)]
    return [_texts(_stream(objects[int(_found(_CONTENTS, one))]), codes) for one in pages]


def _fonts(objects: dict[int, bytes]) -> list[tuple[bytes, bytes]]:
    return [pair for one in objects.values() if b"stream" not in one for pair in _FONT.findall(one)]


def _codes(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    found = _TO_UNICODE.search(font)
    if found is None:
        return {}
    table = _CODE.findall(_stream(objects[int(found[1])]))
    return {int(code, 16): chr(int(sign, 16)) for code, sign in table}


def _texts(content: bytes, codes: dict[bytes, dict[int, str]]) -> list[str]:
    texts, font = [], b""
    for found in _SHOWN.finditer(content):
        if found[1] is not None:
            font = found[1]
        else:
            texts.append("".join(codes[font][code] for code in _unescape(found[2])))
    return texts


def _unescape(text: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        sign = found[1]
        return bytes([int(sign, 8)]) if sign.isdigit() else _LETTERS.get(sign, sign)

    return _ESCAPED.sub(plain, text)


def _stream(body: bytes) -> bytes:
    found = _STREAM.match(body)
    assert found is not None
    head, stream = found[1], found[2]
    if b"ASCII85Decode" in head:
        stream = (
            base64.a85decode(stream.strip(), adobe=False)
            if b"~>" not in stream
            else (base64.a85decode(stream.strip().removesuffix(b"~>")))
        )
    return zlib.decompress(stream) if b"FlateDecode" in head else stream


def _found(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    found = pattern.search(text)
    assert found is not None
    return found[1]
