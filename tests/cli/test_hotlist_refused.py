"""`fairplate hotlist preview` and `import` of what is no batch: told, on record, nothing done."""

import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.cli.alert_parts import HEADER, LIST, PLATE, ROW, Deploy, set_up
from tests.deployments import ACTOR, make_deployment
from tests.worlds import policy_document

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.hotlists.batches import MAX_ENTRIES, MAX_PROBLEMS
from fairplate.hotlists.register import KeptList
from fairplate.storage.schema import events, list_chunks
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
HIDDEN = "SECRET9"


def text_of(*rows: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def row_of(plate: str = HIDDEN, purpose: str = "stolen-vehicle", reference: str = "1") -> str:
    return f"{plate},us-ny,car,{purpose},{reference},,,"


ROWS = {
    "a formula": (text_of(row_of(reference="=1+1")), ["2: reference: expected a text, found a"]),
    "a formula in a quoted cell": (
        text_of(row_of(reference='"@SUM(A1,A2)"')),
        ["2: reference: expected a text, found a formula"],
    ),
    "a purpose that is refused everywhere": (
        text_of(ROW, row_of(purpose="immigration")),
        ["3: purpose: expected one of stolen-vehicle, ", "found 'immigration'"],
    ),
    "two bad rows": (
        text_of("SECRETPLATE1234567,us-ny,car,stolen-vehicle,1,,,", row_of(plate="A*")),
        ["2: plate: expected 1 to 12 letters or digits, found 18", "3: plate: expected a plate"],
    ),
    "too many entries for a person": (
        text_of(*(row_of(f"S{n:05d}") for n in range(MAX_ENTRIES + 1))),
        [f"{MAX_ENTRIES + 2}: list: expected at most {MAX_ENTRIES} entries, found more"],
    ),
    "nothing but a header": (text_of(), ["1: list: expected at least one entry, found none"]),
    "more cells than columns": (
        text_of(f"{HIDDEN}{',x' * 20_000}"),
        ["2: row: expected 8 cells as in the header, found 20001"],
    ),
    "semicolons": (
        text_of(row_of().replace(",", ";"), header=HEADER.replace(",", ";")),
        ["1: header: expected a first line naming the columns", "found semicolons"],
    ),
}
"""What can be read and is refused: the file, and what must be told."""

FILES = {
    "a million columns": (
        b",".join(b"c%d" % n for n in range(1_000_000)),
        ":1: row: expected a line of fewer than 65536 characters, found more",
    ),
    "UTF-16": (
        text_of(row_of()).decode().encode("utf-16"),
        ":1: encoding: expected UTF-8, found UTF-16 (by its byte-order mark)",
    ),
    "Latin-1 in the third line": (
        text_of(ROW, row_of(reference="Möller")).decode().encode("latin-1"),
        ":3: encoding: expected UTF-8, found the byte 0xF6 of another encoding",
    ),
    "zero bytes": (b"plate\0,", ":1: encoding: expected UTF-8, found a zero byte"),
    "nothing": (b"", ": file: expected a hot list, found an empty file"),
    "too many bytes": (
        b"x" * ((16 << 20) + 1),
        ": file: expected at most 16 MB, found 16.0 MB or more",
    ),
}
"""What cannot be read to its end: the file, and the one line that must be told."""


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


@pytest.fixture
def folder(deploy: Deploy) -> Path:
    """Make a deployment whose list has one entry in force."""
    made = deploy()
    set_up(made)
    return made


def known(folder: Path) -> tuple[KeptList, int, list[dict[str, Any]]]:
    """Return the list, how many chunks lie in the database, and the public part of each event."""
    with opened_deployment(folder, actor=ACTOR) as deployment:
        (kept,) = deployment.hot_lists.all()
        with deployment.database.reading() as connection:
            chunks = connection.execute(
                sa.select(sa.func.count()).select_from(list_chunks)
            ).scalar_one()
            bodies = connection.execute(sa.select(events.c.body).order_by(events.c.id)).scalars()
            return kept, chunks, [json.loads(body) for body in bodies]


def rejected(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> list[Any]:
    new = after[len(before) :]
    assert [event["type"] for event in new] == ["batch.rejected"] * len(new)
    return [event["public"] for event in new]


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_refuses_the_batch(
    folder: Path, tmp_path: Path, capsys: Capture, name: str
) -> None:
    content, told = ROWS[name]
    batch = tmp_path / "new.csv"
    batch.write_bytes(content)
    kept, chunks, before = known(folder)
    for command, numbers in ((["preview", LIST], 0), (["import", "--yes", LIST], 1)):
        assert run(["hotlist", *command, str(batch)]) == ExitCode.FAILED
        out, err = capsys.readouterr()
        for each in told:
            assert each in err
        assert err.startswith("fairplate: new.csv:")
        assert out.endswith(
            "REFUSED as a whole: nothing is imported, and what was in force stays\n"
        )
        assert HIDDEN not in out + err
        assert PLATE not in out + err
        after, chunks_after, events_after = known(folder)
        assert (after.batch_id, chunks_after) == (kept.batch_id, chunks)
        assert len(rejected(before, events_after)) == numbers
        assert (after.refused_at is not None) is bool(numbers)
    (event,) = rejected(before, events_after)
    assert out.startswith(f"list town: {event['rows']:,} rows, 0 left out, {event['bad_rows']:,} ")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_put_on_record_too(
    folder: Path, tmp_path: Path, capsys: Capture, name: str
) -> None:
    content, told = FILES[name]
    batch = tmp_path / "new.csv"
    batch.write_bytes(content)
    kept, chunks, before = known(folder)
    for command, numbers in ((["preview", LIST], 0), (["import", "--yes", LIST], 1)):
        assert run(["hotlist", *command, str(batch)]) == ExitCode.FAILED
        out, err = capsys.readouterr()
        assert (out, len(err.splitlines())) == ("", 1)
        assert told in err
        assert HIDDEN not in err
        after, chunks_after, events_after = known(folder)
        assert (after.batch_id, chunks_after) == (kept.batch_id, chunks)
        assert len(rejected(before, events_after)) == numbers
    assert rejected(before, events_after) == [
        {"list": LIST, "format": "csv", "rows": 0, "bad_rows": 0}
    ]
    assert run(["hotlist", "status", LIST]) == ExitCode.DONE
    assert "refused       the last batch, 20" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["nothing", "a folder", "a pipe", "closed"])
def test_what_is_no_file_is_told_and_is_no_batch(
    folder: Path, tmp_path: Path, capsys: Capture, what: str
) -> None:
    path = tmp_path / "new.csv"
    if what == "a folder":
        path.mkdir()
    elif what == "a pipe":
        os.mkfifo(path)
    elif what == "closed":
        (tmp_path / "new.csv").symlink_to(path)  # it leads to itself
    before = known(folder)
    assert run(["hotlist", "import", LIST, str(path), "--yes"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert f"{path}: file: expected a" in err
    assert known(folder) == before


@pytest.mark.parametrize("command", [["preview"], ["import", "--yes"]])
def test_a_list_that_is_not_set_takes_nothing(
    folder: Path, tmp_path: Path, capsys: Capture, command: list[str]
) -> None:
    batch = tmp_path / "new.csv"
    batch.write_bytes(text_of(ROW))
    before = known(folder)
    assert run(["hotlist", *command, "other", str(batch)]) == ExitCode.FAILED
    assert "hot list: id: expected a list that is set" in capsys.readouterr().err
    assert known(folder) == before


def narrow_policy(folder: Path, *purposes: str) -> None:
    """Put a policy in force that permits these purposes alone."""
    document = policy_document()
    start = document.index('["stolen-vehicle"')
    end = document.index("]", start)
    named = ", ".join(f'"{purpose}"' for purpose in purposes)
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.set_policy(f"{document[:start]}[{named}{document[end:]}")


@pytest.mark.parametrize("permitted", [["site-access"], ["test"]])
def test_what_the_policy_does_not_permit_is_refused_by_policy(
    folder: Path, tmp_path: Path, capsys: Capture, permitted: list[str]
) -> None:
    narrow_policy(folder, *permitted)
    batch = tmp_path / "new.csv"
    batch.write_bytes(text_of(row_of(), row_of(purpose="missing-or-endangered-person")))
    kept, chunks, before = known(folder)
    for command, numbers in ((["preview", LIST], 0), (["import", "--yes", LIST], 1)):
        assert run(["hotlist", *command, str(batch)]) == ExitCode.REFUSED_BY_POLICY
        out, err = capsys.readouterr()
        assert HIDDEN not in out + err
        after, chunks_after, events_after = known(folder)
        assert (after.batch_id, chunks_after) == (kept.batch_id, chunks)
        assert len(rejected(before, events_after)) == numbers
        if permitted == ["test"]:  # nothing that the list is for
            assert err == (
                "fairplate: hot list town: purposes: expected a purpose that the policy permits, "
                "found none\n"
            )
        else:
            assert err.endswith(
                "fairplate: the policy in force does not permit: stolen-vehicle, "
                "missing-or-endangered-person\n"
            )


@pytest.mark.usefixtures("folder")
def test_problems_are_told_and_then_counted(tmp_path: Path, capsys: Capture) -> None:
    batch = tmp_path / "new.csv"
    batch.write_bytes(text_of(*[row_of(plate="*")] * (MAX_PROBLEMS + 234)))
    assert run(["hotlist", "preview", LIST, str(batch)]) == ExitCode.FAILED
    *told, more = capsys.readouterr().err.splitlines()
    assert len(told) == MAX_PROBLEMS
    assert more == "fairplate: and 234 more bad rows"
    assert run(["hotlist", "preview", LIST, str(batch), "--json"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    first, *problems = map(json.loads, out.splitlines())
    assert (first["refused"], first["entries"], first["bad_rows"]) == (True, None, 1234)
    assert problems[0] == {
        "what": "problem",
        "line": 2,
        "field": "plate",
        "expected": problems[0]["expected"],
        "found": "the wildcard *",
        "refuses": True,
    }
    assert (len(problems), err) == (MAX_PROBLEMS, "")
