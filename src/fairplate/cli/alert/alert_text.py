"""Alerts in words for people and in fields for programs.

Decides the wording of lists and states; what is to be compared is worded in `alerts/wording.py`.
docs/alerts.md tells the fields.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fairplate.alerts.alert_fields import alert_fields
from fairplate.alerts.message_json import message_json
from fairplate.alerts.wording import age
from fairplate.core.clock import spell_moment
from fairplate.core.doubts import percent

if TYPE_CHECKING:
    from fairplate.alerts.decisions import KeptAlert
    from fairplate.alerts.message import AlertMessage

UNCONFIRMED = "unconfirmed"
NOTHING_LEFT = "What was kept of it is destroyed: there is nothing left to compare."


def alert_lines(alert: "KeptAlert") -> Iterator[str]:
    """Yield two lines for an alert in a list; they fit 80 columns unless names are long."""
    chance = f"chance {percent(alert.chance)}"
    yield f"{alert.id}  {spell_moment(alert.raised_at)}  {chance}  {state_words(alert)}"
    repeats = f", seen again {_times(alert.repeats)}" if alert.repeats else ""
    yield f"    reader {alert.reader_id}, list {alert.list_id} ({alert.purpose}){repeats}"


def state_words(alert: "KeptAlert") -> str:
    """Return the state, and the outcome where there is one."""
    return alert.state if alert.outcome is None else f"{alert.state}, {alert.outcome}"


def standing_lines(alert: "KeptAlert", now: datetime) -> Iterator[str]:
    """Yield how an alert stands, before everything there is to compare."""
    yield f"alert    {alert.id}"
    if alert.state == UNCONFIRMED:
        expires = spell_moment(alert.ends_at)
        waits = f"raised {age(now - alert.raised_at)} ago"
        yield f"state    undecided, {waits}; expires {expires}"
    else:
        by = f" by {alert.decided_by}" if alert.decided_by else ""
        yield f"state    {state_words(alert)}; decided {spell_moment(alert.decided_at)}{by}"
    yield f"repeats  {alert.repeats}"


def held_back_line(held_back: Mapping[tuple[str, str], int]) -> str:
    """Return what the gate held back, by list and reason."""
    lists: dict[str, list[str]] = {}
    for (list_id, reason), number in held_back.items():
        lists.setdefault(list_id, []).append(f"{reason} {number:,}")
    told = "; ".join(f"{list_id}: {', '.join(reasons)}" for list_id, reasons in lists.items())
    return f"held back in the last 7 days: {told or 'nothing'}"


def show_fields(
    alert: "KeptAlert", message: "AlertMessage | None", pictures: Sequence[Path]
) -> dict[str, object]:
    """Return an alert with everything there is to compare; `message` as channels send it."""
    told = None
    if message is not None:
        told = json.loads(message_json(message, key=alert.id, pictures=False))
    return {**alert_fields(alert), "pictures": [str(path) for path in pictures], "message": told}


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
