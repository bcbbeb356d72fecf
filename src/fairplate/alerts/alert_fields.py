"""An alert as fields for programs, the same on the command line and in the API.

docs/alerts.md tells what each means. No plate is among them.
"""

from typing import TYPE_CHECKING

from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.alerts.decisions import KeptAlert


def alert_fields(alert: "KeptAlert") -> dict[str, object]:
    """Return an alert as JSON fields; no plate among them."""
    return {
        "id": alert.id,
        "raised_at": spell_moment(alert.raised_at),
        "reader": alert.reader_id,
        "list": alert.list_id,
        "purpose": alert.purpose,
        "chance": alert.chance,
        "state": alert.state,
        "ends_at": spell_moment(alert.ends_at),
        "repeats": alert.repeats,
        "decided_at": spell_moment(alert.decided_at),
        "decided_by": alert.decided_by,
        "outcome": alert.outcome,
    }
