"""`fairplate audit export`, `prove`, `open` and `verify`: what an auditor is given, and checks."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.audit_parts import SEARCH, search
from tests.deployments import ACTOR, make_deployment, publish_at

from fairplate.audit.events import commitment_opens, read_event
from fairplate.audit.log_keys import read_log_keys
from fairplate.audit.stored_tree import read_entries
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.verify.proofs import parse_proof
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a deployment with four events in its published log, the last a search."""
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    folder = make_deployment(request, "sqlite", tmp_path / "data")
    search(folder)
    publish_at(folder)
    return folder


def bodies(folder: Path) -> list[bytes]:
    """Publish, and return every event of the log."""
    publish_at(folder)
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.reading() as connection,
    ):
        return read_entries(connection, 0, deployment.log_status().size)


def files_of(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_copy_is_what_is_published_and_leaves_an_event(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    copy = tmp_path / "copy"
    assert run(["audit", "export", str(copy)]) == ExitCode.DONE
    assert capsys.readouterr() == (f"4 events in {copy}\n", "")
    assert files_of(copy) == files_of(folder / "log")
    event = read_event(bodies(folder)[4])
    assert event.type == "export.made"
    assert event.public == {"what": "audit-log", "case": None, "export": None, "items": 4}


def test_a_copy_into_a_folder_with_something_in_it_is_refused(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "notes.txt").touch()
    assert run(["audit", "export", str(tmp_path)]) == ExitCode.FAILED
    assert "expected an empty one, found files in it" in capsys.readouterr().err
    assert len(bodies(folder)) == 4


def test_before_the_first_checkpoint_there_is_nothing_to_take_out(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: Capture
) -> None:
    new = make_deployment(request, "sqlite", tmp_path / "new")
    for arguments in (["export", str(tmp_path / "copy")], ["prove", "0"]):
        assert run(["audit", *arguments, "--data", str(new)]) == ExitCode.FAILED
        (line,) = capsys.readouterr().err.splitlines()
        assert "expected a checkpoint, which `fairplate audit publish` makes" in line


def test_a_proof_is_printed_and_holds(folder: Path, capsys: Capture) -> None:
    assert run(["audit", "prove", str(SEARCH)]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    proof = parse_proof(out.encode())
    assert (proof.index, proof.entry) == (SEARCH, bodies(folder)[SEARCH])
    key = read_log_keys(folder / "log-keys").signing.verifier
    assert proof.note.signature_by(key) is not None


def test_the_sealed_part_is_printed_and_that_is_on_record(folder: Path, capsys: Capture) -> None:
    assert (
        run(["audit", "open", str(SEARCH), "--given-to", "Data Protection Officer"])
        == ExitCode.DONE
    )
    opened = json.loads(capsys.readouterr().out)
    before, after = bodies(folder)[SEARCH:]
    assert (list(opened), opened["event"]) == (["event", "salt", "private"], SEARCH)
    assert json.loads(opened["private"])["plates"] == ["ABC123"]
    assert commitment_opens(before, bytes.fromhex(opened["salt"]), opened["private"].encode())
    event = read_event(after)
    assert (event.type, event.public) == ("event.opened", {"event": SEARCH})
    assert b"Officer" not in after


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prove", "4"], "event 4: index: expected 0 to 3, those in the last checkpoint"),
        (["open", "4", "--given-to", "x"], "event 4: index: expected one that is in the log"),
    ],
)
def test_an_event_that_is_not_in_the_log_is_told(
    folder: Path, capsys: Capture, arguments: list[str], told: str
) -> None:
    assert run(["audit", *arguments]) == ExitCode.FAILED
    assert told in capsys.readouterr().err
    assert len(bodies(folder)) == 4


@pytest.mark.parametrize("arguments", [["prove", "1"], ["open", "1", "--given-to", "x"]])
def test_it_is_written_to_a_new_private_file(
    folder: Path, tmp_path: Path, capsys: Capture, arguments: list[str]
) -> None:
    run(["audit", *arguments])
    printed = capsys.readouterr().out
    out = tmp_path / "out"
    assert run(["audit", *arguments, "--out", str(out)]) == ExitCode.DONE
    assert capsys.readouterr() == ("", "")
    assert out.read_text() == printed
    assert out.stat().st_mode & 0o777 == 0o600
    number = len(bodies(folder))
    out.write_text("kept")
    assert run(["audit", *arguments, "--out", str(out)]) == ExitCode.FAILED
    assert "expected a file that is not there yet" in capsys.readouterr().err
    assert out.read_text() == "kept"
    assert len(bodies(folder)) == number  # nothing was opened, and nothing is on record
    assert run(["audit", *arguments, "--out", str(tmp_path / "no/out")]) == ExitCode.FAILED
    assert "no such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["prove", "-1"], ["prove", "x"], ["prove"], ["open", "1"], ["export"]]
)
@pytest.mark.usefixtures("folder")
def test_wrong_use_is_one_line(capsys: Capture, arguments: list[str]) -> None:
    assert run(["audit", *arguments]) == ExitCode.WRONG_USE
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.usefixtures("folder")
def test_the_published_log_is_verified(capsys: Capture) -> None:
    assert run(["audit", "verify"]) == ExitCode.DONE
    assert capsys.readouterr().out != ""
    assert run(["audit", "verify", "--json"]) == ExitCode.DONE
    (line,) = capsys.readouterr().out.splitlines()
    json.loads(line)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: _flip(log / "tile/entries/000.p/4"),
        lambda log: _flip(log / "tile/0/000.p/4"),
        lambda log: _flip(log / "checkpoint"),
        lambda log: (log / "checkpoint").unlink(),
    ],
    ids=["entry", "tile", "checkpoint", "gone"],
)
def test_a_published_log_that_was_changed_is_told(
    folder: Path, capsys: Capture, spoil: Callable[[Path], None]
) -> None:
    spoil(folder / "log")
    assert run(["audit", "verify"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err


def test_a_log_continues_an_older_checkpoint(
    folder: Path, tmp_path: Path, capsys: Capture, request: pytest.FixtureRequest
) -> None:
    older = tmp_path / "older"
    older.write_bytes((folder / "log/checkpoint").read_bytes())
    search(folder)
    publish_at(folder)
    assert run(["audit", "verify", "--since", str(older)]) == ExitCode.DONE
    other = make_deployment(request, "sqlite", tmp_path / "other")
    publish_at(other)
    capsys.readouterr()
    strange = str(other / "log/checkpoint")
    assert run(["audit", "verify", "--since", strange]) != ExitCode.DONE
