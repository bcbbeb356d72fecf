"""Who is told of which alerts, where, and at what hours.

Decides whether a subscriber wants an alert and when it is due to them. Quiet hours hold only for
purposes where nobody is in danger (`policy/alert_figures.QUIET_PURPOSES`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose, parse_purpose
from fairplate.policy.alert_figures import QUIET_PURPOSES

LONGEST_NAME = 32
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)
_QUIET = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_KEYS = frozenset(
    {"channel", "address", "lists", "purposes", "quiet_hours", "zone", "dispatcher", "notices"}
)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end` of every day in `zone`; over midnight where `end` is earlier."""

    start: time
    end: time
    zone: ZoneInfo

    def end_at(self, now: datetime) -> datetime | None:
        """Return when the quiet hours that `now` (aware) is in end; None outside of them."""
        local = now.astimezone(self.zone)
        at = local.time()
        over_midnight = self.end <= self.start
        after_start, before_end = at >= self.start, at < self.end
        if not (after_start or before_end if over_midnight else after_start and before_end):
            return None
        days = int(over_midnight and after_start)
        end = datetime.combine(local.date() + timedelta(days=days), self.end, self.zone)
        # In the hour that comes twice the first end may be over, and it is still before the second.
        return end if end.astimezone(UTC) > now else end.replace(fold=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person or desk on one channel. None for `lists` or `purposes`: all of them.

    A `dispatcher` is told of alerts that the policy holds until one is confirmed. `notices`: told
    of stale lists, suspensions and the like.
    """

    name: str
    channel: str
    address: str = field(repr=False)
    lists: frozenset[str] | None = None
    purposes: frozenset[Purpose] | None = None
    quiet: QuietHours | None = None
    dispatcher: bool = False
    notices: bool = True

    def wants(self, list_id: str, purpose: Purpose) -> bool:
        """Say whether an alert of this list and purpose is for them."""
        return (self.lists is None or list_id in self.lists) and (
            self.purposes is None or purpose in self.purposes
        )

    def due_at(self, purpose: Purpose | None, now: datetime) -> datetime:
        """Return when they are to be told what comes up at `now`; no purpose: a quiet notice."""
        if self.quiet is None or (purpose is not None and purpose not in QUIET_PURPOSES):
            return now
        return self.quiet.end_at(now) or now


def read_subscriber(name: str, table: Mapping[str, object]) -> Subscriber:
    """Return the subscriber that a table of the settings defines; InputError if it is none."""
    where = f"subscribers.{name[:LONGEST_NAME]}"
    if _NAME.fullmatch(name) is None:
        expected = f"up to {LONGEST_NAME} of a-z, 0-9 and inner hyphens, a letter among them"
        raise InputError("subscribers", "name", expected=expected, found="another text")
    for key in sorted(table.keys() - _KEYS):
        expected = f"one of {', '.join(sorted(_KEYS))}"
        raise InputError(where, ascii(key[:40]), expected=expected, found="another key")
    purposes = _texts(table, "purposes", where)
    lists = _texts(table, "lists", where)
    return Subscriber(
        name=name,
        channel=_text(table, "channel", where),
        address=_text(table, "address", where),
        lists=None if lists is None else frozenset(lists),
        purposes=None
        if purposes is None
        else frozenset(parse_purpose(one, where=where, field="purposes") for one in purposes),
        quiet=_quiet(table, where),
        dispatcher=_flag(table, "dispatcher", where, default=False),
        notices=_flag(table, "notices", where, default=True),
    )


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise InputError(where, key, expected="a text", found="none or another value")
    return value


def _texts(table: Mapping[str, object], key: str, where: str) -> list[str] | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise InputError(where, key, expected="a list of texts", found="another value")
    return value


def _flag(table: Mapping[str, object], key: str, where: str, *, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise InputError(where, key, expected="true or false", found="another value")
    return value


def _quiet(table: Mapping[str, object], where: str) -> QuietHours | None:
    if "quiet_hours" not in table:
        if "zone" in table:
            raise InputError(where, "zone", expected="quiet_hours beside it", found="none")
        return None
    found = _QUIET.fullmatch(_text(table, "quiet_hours", where))
    if found is None or found[1] + found[2] == found[3] + found[4]:
        expected = "a span of a day such as 22:00-07:00"
        raise InputError(where, "quiet_hours", expected=expected, found="another text")
    start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    try:
        zone = ZoneInfo(_text(table, "zone", where))
    except (KeyError, ValueError, OSError):  # no such zone, no zone's name, or a folder's
        expected = "a time zone such as Europe/Berlin"
        raise InputError(where, "zone", expected=expected, found="another text") from None
    return QuietHours(start, end, zone)
