"""How a list stands, in words for people and in fields for programs.

Decides the wording alone; docs/hot-lists.md tells the fields.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from fairplate.alerts.wording import age
from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.wiring import ListStatus

COLUMNS = ("list", "entries", "batch", "state", "held back", "wrong")


def status_row(status: "ListStatus", now: datetime) -> tuple[str, ...]:
    """Return what a table says of a list, in the order of its columns."""
    kept, record = status.kept, status.record
    batch = "none" if kept.imported_at is None else f"{age(now - kept.imported_at)} old"
    return (
        kept.id,
        f"{kept.entries:,}",
        batch,
        "; ".join(_states(status, now)),
        f"{sum(status.held_back.values()):,}",
        f"{record.wrong} of {record.decided}",
    )


def status_lines(status: "ListStatus", now: datetime) -> Iterator[tuple[str, str]]:
    """Yield everything that is known of a list as (name, text)."""
    kept = status.kept
    definition = kept.definition
    yield "list", kept.id
    yield "title", definition.title
    yield "purposes", ", ".join(definition.purposes)
    yield "look-alikes", "allowed" if definition.look_alikes else "not allowed"
    for state in _states(status, now):
        yield "state", state
    if kept.suspended:
        yield "", f"lift it: fairplate alert lift list {kept.id} --note TEXT"
    if kept.imported_at is not None:
        yield "batch", f"{age(now - kept.imported_at)} old, {spell_moment(kept.imported_at)}"
        yield "entries", f"{kept.entries:,}, of which {status.ended:,} ended"
    if kept.refused_at is not None:
        yield "refused", f"the last batch, {spell_moment(kept.refused_at)}; the one before stays"
    if status.next_end is not None:
        yield (
            "ending",
            f"{status.ending:,} within 14 days, the first {spell_moment(status.next_end)}",
        )
    yield "held back", _held_back_words(status.held_back)
    yield "wrong alerts", _record_words(status)


def _states(status: "ListStatus", now: datetime) -> Iterator[str]:
    """Yield what keeps the list from raising alerts, or else how long it is fresh."""
    kept, suspension = status.kept, status.suspension
    if suspension is not None:
        yield f"SUSPENDED since {spell_moment(suspension.since)} ({suspension.reason})"
    if kept.batch_id is None:
        yield "no batch yet"
    elif kept.is_stale(now):
        yield f"STALE since {spell_moment(kept.fresh_until)}: raises no alerts"
    elif suspension is None and kept.fresh_until is not None:
        yield f"fresh until {spell_moment(kept.fresh_until)}"
    elif suspension is None:
        yield "fresh; no batch is due"


def _held_back_words(held_back: dict[str, int]) -> str:
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in held_back.items())
    return f"{reasons or 'nothing'} (last 7 days)"


def _record_words(status: "ListStatus") -> str:
    record = status.record
    if not record.decided:
        return "none of its alerts was decided yet"
    return f"{record.wrong} of the last {record.decided} decided ({100 * record.rate:.0f} %)"
