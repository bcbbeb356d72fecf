"""The four commands, as processes."""

import json
import stat
import subprocess
from pathlib import Path

import pytest
from tests.verify.witness.memory_log import LOG_KEY, ORIGIN, STRANGE_KEY, WITNESS_KEY, MemoryLog
from tests.verify.witness.served import MODULE, WitnessProcess, ask, make_folder, run_witness

from fairplate.verify.notes import KeyType, SigningKey, parse_verifier_key
from fairplate.verify.witness.records import find_log


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [*MODULE, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_from_init_to_a_first_cosignature(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "witness"
    code, out, _ = run("init", folder, "--name", "paper.example/witness")
    assert code == 0
    key = parse_verifier_key(out.removesuffix("\n"))
    assert (key.name, key.type) == ("paper.example/witness", KeyType.COSIGNATURE)
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with run_witness(folder) as process:
        assert process.key == str(key)
        assert ask(process.address, MemoryLog().submit(0, 3)).status == 404
        assert run("add", folder, str(LOG_KEY.verifier))[:2] == (
            0,
            f"{ORIGIN}: trusted from now on\n",
        )
        assert ask(process.address, MemoryLog().submit(0, 3)).status == 200  # without a restart
        assert run("add", folder, str(LOG_KEY.verifier))[:2] == (
            0,
            f"{ORIGIN}: was trusted already\n",
        )
        assert ask(process.address, MemoryLog().submit(3, 4)).status == 200
    code, out, _ = run("list", folder)
    assert code == 0
    assert out.startswith(f"{ORIGIN}: 4 entries, signed at 20")


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "witness"
    assert run("init", folder, "--name", "w")[0] == 0
    key = (folder / "key").read_bytes()
    code, out, errors = run("init", folder, "--name", "w")
    assert (code, out, errors) == (1, "", f"{folder}: expected a new or empty folder\n")
    assert (folder / "key").read_bytes() == key


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb", "\x07"])
def test_a_name_that_no_key_may_have(tmp_path: Path, name: str) -> None:
    assert run("init", tmp_path / "w", "--name", name)[0] == 1
    assert not (tmp_path / "w").exists()


def test_keys_that_cannot_be_added(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "witness")
    good = str(LOG_KEY.verifier)
    wrong = good.replace(good[-5], "A" if good[-5] != "A" else "B")
    other = SigningKey("second", KeyType.NOTE, bytes(32)).verifier
    for key, said in (
        ("", "expected name+id+base64"),
        (wrong, "verifier key"),
        (str(STRANGE_KEY.verifier), "known with another key"),
        (str(other.as_type(KeyType.COSIGNATURE)), "expected a log's key"),
        (LOG_KEY.spell(), "verifier key"),
    ):
        code, out, errors = run("add", folder, key)
        assert (code, out, errors.count("\n")) == (1, "", 1)
        assert said in errors
        assert "PRIVATE" not in errors
    path = tmp_path / "second.pub"
    path.write_text(f"{other}\n")
    assert run("add", folder, path)[1] == "second: trusted from now on\n"
    assert run("add", tmp_path / "nowhere", good)[0] == 1


def test_the_list_shows_every_state(tmp_path: Path) -> None:
    keys = [SigningKey(name, KeyType.NOTE, bytes(32)) for name in ("fresh", "grown", "torn")]
    folder = make_folder(tmp_path / "witness", *(key.verifier for key in keys))
    with run_witness(folder) as process:
        for key in keys[1:]:
            assert ask(process.address, MemoryLog(key=key).submit(0, 3)).status == 200
        assert ask(process.address, MemoryLog(1, keys[1]).submit(3, 3)).status == 409
    torn = find_log(folder, "torn")
    assert torn is not None
    (torn.folder / "latest").write_bytes(b"")
    code, out, _ = run("list", folder, "--json")
    lines = {line["origin"]: line for line in map(json.loads, out.splitlines())}
    assert code == 1
    assert lines["fresh"] == {"origin": "fresh", "size": 0, "time": None, "fork": None}
    assert (lines["grown"]["size"], Path(lines["grown"]["fork"], "fork").exists()) == (3, True)
    assert lines[None]["damaged"].startswith(f"{torn.folder}/latest: damaged")
    code, out, _ = run("list", folder)
    assert code == 1
    assert sorted(line.partition(":")[0] for line in out.splitlines()) == [
        "damaged",
        "fresh",
        "grown",
    ]
    assert "fresh: 0 entries, nothing signed yet\n" in out
    assert ", FORKED: see " in out


def test_two_servers_cannot_have_one_folder(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "witness")
    with run_witness(folder):
        assert run("serve", folder, "--port", "0") == (
            1,
            "",
            f"{folder}: another server uses it\n",
        )
    WitnessProcess(folder).kill()  # once the first is gone


def test_what_keeps_a_server_from_starting(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "witness")
    with run_witness(folder) as process:
        other = make_folder(tmp_path / "other")
        code, _, errors = run("serve", other, "--port", str(process.address[1]))
        assert (code, errors.count("\n"), "in use" in errors) == (1, 1, True)
    for port in ("-1", "65536", "x"):
        assert run("serve", folder, "--port", port)[0] == 2
    (folder / "key").chmod(0o640)
    assert run("serve", folder)[2] == f"{folder}/key: expected mode 0600, found 0640\n"
    (folder / "key").chmod(0o600)
    (folder / "key").write_text(WITNESS_KEY.spell().replace("+", "-", 3))
    code, _, errors = run("serve", folder)
    assert (code, errors.count("\n"), WITNESS_KEY.spell()[-20:] in errors) == (1, 1, False)
    (folder / "key").write_text(WITNESS_KEY.as_type(KeyType.NOTE).spell())
    assert "expected a key for cosignature/v1" in run("serve", folder)[2]
    assert run("serve", tmp_path / "nowhere")[0] == 1
    assert run()[0] == 2
