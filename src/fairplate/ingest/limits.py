"""How much of a payload is looked at; beyond these a payload is refused or its rest left out.

Every number is far above what any vendor is known to send.
"""

MAX_BODY_BYTES = 20 << 20
"""A push of three 4K pictures is about 6 MB."""

MAX_ITEMS = 50_000
"""Commas, opening brackets, elements and lines of one document."""

MAX_DEPTH = 32
"""Objects and lists, or elements, inside each other."""

MAX_DIGITS = 40
"""Of one number."""

MAX_PARTS = 64
"""Of one multipart body, or fields of one form."""

MAX_HEADER_BYTES = 4096
"""Of one part."""

MAX_READS = 500
"""In one payload."""

MAX_PICTURES = 16
"""Of one payload; the rest is left out."""

MAX_CANDIDATES = 50
"""Of one read; the rest is left out."""

MAX_TEXT_LENGTH = 1000
"""Of a camera's name, an id or any other word; a longer text counts as not given."""
