"""Time without surprises: datetimes carry a zone, and "now" arrives as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

from fairplate.core.errors import InputError

Clock = Callable[[], datetime]


def require_aware(moment: datetime, *, where: str, field: str) -> datetime:
    """Return `moment` unchanged if it has a UTC offset; raise InputError if it is naive."""
    if moment.utcoffset() is None:
        raise InputError(
            where, field, expected="a date-time with a UTC offset", found="one without"
        )
    return moment


def spell_moment(moment: datetime | None) -> str | None:
    """Return the moment in UTC to the second, such as 2026-11-23T12:00:00Z; None stays."""
    if moment is None:
        return None
    in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{in_utc.isoformat(timespec='seconds')}Z"
