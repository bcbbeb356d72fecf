"""What a batch would do to its list, in words for people and in fields for programs.

Decides the wording alone; docs/hot-lists.md tells the fields. Plates stand in entries only, never
in a problem.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.core.purposes import Purpose
    from fairplate.hotlists.entries import Entry, Problem
    from fairplate.hotlists.kept_batches import Imported
    from fairplate.hotlists.outlook import Outlook
    from fairplate.hotlists.register import KeptList
    from fairplate.wiring import Preview

ENTRY_COLUMNS = ("change", "plate", "where", "vehicle", "purpose", "reference")


def summary_lines(preview: "Preview") -> Iterator[str]:
    """Yield how many rows there are, and what the batch changes or that it is refused."""
    of = f"list {preview.kept.id}: {preview.rows:,} rows, {preview.left_out:,} left out"
    if preview.prepared is None:
        yield f"{of}, {preview.bad_rows:,} bad"
        yield "REFUSED as a whole: nothing is imported, and what was in force stays"
        return
    difference = preview.prepared.difference
    yield f"{of}, {preview.prepared.entries:,} entries"
    if preview.prepared.damaged:
        yield "DAMAGED: what was in force cannot be read and raises no alerts; this replaces it all"
    yield (
        f"{len(difference.added):,} added, {len(difference.changed):,} changed, "
        f"{len(difference.removed):,} removed"
    )


def problem_lines(preview: "Preview") -> Iterator[str]:
    """Yield every problem that is told, and how many more rows have one."""
    yield from map(str, preview.problems)
    told = {problem.line for problem in preview.problems if problem.refuses}
    more = (
        (preview.bad_rows - len(told), "bad rows"),
        (preview.left_out - _notices(preview), "rows left out"),
    )
    yield from (f"and {number:,} more {what}" for number, what in more if number > 0)


def entry_rows(preview: "Preview") -> Iterator[tuple[str, ...]]:
    """Yield what a table says of the first entries that are added, changed and removed."""
    for change, entries in _changes(preview):
        for entry in entries:
            yield (
                change,
                entry.plate,
                entry.jurisdiction or "unknown",
                _vehicle(entry),
                entry.purpose.value,
                entry.reference,
            )


def more_lines(preview: "Preview") -> Iterator[str]:
    """Yield how many entries of each kind are not in the table."""
    if preview.prepared is None:
        return
    for change, entries in _changes(preview):
        rest = len(getattr(preview.prepared.difference, change)) - len(entries)
        if rest:
            yield f"and {rest:,} more {change}"


def not_permitted(preview: "Preview", permitted: Collection["Purpose"]) -> tuple["Purpose", ...]:
    """Return what the list is for and the policy refuses, as far as rows were refused for it."""
    refused = {problem.found for problem in preview.problems if problem.field == "purpose"}
    return tuple(
        purpose
        for purpose in preview.kept.definition.purposes
        if purpose not in permitted and purpose.value in refused
    )


def preview_fields(
    preview: "Preview", outlooks: Sequence["Outlook"]
) -> Iterator[dict[str, object]]:
    """Yield the preview as lines of JSON fields; `what` says which kind of line it is."""
    from fairplate.wiring.list_fields import outlook_fields  # noqa: PLC0415 - loads the database

    prepared = preview.prepared
    difference = None if prepared is None else prepared.difference
    yield {
        "what": "batch",
        "list": preview.kept.id,
        "refused": prepared is None,
        "replaces_damaged": prepared is not None and prepared.damaged,
        "rows": preview.rows,
        "bad_rows": preview.bad_rows,
        "left_out": preview.left_out,
        "entries": None if prepared is None else prepared.entries,
        "added": None if difference is None else len(difference.added),
        "changed": None if difference is None else len(difference.changed),
        "removed": None if difference is None else len(difference.removed),
    }
    for problem in preview.problems:
        yield _problem_fields(problem)
    for change, entries in _changes(preview):
        for entry in entries:
            yield _entry_fields(change, entry)
    for outlook in outlooks:
        yield {"what": "outlook", **outlook_fields(outlook)}


def imported_line(kept: "KeptList", imported: "Imported") -> str:
    """Return that a batch is in force, and how long it is fresh."""
    fresh = "no batch is due"
    if kept.fresh_until is not None:
        fresh = f"the next batch is due {spell_moment(kept.fresh_until)}"
    suspended = "; the list is SUSPENDED and raises no alerts" if kept.suspended else ""
    entries = f"{imported.entries:,} entries are in force"
    return f"list {kept.id}: {entries}; {fresh}{suspended}"


def imported_fields(kept: "KeptList", imported: "Imported") -> dict[str, object]:
    """Return the same as JSON fields."""
    return {
        "what": "imported",
        "list": kept.id,
        "batch": imported.batch_id,
        "entries": imported.entries,
        "fresh_until": spell_moment(kept.fresh_until),
        "suspended": kept.suspended,
    }


def _notices(preview: "Preview") -> int:
    return len({problem.line for problem in preview.problems if not problem.refuses})


def _changes(preview: "Preview") -> tuple[tuple[str, tuple["Entry", ...]], ...]:
    return (
        ("added", preview.added),
        ("changed", preview.changed),
        ("removed", preview.removed),
    )


def _vehicle(entry: "Entry") -> str:
    return " ".join(word for word in (entry.colour, entry.make, entry.vehicle.value) if word)


def _problem_fields(problem: "Problem") -> dict[str, object]:
    return {
        "what": "problem",
        "line": problem.line,
        "field": problem.field,
        "expected": problem.expected,
        "found": problem.found,
        "refuses": problem.refuses,
    }


def _entry_fields(change: str, entry: "Entry") -> dict[str, object]:
    return {
        "what": "entry",
        "change": change,
        "plate": entry.plate,
        "jurisdiction": entry.jurisdiction,
        "vehicle": entry.vehicle.value,
        "make": entry.make,
        "colour": entry.colour,
        "purpose": entry.purpose.value,
        "reference": entry.reference,
        "call": entry.call,
        "valid_from": spell_moment(entry.valid_from),
        "valid_until": spell_moment(entry.valid_until),
        "line": entry.line,
    }
