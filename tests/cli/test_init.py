"""`fairplate init`: what it makes, says and refuses. The making itself: tests/wiring."""

import os
import re
import shlex
from pathlib import Path

import pytest
from tests.databases import MakeDatabase
from tests.deployments import expire_at
from tests.postgresql_server import LOCKED_OUT, PostgresqlServer
from tests.vault.pkcs11.softhsm import SoftToken

from fairplate.audit.log_keys import read_log_keys
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.policy.presets import load_preset, read_preset
from fairplate.settings import FILE_NAME, read_settings
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a folder that is not there yet, which commands work on."""
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_it_says_where_things_are_and_what_to_back_up(folder: Path, capsys: Capture) -> None:
    assert run(["init"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    key = read_log_keys(folder / "log-keys").signing.verifier
    lines = out.splitlines()
    link, until = lines[13:15]
    assert re.fullmatch(r"  http://localhost:8750/invite#fpi1_[A-Za-z0-9_-]{43}", link)
    assert until.startswith("  works once, until 20")
    assert lines == [
        "policy strict is in force",
        "  non-hits kept: never",
        "  hits kept: until the case ends; without one 24 hours",
        "back up:",
        f"  settings  {folder}/{FILE_NAME}",
        f"  database  {folder}/database/fairplate.db",
        f"  log keys  {folder}/log-keys, apart from the database",
        f"  log       {folder}/log, which any web server may publish",
        "never back up, copy or snapshot (a copied key cannot be destroyed):",
        f"  keyring   {folder}/keyring",
        "give this key to whoever checks the log:",
        f"  {key}",
        "to become administrator:",
        link,
        until,
        "next:",
        "  fairplate reader add ID --name TEXT    take reads from a reader",
        "  fairplate serve                        keep it running: it does all the rest",
        "  fairplate doctor                       check it all, daily",
    ]
    assert run(["doctor"]) == ExitCode.DONE


@pytest.mark.usefixtures("folder")
def test_what_it_says_is_next_exists(capsys: Capture) -> None:
    run(["init"])
    after = capsys.readouterr().out.partition("next:\n")[2].splitlines()
    commands = [shlex.split(line.partition("    ")[0])[1:] for line in after]
    assert len(commands) == 3
    for command in commands:
        assert run([*command[:2], "--help"]) == ExitCode.DONE


def test_a_second_time_is_refused_in_one_line(folder: Path, capsys: Capture) -> None:
    run(["init"])
    capsys.readouterr()
    assert run(["init"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"fairplate: {folder}: folder: expected no deployment yet, found a whole one\n"


def test_the_option_goes_before_the_environment(folder: Path, tmp_path: Path) -> None:
    assert run(["init", "--data", str(tmp_path / "other")]) == ExitCode.DONE
    assert (tmp_path / "other" / FILE_NAME).exists()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["us-va", "./us-va", "town.toml"])
def test_a_policy_is_a_name_or_a_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "us-va").write_text(read_preset("nl"))
    (tmp_path / "town.toml").write_text("﻿" + read_preset("fr"), encoding="utf-8")
    assert run(["init", "--policy", name]) == ExitCode.DONE
    expected = {"us-va": "us-va", "./us-va": "nl", "town.toml": "fr"}[name]
    with opened_deployment(folder, actor="system") as deployment:
        assert deployment.policy().policy == load_preset(expected)


@pytest.mark.parametrize(
    ("document", "code", "told"),
    [
        (None, ExitCode.FAILED, "expected a name that `fairplate policy list` tells, or a file"),
        ("name = ", ExitCode.FAILED, "file: expected TOML"),
        (
            read_preset("us-me").replace('"21 days"', '"91 days"', 1),
            ExitCode.REFUSED_BY_POLICY,
            "expected never, or 3 minutes to 90 days",
        ),
    ],
)
def test_a_file_that_is_no_policy_makes_nothing(
    folder: Path, tmp_path: Path, capsys: Capture, *, document: str | None, code: int, told: str
) -> None:
    path = tmp_path / "policy.toml"
    if document is not None:
        path.write_text(document)
    assert run(["init", "--policy", str(path)]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert not folder.exists()


def test_the_log_is_called_as_asked_or_at_random(folder: Path, tmp_path: Path) -> None:
    asked = ["init", "--log-name", "plates.town.example/log"]
    assert run(asked) == ExitCode.DONE
    assert read_log_keys(folder / "log-keys").origin == "plates.town.example/log"
    names = set()
    for number in range(2):
        assert run(["init", "--data", str(tmp_path / f"{number}")]) == ExitCode.DONE
        names.add(read_log_keys(tmp_path / f"{number}/log-keys").origin)
    assert [re.fullmatch(r"fairplate-log/[0-9a-f]{16}", name) is not None for name in names] == [
        True
    ] * 2


@pytest.mark.parametrize(
    "name", ["", "a b", "A", "a+b", "ä", "a\n", "x" * 129], ids=lambda name: ascii(name)[:9]
)
def test_a_name_that_no_log_may_have_makes_nothing(
    folder: Path, capsys: Capture, name: str
) -> None:
    assert run(["init", "--log-name", name]) == ExitCode.WRONG_USE
    (line,) = capsys.readouterr().err.splitlines()
    assert "--log-name: expected 1 to 128 of a-z, 0-9, full stop, slash" in line
    assert not folder.exists()


def test_the_event_names_the_user_by_number(folder: Path) -> None:
    run(["init"])
    with (
        opened_deployment(folder, actor="system") as deployment,
        deployment.database.reading() as connection,
    ):
        bodies = connection.exec_driver_sql("SELECT body FROM events").scalars().all()
    assert [f'"actor":"cli:{os.getuid()}"' in bytes(body).decode() for body in bodies] == [
        True,  # the policy
        True,  # the first administrator's invite
    ]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_database_on_a_server(
    folder: Path, make_database: MakeDatabase, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRPLATE_DATABASE", make_database(migrated=False))
    assert run(["init"]) == ExitCode.DONE
    assert "  database  test_" in capsys.readouterr().out
    assert read_settings(folder).backups == ()
    assert run(["doctor"]) == ExitCode.DONE


@pytest.mark.usefixtures("folder")
def test_a_wrong_password_is_told_without_it(
    capsys: Capture, postgresql_server: PostgresqlServer
) -> None:
    url = postgresql_server.url("postgres", f"{LOCKED_OUT}:hunter2")
    assert run(["init", "--database", url]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("fairplate: database postgres at ")
    assert "hunter2" not in line
    assert run(["init"]) == ExitCode.DONE


def test_paths_on_the_command_line_begin_at_the_current_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--key-file", "wrapping.key"]) == ExitCode.DONE
    assert (tmp_path / "wrapping.key").stat().st_mode & 0o777 == 0o600
    assert read_settings(folder).key_file == tmp_path / "wrapping.key"
    assert f"  key file  {tmp_path}/wrapping.key\n" in capsys.readouterr().out
    assert not (folder / "keyring/keyring.key").exists()


def test_keys_in_a_token(folder: Path, soft_token: SoftToken, capsys: Capture) -> None:
    options = soft_token.options
    wrong = soft_token.folder / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("1357913579")
    asked = ["init", "--keyring", "pkcs11", "--module", str(options.module)]
    asked += ["--token", options.label]
    assert run([*asked, "--pin-file", str(wrong)]) == ExitCode.FAILED
    (line,) = capsys.readouterr().err.splitlines()
    assert "PIN" in line
    assert "1357913579" not in line
    assert run([*asked, "--pin-file", str(options.pin_file)]) == ExitCode.DONE
    never = capsys.readouterr().out.partition("never back up")[2]
    assert f"  token     {options.label}\n" in never
    assert str(folder / "keyring") not in never
    assert run(["keys", "expire"]) == ExitCode.DONE
    assert run(["doctor"]) == ExitCode.DONE
    assert run(["init", "--new-keyring"]) == ExitCode.FAILED


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--module m.so", "--module goes with --keyring pkcs11"),
        ("--keyring file --token t", "--token goes with --keyring pkcs11"),
        ("--keyring pkcs11 --token t --pin-file p", "--keyring pkcs11 needs --module"),
        (
            "--keyring pkcs11 --module m --token t --pin-file p --key-file k",
            "--key-file goes with --keyring file",
        ),
        ("--keyring tpm", "'tpm' is not one of 'file', 'pkcs11'"),
        ("--new-keyring --log-name n", "--new-keyring takes everything from the settings"),
        ("--new-keyring --key-file k", "--new-keyring takes everything from the settings"),
        ("somewhere", "unexpected extra argument"),
    ],
)
def test_wrong_use_makes_nothing(folder: Path, capsys: Capture, arguments: str, told: str) -> None:
    assert run(["init", *arguments.split()]) == ExitCode.WRONG_USE
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert not folder.exists()


def test_a_lost_keyring(folder: Path, capsys: Capture) -> None:
    run(["init"])
    expire_at(folder)
    (folder / "keyring").rename(folder / "lost")
    capsys.readouterr()
    assert run(["keys", "status"]) == ExitCode.FAILED
    assert "expected a keyring, found none" in capsys.readouterr().err
    assert run(["init", "--new-keyring"]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith(f"new keyring in {folder}/keyring\n")
    assert run(["keys", "expire"]) == ExitCode.DONE
    assert capsys.readouterr().out.count(": its rows are dropped\n") == 4
    assert run(["doctor"]) == ExitCode.DONE
    assert run(["init", "--new-keyring"]) == ExitCode.FAILED


@pytest.mark.parametrize("name", ["site", "us-nh", "us-mt"])
def test_other_policies_can_be_begun_with(folder: Path, name: str) -> None:
    assert run(["init", "--policy", name]) == ExitCode.DONE
    assert run(["keys", "expire"]) == ExitCode.DONE
    assert len(list((folder / "keyring").glob("*.key"))) == 5
    assert run(["doctor"]) == ExitCode.DONE
