"""`fairplate audit status`, `publish` and `witness`: rounds of the log, and who signs along."""

import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cli.audit_parts import Witness, publish_with_witness, starting_witnesses
from tests.deployments import make_deployment, now, publish_at

from fairplate.audit.log_keys import read_log_keys
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.notes import parse_note

Capture = pytest.CaptureFixture[str]
PATIENCE_S = 30


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a deployment: one event waits in it."""
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return make_deployment(request, "sqlite", tmp_path / "data")


@pytest.fixture
def witness(folder: Path, tmp_path: Path) -> Iterator[Witness]:
    """Start a witness of a name, which trusts the log; returns its key and address."""
    with starting_witnesses(folder, tmp_path) as start:
        yield start


def json_of(capsys: Capture) -> dict[str, object]:
    (line,) = capsys.readouterr().out.splitlines()
    return dict(json.loads(line))


def status(capsys: Capture) -> dict[str, object]:
    capsys.readouterr()
    assert run(["audit", "status", "--json"]) == ExitCode.DONE
    return json_of(capsys)


def test_status_before_anything_is_published(folder: Path, capsys: Capture) -> None:
    found = status(capsys)
    key = read_log_keys(folder / "log-keys").signing.verifier
    assert found.pop("waiting_since") is not None
    assert found == {
        "origin": key.name,
        "key": str(key),
        "size": 0,
        "waiting": 1,
        "published_size": None,
        "checkpoint_size": None,
        "checkpoint_at": None,
        "witnessed_size": None,
        "unwitnessed_since": None,
        "quorum": 0,
        "witnesses": [],
        "overdue_reviews": 0,
    }
    assert run(["audit", "status"]) == ExitCode.DONE
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == [
        "log", "key", "events", "checkpoint", "witnesses", "reviews",
    ]  # fmt: skip
    assert lines[1][1] == str(key)
    assert lines[2][1].startswith("0 in the log, 1 waiting since 20")
    assert lines[3][1] == "none yet: run `fairplate audit publish`"


def test_a_round_puts_the_events_into_the_folder_and_signs(folder: Path, capsys: Capture) -> None:
    assert run(["audit", "publish"]) == ExitCode.DONE
    assert capsys.readouterr() == ("1 events, 1 of them new; signed\n", "")
    note = parse_note((folder / "log/checkpoint").read_bytes())
    assert parse_checkpoint(note.text).size == 1
    assert run(["audit", "publish"]) == ExitCode.DONE
    assert capsys.readouterr() == ("1 events; no checkpoint was due\n", "")
    found = status(capsys)
    sizes = {name: found[name] for name in ("size", "waiting", "published_size", "checkpoint_size")}
    assert sizes == {"size": 1, "waiting": 0, "published_size": 1, "checkpoint_size": 1}
    assert found["waiting_since"] is None


@pytest.mark.usefixtures("folder")
def test_a_round_as_json(capsys: Capture) -> None:
    assert run(["audit", "publish", "--json"]) == ExitCode.DONE
    done = json_of(capsys)
    assert str(done.pop("signed_at")).startswith("20")
    assert done == {
        "size": 1,
        "sequenced": 1,
        "restored": 0,
        "witnessed": False,
        "witnessed_by": [],
        "problems": [],
    }
    assert run(["audit", "publish", "--json"]) == ExitCode.DONE
    assert json_of(capsys)["signed_at"] is None


def test_witnesses_are_asked_from_the_next_checkpoint_on(witness: Witness, capsys: Capture) -> None:
    key, url = witness("town.example/witness")
    assert run(["audit", "witness", "add", key, url, "--quorum", "1"]) == ExitCode.DONE
    assert capsys.readouterr().out == "asked from the next checkpoint on; 1 must sign\n"
    found = status(capsys)
    assert found["witnesses"] == [{"key": key, "url": url, "size": 0}]
    assert (found["quorum"], found["witnessed_size"]) == (1, None)
    assert found["unwitnessed_since"] is not None
    run(["audit", "status"])
    assert "never; the first witness was added 20" in capsys.readouterr().out
    assert run(["audit", "publish"]) == ExitCode.DONE
    told = "2 events, 2 of them new; signed, countersigned by town.example/witness\n"
    assert capsys.readouterr() == (told, "")
    found = status(capsys)
    assert found["witnesses"] == [{"key": key, "url": url, "size": 2}]
    assert found["witnessed_size"] == 2
    run(["audit", "status"])
    out = capsys.readouterr().out
    assert f"witness         town.example/witness, 2 events, {url}\n" in out
    assert "quorum          1 of 1 witnesses\nwitnessed       2 events, 20" in out


def test_a_witness_that_is_away_is_told_and_holds_nothing_up(
    witness: Witness, capsys: Capture
) -> None:
    here, url = witness("town.example/witness")
    with socket.socket() as taken:  # bound, but nobody answers there
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        away, _ = witness("paper.example/witness")
        run(["audit", "witness", "add", here, url, "--quorum", "1"])
        run(["audit", "witness", "add", away, nowhere, "--quorum", "2"])
        capsys.readouterr()
        assert run(["audit", "publish", "--json"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    done = json.loads(out)
    assert (done["witnessed_by"], done["witnessed"]) == (["town.example/witness"], False)
    (problem,) = done["problems"]
    assert problem.startswith("witness paper.example/witness: ")
    assert err == f"fairplate: {problem}\n"
    assert status(capsys)["published_size"] == 3


def test_a_witness_can_be_asked_no_more(witness: Witness, capsys: Capture) -> None:
    key, url = witness("town.example/witness")
    run(["audit", "witness", "add", key, url, "--quorum", "1"])
    capsys.readouterr()
    assert run(["audit", "witness", "remove", key, "--quorum", "0"]) == ExitCode.DONE
    assert capsys.readouterr().out == "asked no more; 0 must sign\n"
    found = status(capsys)
    assert (found["witnesses"], found["quorum"], found["unwitnessed_since"]) == ([], 0, None)
    assert run(["audit", "publish"]) == ExitCode.DONE
    assert capsys.readouterr().out == "3 events, 3 of them new; signed\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("nonsense", None, "1"), "witness: key: expected"),
        ((None, "ftp://h", "1"), "witness: url: expected http:// or https://"),
        ((None, "http://u:hunter2@h", "1"), "witness: url: expected http:// or https://"),
        ((None, None, "2"), "witness: quorum: expected 1 to 1, the number of witnesses, found 2"),
        ((None, None, "0"), "witness: quorum: expected 1 to 1, the number of witnesses, found 0"),
    ],
)
def test_what_is_no_witness_is_not_added(
    witness: Witness, capsys: Capture, change: tuple[str | None, ...], told: str
) -> None:
    given = (*witness("town.example/witness"), "1")
    key, url, quorum = (new or old for new, old in zip(change, given, strict=True))
    assert run(["audit", "witness", "add", key, url, "--quorum", quorum]) == ExitCode.FAILED
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert "hunter2" not in line
    assert status(capsys)["witnesses"] == []


@pytest.mark.parametrize("arguments", [["add", "k", "http://h"], ["remove", "k"], ["add", "k"]])
def test_a_quorum_must_be_said(folder: Path, capsys: Capture, arguments: list[str]) -> None:
    assert run(["audit", "witness", *arguments]) == ExitCode.WRONG_USE
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (folder / "log").exists()


def test_doctor_tells_that_nothing_is_published(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: Capture
) -> None:
    late = make_deployment(request, "sqlite", tmp_path / "late", at=now() - timedelta(hours=1))
    assert run(["doctor", "--data", str(late)]) == ExitCode.FAILED
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("audit log: expected every event in it within 10 min, found 1 waiting")
    assert run(["audit", "publish", "--data", str(late)]) == ExitCode.DONE
    assert run(["doctor", "--data", str(late)]) == ExitCode.DONE


def test_doctor_tells_that_no_witness_signs(
    folder: Path, witness: Witness, capsys: Capture
) -> None:
    publish_with_witness(folder, witness, now() - timedelta(hours=25))
    assert run(["doctor"]) == ExitCode.FAILED
    (line,) = capsys.readouterr().out.splitlines()
    assert "expected a checkpoint with 1 witnesses within 1 day, found none since 20" in line


def test_a_lost_published_folder_is_made_again(folder: Path, capsys: Capture) -> None:
    publish_at(folder)
    for path in sorted((folder / "log").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert run(["doctor"]) == ExitCode.FAILED
    assert "the checkpoint of 1 events in the published folder" in capsys.readouterr().out
    assert run(["audit", "publish"]) == ExitCode.DONE
    assert run(["doctor"]) == ExitCode.DONE


@pytest.fixture
def signalled(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Send the main thread a signal as soon as something is the case."""
    main = threading.main_thread().ident
    assert main is not None

    def send(number: signal.Signals, when: Callable[[], bool]) -> None:
        def wait() -> None:
            deadline = time.monotonic() + PATIENCE_S
            while not when() and time.monotonic() < deadline:
                time.sleep(0.01)
            signal.pthread_kill(main, number)

        thread = threading.Thread(target=wait)
        thread.start()
        request.addfinalizer(thread.join)

    return send


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_watch_publishes_and_ends_well(
    folder: Path, capsys: Capture, signalled: Callable[..., None], number: signal.Signals
) -> None:
    signalled(number, (folder / "log/checkpoint").exists)
    assert run(["audit", "publish", "--watch", "--json"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    assert [json.loads(line)["size"] for line in out.splitlines()] == [1]


def test_the_watch_tells_an_error_and_goes_on(
    folder: Path, capsys: Capture, signalled: Callable[..., None]
) -> None:
    (folder / "log").write_text("in the way")
    signalled(signal.SIGTERM, lambda: "fairplate: " in sys.stderr.getvalue())  # type: ignore[attr-defined]
    assert run(["audit", "publish", "--watch"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert out == ""
    # The last round, after the signal, tells it again.
    assert [line.startswith(f"fairplate: {folder}/log: ") for line in err.splitlines()] == [
        True
    ] * 2
