"""How a list stands, as fields for programs: the same on the command line and in the API.

docs/hot-lists.md tells what each means. No entry is among them.
"""

from datetime import datetime

from fairplate.core.clock import spell_moment
from fairplate.hotlists.outlook import Outlook
from fairplate.wiring.list_standing import ListStatus

PER_READS = 10_000


def status_fields(status: ListStatus, now: datetime) -> dict[str, object]:
    """Return a list as JSON fields."""
    kept, suspension = status.kept, status.suspension
    return {
        "list": kept.id,
        "title": kept.definition.title,
        "purposes": list(kept.definition.purposes),
        "look_alikes": kept.definition.look_alikes,
        "set_at": spell_moment(kept.set_at),
        "batch": kept.batch_id,
        "imported_at": spell_moment(kept.imported_at),
        "fresh_until": spell_moment(kept.fresh_until),
        "stale": kept.is_stale(now),
        "suspended_at": None if suspension is None else spell_moment(suspension.since),
        "suspend_reason": None if suspension is None else suspension.reason,
        "refused_at": spell_moment(kept.refused_at),
        "entries": kept.entries,
        "ended": status.ended,
        "ending": status.ending,
        "next_end": spell_moment(status.next_end),
        "held_back": dict(status.held_back),
        "wrong": status.record.wrong,
        "decided": status.record.decided,
        "outlooks": [outlook_fields(each) for each in status.outlooks],
    }


def outlook_fields(outlook: Outlook) -> dict[str, object]:
    """Return what is to be expected at one reader as JSON fields."""
    a_day, reads = outlook.false_alerts_a_day, outlook.reads_a_day
    return {
        "reader": outlook.reader_id,
        "reads_a_day": None if reads is None else round(reads, 1),
        "false_alerts_a_day": None if a_day is None else _digits(a_day),
        "false_alerts_per_10000_reads": _digits(outlook.false_alerts_a_read * PER_READS),
        "misread_rate": round(outlook.misread_rate, 4),
        "exact_right_share": round(outlook.right_share, 4),
    }


def _digits(figure: float) -> float:
    return float(f"{figure:.4g}")
