"""How alerts stand, in words for people and in fields for programs.

Decides the wording alone; docs/alerts.md tells the fields.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from fairplate.alerts.wording import age
from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.alerts.backlog import Backlog
    from fairplate.wiring import AlertingStatus
    from fairplate.wiring.alert_standing import Standing

STANDING_COLUMNS = ("of", "id", "wrong", "rate", "state")
BACKLOG_COLUMNS = ("channel", "waiting", "due since", "accepted, 24 h", "given up, 24 h")
HELD_COLUMNS = ("list", "held back, 7 days", "matches")

# As fairplate.alerts.ledger.LAST_DECIDED, which is not loaded to parse a command; a test compares.
LAST_DECIDED = 100


def head_lines(status: "AlertingStatus", now: datetime) -> Iterator[str]:
    """Yield how many alerts wait for a decision, and when lists and readers are suspended."""
    number = f"{status.undecided:,} alert{'' if status.undecided == 1 else 's'} undecided"
    oldest = "" if status.oldest is None else f", the oldest raised {age(now - status.oldest)} ago"
    yield f"{number}{oldest}"
    yield f"suspended above {_rate(status.limit)} wrong of the last {LAST_DECIDED} decided"


def standing_row(standing: "Standing") -> tuple[str, ...]:
    """Return what a table says of a list or reader."""
    record = standing.record
    rate = _rate(record.rate) if record.decided else ""
    state = "alerting" if standing.suspension is None else "SUSPENDED"
    wrong = f"{record.wrong} of {record.decided}"
    return standing.what.value, standing.id, wrong, rate, state


def held_rows(held_back: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, ...]]:
    """Yield what a table says of the matches that the gate held back."""
    for (list_id, reason), number in held_back.items():
        yield list_id, reason, f"{number:,}"


def backlog_row(backlog: "Backlog") -> tuple[str, ...]:
    """Return what a table says of a channel."""
    return (
        backlog.channel,
        f"{backlog.waiting:,}",
        spell_moment(backlog.overdue_since) or "",
        f"{backlog.accepted:,}",
        f"{backlog.failed:,}",
    )


def problem_lines(status: "AlertingStatus") -> Iterator[str]:
    """Yield what each channel said of the last message that it did not take."""
    for one in status.backlogs:
        if one.problem is not None:
            yield f"{one.channel} said last: {one.problem}"


def suspension_lines(status: "AlertingStatus") -> Iterator[str]:
    """Yield since when and why something is suspended, and how that is lifted."""
    for one in status.standings:
        if one.suspension is not None:
            of = f"{one.what.value} {one.id}"
            since = spell_moment(one.suspension.since)
            yield f"{of}: SUSPENDED since {since} ({one.suspension.reason})"
            yield f"    lift it: fairplate alert lift {of} --note TEXT"


def status_fields(
    status: "AlertingStatus", held_back: Mapping[tuple[str, str], int]
) -> Iterator[dict[str, object]]:
    """Yield how alerts stand as lines of JSON fields; `what` says which kind of line it is."""
    yield {
        "what": "alerts",
        "undecided": status.undecided,
        "oldest_at": spell_moment(status.oldest),
        "wrong_limit": status.limit,
    }
    for standing in status.standings:
        suspension = standing.suspension
        yield {
            "what": standing.what.value,
            "id": standing.id,
            "decided": standing.record.decided,
            "wrong": standing.record.wrong,
            "rate": round(standing.record.rate, 4),
            "suspended_at": None if suspension is None else spell_moment(suspension.since),
            "suspend_reason": None if suspension is None else suspension.reason,
        }
    for (list_id, reason), number in held_back.items():
        yield {"what": "held-back", "list": list_id, "reason": reason, "matches": number}
    for backlog in status.backlogs:
        yield {
            "what": "channel",
            "channel": backlog.channel,
            "waiting": backlog.waiting,
            "due_since": spell_moment(backlog.overdue_since),
            "accepted": backlog.accepted,
            "failed": backlog.failed,
            "problem": backlog.problem,
        }


def _rate(share: float) -> str:
    return f"{100 * share:.0f} %"
