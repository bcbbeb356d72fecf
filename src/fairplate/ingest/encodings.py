"""Text from bytes whose encoding a camera tells, tells wrongly, or does not tell.

Every byte string becomes a text: a name in a strange encoding must not lose a plate, which is ASCII
in all of these.
"""

import codecs
import re

# Only these, by the names that XML declarations and headers use: others of Python's codecs are
# no text encodings, or slow.
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-2": "iso-8859-2",
    "iso-8859-15": "iso-8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc-kr": "euc-kr",
    "shift_jis": "shift_jis",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9_.-]{1,20})["']""")


def decode(data: bytes, *, told: str = "") -> str:
    """Return the text: by its mark, UTF-8, what is declared in it or `told`, else Western.

    UTF-8 is tried before anything declared, because a text that is valid UTF-8 and more than ASCII
    is hardly ever anything else.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    # "<" or "{" in 16 bits without a mark.
    if data[:2] in {b"<\0", b"{\0"}:
        return data.decode("utf-16-le", "replace")
    if data[:2] in {b"\0<", b"\0{"}:
        return data.decode("utf-16-be", "replace")
    declared = _DECLARED.match(data)
    name = declared.group(1).decode("ascii") if declared else told
    for codec in ("utf-8", _CODECS.get(name.strip().lower(), "utf-8")):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")
