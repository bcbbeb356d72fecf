"""The one error of formats: bytes that are not what a C2SP specification says."""

import base64
import binascii


class LogFormatError(ValueError):
    """Bytes from outside are not what they must be; the message says what was expected."""


def decode_base64(text: str, what: str, length: int | None = None) -> bytes:
    """Return the bytes that `text` spells (RFC 4648, section 4), in its one canonical spelling.

    Raises LogFormatError about `what` for anything else, or for another length than `length`.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        data = b""
    # Compared, since base64 leaves bits over that could be anything.
    if base64.b64encode(data).decode("ascii") != text:
        raise LogFormatError(f"{what}: expected base64")
    if length is not None and len(data) != length:
        raise LogFormatError(f"{what}: expected {length} bytes, found {len(data)}")
    return data


def parse_decimal(text: str, what: str, most: int = 2**63 - 1) -> int:
    """Return the number that `text` spells in ASCII digits without leading zeroes."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)):
        raise LogFormatError(f"{what}: expected a number from 0 to {most}")
    number = int(text)
    if str(number) != text or number > most:
        raise LogFormatError(f"{what}: expected a number from 0 to {most} without leading zeroes")
    return number
