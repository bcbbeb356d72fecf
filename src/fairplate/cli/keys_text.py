"""Keys and what became of them, in words for people and in fields for programs.

Decides the wording alone; docs/keys.md tells the fields.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.core.errors import FairplateError
    from fairplate.wiring import Expired, KeyStatus

COLUMNS = ("key", "state", "made", "due")

_WORDS = {
    "live": "live",
    "due": "past its time, waits for destruction",
    "damaged": "damaged, opens nothing",
    "missing": "missing from the keyring",
    "destroyed": "destroyed, rows not dropped yet",
}


def state_of(status: "KeyStatus") -> str:
    """Return the one word for the state of a key."""
    if status.state is not None:
        return status.state.value
    return "missing" if status.destroyed_at is None else "destroyed"


def status_row(status: "KeyStatus") -> tuple[str, ...]:
    """Return what a table says of a key, in the order of its columns."""
    state = _WORDS[state_of(status)]
    made = spell_moment(status.made_at) or "not on record"
    return str(status.name), state, made, spell_moment(status.due) or ""


def status_fields(status: "KeyStatus") -> dict[str, object]:
    """Return a key as JSON fields."""
    return {
        "key": str(status.name),
        "state": state_of(status),
        "on_record": status.made_at is not None,
        "made_at": spell_moment(status.made_at),
        "due": spell_moment(status.due),
        "destroyed_at": spell_moment(status.destroyed_at),
    }


def summary_line(statuses: Sequence["KeyStatus"]) -> str:
    """Return how many keys there are and when the next must go."""
    existing = [status for status in statuses if status.exists]
    number = f"{len(existing)} key{'' if len(existing) == 1 else 's'}"
    if not existing:
        return f"{number} in the keyring"
    due = min(status.due for status in existing)
    return f"{number} in the keyring; next due {spell_moment(due)}"


def done_lines(did: "Expired") -> Iterator[str]:
    """Yield one line for each thing that a round of the expiry did."""
    for name in did.destroyed:
        yield f"key {name}: destroyed"
    for name in did.emptied:
        yield f"key {name}: its rows are dropped"


def done_fields(did: "Expired") -> Iterator[dict[str, object]]:
    """Yield the same as JSON fields, then what went wrong."""
    for name in did.destroyed:
        yield _done("destroyed", key=str(name))
    for name in did.emptied:
        yield _done("rows-dropped", key=str(name))
    for problem in did.problems:
        yield problem_fields(problem)


def problem_fields(problem: "FairplateError") -> dict[str, object]:
    """Return what went wrong as JSON fields."""
    return _done("problem", message=str(problem))


def _done(what: str, *, key: str | None = None, message: str | None = None) -> dict[str, object]:
    return {"what": what, "key": key, "message": message}
