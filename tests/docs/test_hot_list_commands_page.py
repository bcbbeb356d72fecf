"""The commands in docs/hot-lists.md are those there are, with their fields and exit codes."""

import shlex
from datetime import UTC, datetime
from pathlib import Path

from fairplate.alerts.ledger import Record
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.hotlist import hotlist
from fairplate.cli.hotlist.preview_text import imported_fields, preview_fields
from fairplate.cli.main import HELP_OPTIONS
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.batches import MAX_PROBLEMS
from fairplate.hotlists.definition import check_definition
from fairplate.hotlists.entries import Entry, Problem
from fairplate.hotlists.kept_batches import Imported
from fairplate.hotlists.outlook import Outlook
from fairplate.hotlists.register import REMINDED_BEFORE, KeptList
from fairplate.wiring import ListStatus, Preview
from fairplate.wiring.hot_lists import MOST_SHOWN
from fairplate.wiring.list_fields import outlook_fields, status_fields

PAGE = (Path(__file__).parents[2] / "docs" / "hot-lists.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## The commands\n")[1]
FLOWING = " ".join(SECTION.split())
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = {
    "integer": (int,),
    "number": (float, int),
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
KEPT = KeptList(
    definition=check_definition(
        'name = "town"\ntitle = "Town"\nformat = "csv"\npurposes = ["test"]', where="test"
    ),
    set_at=NOON,
    batch_id="b-1",
    imported_at=NOON,
    fresh_until=NOON,
    entries=1,
    ended=0,
    refused_at=None,
    stale_told_at=None,
    reminded_at=None,
    suspended=False,
)
OUTLOOK = Outlook(
    reader_id="gate",
    misread_rate=0.06,
    reads_a_day=100.0,
    false_alerts_a_read=0.01,
    right_share=0.9,
)
ENTRY = Entry(
    plate="ABC123",
    jurisdiction="us-ny",
    vehicle=VehicleType.CAR,
    purpose=Purpose.TEST,
    reference="1",
)


def tables(head: str) -> list[dict[str, str]]:
    """Return the first and second cells of each table that begins with `head`."""
    found = []
    for part in SECTION.split(f"| {head} |")[1:]:
        rows = part.split("\n\n")[0].splitlines()[2:]
        cells = ([cell.strip() for cell in row.split("|")[1:3]] for row in rows)
        found.append({first.strip("`"): second for first, second in cells})
    return found


def require(told: dict[str, str], fields: dict[str, object]) -> None:
    """Require the same fields in the same order, each of a kind that is told."""
    assert list(told) == list(fields)
    for name, kinds in told.items():
        known = [one for kind in kinds.split(" or ") for one in KINDS[kind.split()[0]]]
        assert type(fields[name]) in known, name


def test_every_command_is_told_in_order() -> None:
    told = [name.split()[2] for name in tables("Command")[0]]
    assert sorted(told) == sorted(hotlist.commands)


def test_the_fields_are_those_printed() -> None:
    batch, problem, entry, outlook, imported, status = tables("Field")
    preview = Preview(
        kept=KEPT,
        prepared=None,
        problems=(Problem("f", 2, "plate", "a plate", "another"),),
        added=(ENTRY,),
    )
    lines = list(preview_fields(preview, [OUTLOOK]))
    for told, line in zip((batch, problem, entry, outlook), lines, strict=True):
        require(told, line)
    require(imported, imported_fields(KEPT, Imported("b-1", 1, 1, 0, 0)))
    stands = ListStatus(
        kept=KEPT,
        ended=0,
        ending=0,
        next_end=None,
        held_back={},
        record=Record(0, 0),
        suspension=None,
        outlooks=(OUTLOOK,),
    )
    require(status, status_fields(stands, NOON))
    assert list(outlook)[1:] == list(outlook_fields(OUTLOOK))
    assert [line["what"] for line in lines] == ["batch", "problem", "entry", "outlook"]
    assert all(f"`{line['what']}`" in SECTION for line in lines)


def test_the_exit_codes_are_those_there_are() -> None:
    assert list(tables("Exit code")[0]) == [str(code.value) for code in ExitCode]


def test_the_commands_shown_are_commands() -> None:
    shown = [line for line in SECTION.splitlines() if line.startswith("$ fairplate hotlist ")]
    assert len(shown) == 5
    for line in shown:
        name, *arguments = shlex.split(line)[3:]
        # Not without: click keeps what it once made of it, and the reference shows it.
        hotlist.commands[name].make_context(name, arguments, help_option_names=HELP_OPTIONS)


def test_the_figures_are_those_in_force() -> None:
    assert f"first {MOST_SHOWN} entries of each kind" in FLOWING
    assert f"the first {MOST_SHOWN} of each kind" in FLOWING
    assert f"each, the first {MAX_PROBLEMS:,}" in FLOWING
    assert f"within {REMINDED_BEFORE.days} days" in FLOWING
