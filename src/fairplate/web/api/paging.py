"""Lists in pages: a cursor says after what the next page begins. Pure.

Decides the cursor's form, which is nobody else's business: it comes as `next` and goes back as it
came. What was added or went meanwhile moves nothing else.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Query

from fairplate.core.errors import InputError

MOST = 200
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most")]
Cursor = Annotated[
    str | None, Query(max_length=400, description="What the page before told as `next`")
]

_Item = TypeVar("_Item")


def encode_cursor(*parts: str) -> str:
    """Return a cursor that holds `parts`."""
    plain = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode_cursor(cursor: str, number: int) -> list[str]:
    """Return the `number` parts of a cursor; InputError for any other text."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) != number
        or not all(isinstance(one, str) and one.isascii() and one.isprintable() for one in parts)
    ):
        raise _no_cursor()
    return parts


def decode_place(cursor: str | None) -> tuple[datetime, str] | None:
    """Return the moment and id that a cursor holds; InputError for any other text."""
    if cursor is None:
        return None
    spelled, item_id = decode_cursor(cursor, 2)
    try:
        moment = datetime.fromisoformat(spelled)
    except ValueError:
        raise _no_cursor() from None
    if moment.tzinfo is None:
        raise _no_cursor()
    return moment, item_id


def page_of(
    items: Sequence[_Item], name: Callable[[_Item], str], cursor: str | None, most: int
) -> tuple[Sequence[_Item], str | None]:
    """Return the page of `items` after a cursor, and the cursor of the next; items have names."""
    ordered = sorted(items, key=name)
    if cursor is not None:
        (after,) = decode_cursor(cursor, 1)
        ordered = [one for one in ordered if name(one) > after]
    page = ordered[:most]
    return page, encode_cursor(name(page[-1])) if len(ordered) > most else None


def _no_cursor() -> InputError:
    return InputError("request", "cursor", expected="what a page told as `next`", found="another")
