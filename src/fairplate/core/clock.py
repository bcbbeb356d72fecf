"""Time without surprises: datetimes carry a zone, and "now" arrives as an argument."""

from collections.abc import Callable
from datetime import datetime

from fairplate.core.errors import InputError

Clock = Callable[[], datetime]


def require_aware(moment: datetime, *, where: str, field: str) -> datetime:
    """Return `moment` unchanged if it has a UTC offset; raise InputError if it is naive."""
    if moment.utcoffset() is None:
        raise InputError(
            where, field, expected="a date-time with a UTC offset", found="one without"
        )
    return moment
