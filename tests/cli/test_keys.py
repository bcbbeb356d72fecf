"""`fairplate keys`: the listing, one round, one key, and the watch with its signals."""

import json
import os
import pty
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.deployments import (
    ACTOR,
    clock_at,
    expire_at,
    key_files,
    make_deployment,
    now,
)
from tests.worlds import policy_document

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.storage.schema import policies
from fairplate.vault.keyrings.file.records import parse_name
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
Deploy = Callable[..., Path]
FILE_ONLY = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
SHORT = policy_document("1 day", "1 day")
DAY = timedelta(days=1)
PATIENCE_S = 30


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest,
    database_kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, database_kind, tmp_path / "data")


@pytest.fixture
def late(deploy: Deploy) -> Path:
    """Make a deployment whose four keys should have been gone two days ago."""
    folder = deploy(SHORT, at=now() - 3 * DAY)
    expire_at(folder, now() - 3 * DAY)
    return folder


def lines_of(capsys: Capture) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def hour_first(key: Path) -> tuple[bool, str]:
    """Sort an hour's key before the days': in a day's last hour, names alone sort the other way."""
    return "PT1H" not in key.stem, key.stem


def key_name(key: Path) -> str:
    parsed = parse_name(key.name)
    assert parsed is not None
    return str(parsed[0])


@FILE_ONLY
def test_status_lists_every_key(deploy: Deploy, capsys: Capture) -> None:
    folder = deploy()
    assert run(["keys", "status"]) == ExitCode.DONE
    assert capsys.readouterr().out == "0 keys in the keyring\n"
    expire_at(folder)
    assert run(["keys", "status"]) == ExitCode.DONE
    head, *rows, summary = capsys.readouterr().out.splitlines()
    assert head.split() == ["key", "state", "made", "due"]
    assert [row.split()[1] for row in rows] == ["live"] * 4
    assert summary.startswith("4 keys in the keyring; next due 20")
    assert summary.endswith(min(row.split()[3] for row in rows))


@FILE_ONLY
def test_status_as_json_lines(deploy: Deploy, capsys: Capture) -> None:
    folder = deploy()
    expire_at(folder)
    assert run(["keys", "status", "--json"]) == ExitCode.DONE
    listed = lines_of(capsys)
    assert len(listed) == 4
    for key in listed:
        assert list(key) == ["key", "state", "on_record", "made_at", "due", "destroyed_at"]
        assert (key["state"], key["on_record"], key["destroyed_at"]) == ("live", True, None)
        assert str(key["made_at"]) < str(key["due"])


@FILE_ONLY
def test_status_tells_what_is_not_as_it_should_be(late: Path, capsys: Capture) -> None:
    with opened_deployment(late, actor=ACTOR, clock=clock_at(now() - 3 * DAY)) as deployment:
        deployment.set_policy(policy_document("30 days", "30 days"))
    expire_at(late, now() - 2 * DAY)
    keys = sorted(key_files(late), key=hour_first)
    due, damaged, missing = keys
    damaged.write_bytes(bytes(10))
    missing.unlink()
    assert run(["keys", "status", "--json"]) == ExitCode.DONE
    states = {str(key["key"]): key["state"] for key in lines_of(capsys)}
    assert [states[key_name(key)] for key in keys] == ["due", "damaged", "missing"]
    assert run(["keys", "status"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert all(words in out for words in ("past its time", "damaged, opens", "missing from the"))
    assert due.exists()


def test_expire_destroys_what_is_due_once(late: Path, capsys: Capture) -> None:
    assert len(key_files(late)) == 2
    assert run(["keys", "expire"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    *done, ending = out.splitlines()
    assert [line.rpartition(": ")[2] for line in done] == ["destroyed"] * 4 + [
        "its rows are dropped"
    ] * 4
    assert ending.startswith("4 keys in the keyring; next due 20")
    assert run(["keys", "expire"]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("nothing was due; 4 keys in the keyring; next ")


@FILE_ONLY
@pytest.mark.usefixtures("late")
def test_expire_as_json_lines(capsys: Capture) -> None:
    assert run(["keys", "expire", "--json"]) == ExitCode.DONE
    done = lines_of(capsys)
    assert [line["what"] for line in done] == ["destroyed"] * 4 + ["rows-dropped"] * 4
    assert {str(line["key"]) for line in done[:4]} == {str(line["key"]) for line in done[4:]}
    assert all(list(line) == ["what", "key", "message"] for line in done)
    assert run(["keys", "expire", "--json"]) == ExitCode.DONE
    assert lines_of(capsys) == []


@FILE_ONLY
def test_expire_tells_what_went_wrong_and_fails(late: Path, capsys: Capture) -> None:
    (late / "keyring/floor").unlink()
    assert run(["keys", "expire", "--json"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    problems = [line for line in map(json.loads, out.splitlines()) if line["what"] == "problem"]
    assert problems
    assert err.splitlines() == [f"fairplate: {problem['message']}" for problem in problems]


def test_one_key_can_be_destroyed_before_its_time(deploy: Deploy, capsys: Capture) -> None:
    folder = deploy()
    expire_at(folder)
    run(["keys", "status", "--json"])
    names = [str(key["key"]) for key in lines_of(capsys)]
    assert run(["keys", "expire", "--key", names[0], "--yes"]) == ExitCode.DONE
    assert capsys.readouterr().out == f"key {names[0]}: destroyed, and its rows are dropped\n"
    assert run(["keys", "expire", "--key", names[3], "--yes", "--json"]) == ExitCode.DONE
    assert lines_of(capsys) == [{"what": "destroyed", "key": names[3], "message": None}]
    run(["keys", "expire"])
    capsys.readouterr()
    run(["keys", "status", "--json"])
    assert [key["key"] for key in lines_of(capsys)] == names[1:3]
    assert run(["doctor"]) == ExitCode.DONE


@FILE_ONLY
@pytest.mark.parametrize("name", ["2020-01-01T00:00Z/P1D", "case/none", "nonsense", "../x"])
def test_a_key_that_is_not_there_is_not_destroyed(
    deploy: Deploy, capsys: Capture, name: str
) -> None:
    folder = deploy()
    before = sorted((folder / "keyring").iterdir())
    assert run(["keys", "expire", "--key", name, "--yes"]) == ExitCode.FAILED
    assert "expected one that `fairplate keys status` lists" in capsys.readouterr().err
    assert sorted((folder / "keyring").iterdir()) == before


@FILE_ONLY
def test_in_a_pipe_nobody_is_asked(
    deploy: Deploy, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = deploy()
    expire_at(folder)
    run(["keys", "status", "--json"])
    name = str(lines_of(capsys)[0]["key"])
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert run(["keys", "expire", "--key", name]) == ExitCode.WRONG_USE
    assert "nobody is there to be asked: give --yes" in capsys.readouterr().err
    assert len(key_files(folder)) == 2


@FILE_ONLY
@pytest.mark.parametrize(("answer", "left"), [("y", 1), ("n", 2)])
def test_on_a_terminal_it_asks(
    deploy: Deploy, capsys: Capture, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    folder = deploy()
    expire_at(folder)
    run(["keys", "status", "--json"])
    name = str(lines_of(capsys)[0]["key"])
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb") as terminal, os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        terminal.write(f"{answer}\n".encode())
        terminal.flush()
        code = run(["keys", "expire", "--key", name])
    out, err = capsys.readouterr()
    assert f"Destroy key {name}? What is sealed under it is lost for ever" in out
    assert len(key_files(folder)) == left
    assert code == (ExitCode.DONE if answer == "y" else ExitCode.FAILED)
    assert ("stopped by user" in err) == (answer == "n")


@FILE_ONLY
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--watch --key x", "--watch and --key are two things"),
        ("--yes", "--yes goes with --key"),
        ("--all", "No such option"),
    ],
)
def test_wrong_use_ends_with_2(deploy: Deploy, capsys: Capture, arguments: str, told: str) -> None:
    deploy()
    assert run(["keys", "expire", *arguments.split()]) == ExitCode.WRONG_USE
    assert told in capsys.readouterr().err


@pytest.fixture
def signalled(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Send this process a signal as soon as something is the case."""

    def send(number: signal.Signals, when: Callable[[], bool]) -> None:
        def wait() -> None:
            deadline = time.monotonic() + PATIENCE_S
            while not when() and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(os.getpid(), number)

        thread = threading.Thread(target=wait)
        thread.start()
        request.addfinalizer(thread.join)

    return send


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_watch_finishes_its_round_when_asked_to_stop(
    late: Path, capsys: Capture, signalled: Callable[..., None], number: signal.Signals
) -> None:
    due = key_files(late)
    signalled(number, lambda: not any(path.exists() for path in due))
    assert run(["keys", "expire", "--watch"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.rpartition(": ")[2] for line in out.splitlines()] == ["destroyed"] * 4 + [
        "its rows are dropped"
    ] * 4
    assert len(key_files(late)) == 2
    assert run(["doctor"]) == ExitCode.DONE


@FILE_ONLY
def test_the_watch_tells_errors_and_goes_on(
    late: Path, capsys: Capture, signalled: Callable[..., None]
) -> None:
    with (
        opened_deployment(late, actor=ACTOR) as deployment,
        deployment.database.transaction() as connection,
    ):
        connection.execute(sa.update(policies).values(document="name = 1"))
    # What comes a minute later is in tests/test_worker.py.
    signalled(signal.SIGTERM, lambda: "policy in force" in sys.stderr.getvalue())  # type: ignore[attr-defined]
    assert run(["keys", "expire", "--watch", "--json"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert json.loads(out) == {
        "what": "problem",
        "key": None,
        "message": line.removeprefix("fairplate: "),
    }


@FILE_ONLY
def test_what_the_watch_does_is_done_by_the_system(
    late: Path, signalled: Callable[..., None]
) -> None:
    due = key_files(late)
    signalled(signal.SIGTERM, lambda: not any(path.exists() for path in due))
    run(["keys", "expire", "--watch"])
    with (
        opened_deployment(late, actor=ACTOR) as deployment,
        deployment.database.reading() as connection,
    ):
        bodies = connection.exec_driver_sql("SELECT body FROM events").scalars().all()
    destroyed = [body.decode() for body in bodies if b'"key.destroyed"' in body]
    assert len(destroyed) == 4
    assert all('"actor":"system"' in body for body in destroyed)
