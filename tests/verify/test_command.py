import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.verify.log_folders import (
    TIME_S,
    make_entries,
    make_entry,
    make_key,
    make_log,
    root_of,
    sign_checkpoint,
)
from tests.verify.planted import (
    KEY,
    OTHER_WITNESS,
    SIZE,
    STRANGER,
    WITNESS,
    PlantedLog,
    plant,
    sound_entries,
)

from fairplate.verify.command import main
from fairplate.verify.proofs import parse_proof
from fairplate.verify.tree import hash_leaf, proves_inclusion

SPELLED = str(KEY.verifier)
SALT = bytes(32)
PRIVATE = '{"address":"\u202eM\\u00fcller"}'


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def value(self) -> dict[str, Any]:
        (line,) = self.out.splitlines()
        return json.loads(line)  # type: ignore[no-any-return] # the test says what it is


class Command:
    """The command with the sound log's key, on that log."""

    def __init__(self, log: PlantedLog, captured: pytest.CaptureFixture[str]) -> None:
        self.log = log
        self._captured = captured

    def run(self, *arguments: object, key: str = SPELLED) -> Ran:
        return self.bare(self.log.folder, "--key", key, *arguments)

    def bare(self, *arguments: object) -> Ran:
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        got = self._captured.readouterr()
        return Ran(code, got.out, got.err)


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(plant(tmp_path / "log"), capsys)


def test_a_sound_log_is_reported(command: Command) -> None:
    ran = command.run()
    assert ran.code == 0
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert lines[0] == "Log:        log.example.org/city"
    assert lines[1] == "Entries:    700"
    assert lines[3] == "Made at:    2026-01-01T12:05:00Z"
    assert lines[4] == "Witness:    witness.example.org at 2026-01-01T12:05:00Z"
    assert lines[-1] == "The log holds."


def test_the_json_report_has_stable_names(command: Command) -> None:
    value = command.run("--json").value
    assert list(value) == [
        "well",
        "origin",
        "size",
        "root",
        "time",
        "witnesses",
        "facts",
        "opened",
        "findings",
    ]
    assert value["well"] is True
    assert value["size"] == SIZE
    assert value["time"] == "2026-01-01T12:05:00Z"
    assert value["witnesses"] == [
        {
            "name": "witness.example.org",
            "key": str(WITNESS.verifier),
            "time": "2026-01-01T12:05:00Z",
        }
    ]
    command.log.path("tile/0/000").unlink()
    (finding,) = command.run("--json").value["findings"]
    assert finding == {
        "code": "missing",
        "where": "tile/0/000",
        "message": "it is not there",
        "severity": "fault",
    }


def test_faults_are_told_by_their_code_and_give_1(command: Command) -> None:
    command.log.path("tile/0/000").unlink()
    (command.log.folder / ".new-1").touch()
    ran = command.run()
    assert ran.code == 1
    assert "Faults:\n  missing\n    tile/0/000: it is not there\n" in ran.out
    assert "Notices:\n  temporary-file\n    .new-1: " in ran.out
    assert ran.out.endswith("\nThe log does NOT hold: see the faults above.\n")


def test_without_a_checkpoint_a_report_says_so(command: Command) -> None:
    command.log.path("checkpoint").unlink()
    ran = command.run()
    assert ran.code == 1
    assert ran.out.startswith("There is no checkpoint")
    value = command.run("--json").value
    assert (value["well"], value["size"], value["root"]) == (False, None, None)


def test_nothing_in_a_file_steers_the_terminal(command: Command) -> None:
    (command.log.folder / "\x1b[2Ja\u202eb\udcff\n").touch()
    ran = command.run()
    assert "\\x1b[2Ja\\u202eb\\udcff\\n: a file that belongs to no log" in ran.out
    assert command.run("--json").value["findings"][0]["where"] == "\x1b[2Ja\u202eb\udcff\n"


def test_a_key_may_be_in_a_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "log+1.key").write_text(f"{SPELLED}\n")
    assert command.run(key=str(tmp_path / "log+1.key")).code == 0


@pytest.mark.parametrize("position", range(len(SPELLED)))
def test_a_key_with_one_wrong_character_is_wrong_use(position: int, command: Command) -> None:
    sign = "B" if SPELLED[position] != "B" else "C"
    wrong = SPELLED[:position] + sign + SPELLED[position + 1 :]
    ran = command.run(key=wrong)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("fairplate-verify: --key: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--quorum", "1"],
        ["--witness", WITNESS.verifier, "--quorum", "2"],
        ["--witness", WITNESS.verifier, "--quorum", "0"],
        ["--witness", WITNESS.verifier, "--witness", WITNESS.verifier],
        ["--witness", SPELLED],
        ["--witness", make_key(seed=1).as_type(WITNESS.type).verifier],
        ["--witness", "nothing"],
        ["--since", "nothing"],
        ["--since", "."],
        ["--since", "{log}/tile/0/000"],
        ["--open", "nothing"],
        ["--open", "{log}/checkpoint"],
        ["--proof", "nothing"],
        ["--proof", "{log}/checkpoint"],
        ["--prove", "700"],
        ["--prove", "-1"],
        ["--prove", "x"],
        ["--prove", "1", "--since", "{log}/checkpoint"],
        ["--prove", "1", "--out", "nothing/at/all"],
        ["--out", "x"],
        ["--sinc", "{log}/checkpoint"],
    ],
)
def test_wrong_use_gives_2_and_says_nothing_of_the_log(
    arguments: Sequence[object], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = command.run(*(str(one).format(log=command.log.folder) for one in arguments))
    assert ran.code == 2
    assert ran.out == ""
    assert "--" in ran.err


@pytest.mark.parametrize("folder", ["nothing", "log/checkpoint"])
def test_a_folder_that_is_not_there_is_wrong_use(
    folder: str, command: Command, tmp_path: Path
) -> None:
    assert command.bare(tmp_path / folder, "--key", SPELLED).code == 2
    assert command.bare("--key", SPELLED).code == 2
    assert command.bare(tmp_path).code == 2


def test_a_cosignature_key_is_no_log_key(command: Command) -> None:
    assert "another type" in command.run(key=str(WITNESS.verifier)).err


def test_witnesses_that_are_trusted_must_have_signed(command: Command) -> None:
    assert command.run("--witness", WITNESS.verifier).code == 0
    both = ["--witness", WITNESS.verifier, "--witness", OTHER_WITNESS.verifier]
    ran = command.run(*both)
    assert ran.code == 1
    assert "too-few-witnesses" in ran.out
    assert command.run(*both, "--quorum", "1").code == 0


def test_an_older_checkpoint_is_compared(command: Command, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(sign_checkpoint(sound_entries()[:600], KEY).data)
    assert command.run("--since", kept).code == 0
    kept.write_bytes(sign_checkpoint(make_entries(600), KEY).data)
    ran = command.run("--since", kept)
    assert ran.code == 1
    assert "inconsistent" in ran.out
    kept.write_bytes(sign_checkpoint(sound_entries(), make_key(seed=7)).data)
    assert command.run("--since", kept).code == 2


def open_one(folder: Path, salt: bytes, event: int = 1) -> Path:
    line = {"event": event, "salt": salt.hex(), "private": PRIVATE}
    (folder / "openings").write_text(json.dumps(line))
    return folder / "openings"


@pytest.fixture
def sealed(command: Command) -> Command:
    """Return the command on a log whose second event commits to something."""
    digest = hashlib.sha256(SALT + PRIVATE.encode()).digest()
    public = {"reason": "secret", "user": None}
    entry = make_entry("sign-in.failed", public, number=1, sealed=digest)
    entries = [sound_entries()[0], entry, *sound_entries()[2:]]
    shutil.rmtree(command.log.folder)
    months = {"2026-01": (SIZE, TIME_S)}
    make_log(command.log.folder, entries, KEY, witnesses=[WITNESS], witnessed=months)
    return command


def test_sealed_parts_are_opened(sealed: Command, tmp_path: Path) -> None:
    ran = sealed.run("--open", open_one(tmp_path, SALT))
    assert ran.code == 0
    assert "Event 1, sign-in.failed, 2026-01-01T12:00:00Z, by system; opened:" in ran.out
    assert '  {"address":"\\u202eM\\u00fcller"}' in ran.out
    (opened,) = sealed.run("--open", tmp_path / "openings", "--json").value["opened"]
    assert opened["private"] == PRIVATE
    assert (opened["event"], opened["type"], opened["actor"]) == (1, "sign-in.failed", "system")


@pytest.mark.parametrize(
    ("salt", "event"), [(bytes(31), 1), (bytes(33), 1), (SALT, 2), (SALT, 700)]
)
def test_what_does_not_open_is_a_fault(
    salt: bytes, event: int, sealed: Command, tmp_path: Path
) -> None:
    value = sealed.run("--open", open_one(tmp_path, salt, event), "--json").value
    assert [one["code"] for one in value["findings"]] == ["does-not-open"]
    assert value["opened"] == []


@pytest.mark.parametrize("event", [0, 1, 255, 256, 511, 512, 699])
def test_an_event_is_proved(event: int, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "proof"
    assert command.run("--prove", event, "--out", file) == Ran(0, "", "")
    proof = parse_proof(file.read_bytes())
    assert proof.entry == sound_entries()[event]
    root = root_of([hash_leaf(entry) for entry in sound_entries()])
    assert proves_inclusion(hash_leaf(proof.entry), event, SIZE, proof.path, root)
    ran = command.bare("--key", SPELLED, "--proof", file, "--witness", WITNESS.verifier)
    assert ran.code == 0
    assert sound_entries()[event].decode() in ran.out
    assert ran.out.endswith("The proof holds.\n")
    assert command.run("--proof", file).code == 0


def test_a_proof_goes_to_standard_output(command: Command) -> None:
    ran = command.run("--prove", "3")
    assert parse_proof(ran.out.encode()).index == 3


def test_a_proof_reads_only_the_tiles_it_needs(command: Command) -> None:
    for name in ("tile/entries/000", "tile/entries/001", "tile/0/001", "witnessed/2026-01"):
        command.log.path(name).unlink()
    assert command.run("--prove", "600").code == 0


@pytest.mark.parametrize(
    ("damaged", "code"),
    [("tile/entries/000", "not-included"), ("tile/0/000", "not-included"), ("checkpoint", "wrong")],
)
def test_nothing_is_proved_from_what_is_wrong(damaged: str, code: str, command: Command) -> None:
    data = bytearray(command.log.path(damaged).read_bytes())
    data[40] ^= 1
    command.log.path(damaged).write_bytes(data)
    ran = command.run("--prove", "0")
    assert ran.code == 1
    assert ran.out == ""
    assert code in ran.err
    command.log.path(damaged).unlink()
    ran = command.run("--prove", "0")
    assert ran.code == 1
    assert "missing" in ran.err


@pytest.mark.parametrize("old", [b"index 3", b"extra ", f"\n{SIZE}\n".encode()])
def test_a_proof_that_was_changed_is_found(old: bytes, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "proof"
    command.run("--prove", "3", "--out", file)
    other = command.run("--prove", "4").out.encode().split(b"\n")[1] + b"\n"
    data = file.read_bytes()
    new = {b"index 3": b"index 4", b"extra ": other + b"extra "}.get(old, b"\n701\n")
    changed = data.replace(old, new, 1)
    if old == b"extra ":  # the line of another event instead
        lines = changed.split(b"\n")
        changed = b"\n".join([*lines[:2], *lines[3:]])
    file.write_bytes(changed)
    ran = command.bare("--key", SPELLED, "--proof", file, "--json")
    assert ran.code == 1
    codes = {one["code"] for one in ran.value["findings"] if one["severity"] == "fault"}
    assert codes <= {"not-included", "signature-wrong"}
    assert codes


def test_a_proof_by_another_key_or_too_few_witnesses_is_found(
    command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "proof"
    command.run("--prove", "3", "--out", file)
    other = make_key(seed=9).verifier
    assert command.bare("--key", other, "--proof", file).code == 1
    ran = command.bare("--key", SPELLED, "--proof", file, "--witness", STRANGER.verifier)
    assert "too-few-witnesses" in ran.out
    assert ran.code == 1


def test_a_proof_of_a_fork_is_found_with_the_log(command: Command, tmp_path: Path) -> None:
    fork = make_log(tmp_path / "fork", make_entries(600), KEY, time_s=TIME_S)
    file = tmp_path / "proof"
    assert command.bare(fork, "--key", SPELLED, "--prove", "5", "--out", file).code == 0
    assert command.bare("--key", SPELLED, "--proof", file).code == 0
    ran = command.run("--proof", file)
    assert ran.code == 1
    assert "inconsistent" in ran.out


def test_a_reader_that_goes_away_gets_no_traceback(command: Command) -> None:
    for number in range(100):  # more than a pipe takes at once, with the names
        (command.log.folder / (f"{number:03}" + "x" * 240)).touch()
        (command.log.folder / "tile" / (f"{number:03}" + "x" * 240)).touch()
    line = [sys.executable, "-m", "fairplate.verify", command.log.folder, "--key", SPELLED]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_report_that_cannot_be_written_is_told_of(command: Command) -> None:
    line = [sys.executable, "-m", "fairplate.verify", command.log.folder, "--key", SPELLED]
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(line, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 2
    assert ran.stderr.startswith("fairplate-verify: the report cannot be written: ")
    assert ran.stderr.count("\n") == 1
