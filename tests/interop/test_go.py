"""Our logs, keys and proofs before golang.org/x/mod/sumdb, and its keys and notes before us."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.interop.growing import ORIGIN, GrowingLog
from tests.verify.log_folders import make_entries, make_log, make_witness

from fairplate.audit.exports import prove_event
from fairplate.storage.database import open_database
from fairplate.verify.notes import (
    KeyType,
    Note,
    make_signing_key,
    parse_note,
    parse_signing_key,
    parse_verifier_key,
)

SOURCE = Path(__file__).parent / "logcheck"
LIBRARIES = Path("/usr/share/gocode")
NEEDED = LIBRARIES / "src" / "golang.org" / "x" / "mod" / "sumdb" / "tlog"

Logcheck = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built program; skip where Go or its libraries are missing, but not in CI."""
    if shutil.which("go") is None or not NEEDED.is_dir():
        missing = "Go is not installed: apt-get install golang-go golang-golang-x-mod-dev"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {
        "GO111MODULE": "off",  # so that it takes Debian's sources, and asks no server
        "GOPATH": str(LIBRARIES),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    built = folder / "built"
    done = subprocess.run(
        ["go", "build", "-o", built, "."],
        cwd=SOURCE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return built


@pytest.fixture
def logcheck(program: Path) -> Logcheck:
    """Return what runs the program: exit code and output."""

    def run(*arguments: object) -> tuple[int, str]:
        done = subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


@pytest.fixture
def growing(migrated_file: Path, tmp_path: Path) -> Iterator[GrowingLog]:
    shutil.copy(migrated_file, tmp_path / "fairplate.db")
    database = open_database(f"sqlite:///{tmp_path / 'fairplate.db'}")
    yield GrowingLog(database, tmp_path)
    database.close()


def test_go_accepts_a_log_at_every_size_it_grows_through(
    growing: GrowingLog, logcheck: Logcheck
) -> None:
    for size in (1, 2, 255, 256, 257, 511, 600):
        growing.grow(size)
        told = logcheck("log", growing.published, *growing.keys)
        assert told == (0, f"OK {size} entries\n")


def test_go_accepts_a_log_of_three_levels(growing: GrowingLog, logcheck: Logcheck) -> None:
    """70,000 entries: the example of C2SP tlog-tiles."""
    growing.grow(70_000)
    assert (growing.published / "tile/2/000.p/1").is_file()
    assert logcheck("log", growing.published, *growing.keys) == (0, "OK 70000 entries\n")


def test_go_accepts_our_proofs_and_refuses_them_when_changed(
    growing: GrowingLog, logcheck: Logcheck, tmp_path: Path
) -> None:
    growing.grow(300)
    file = tmp_path / "event.tlog-proof"
    for index in (0, 1, 127, 255, 256, 298, 299):
        good = prove_event(growing.log, index)
        file.write_bytes(good)
        code, told = logcheck("proof", file, *growing.keys)
        assert (code, told.startswith(f'OK {index} {{"actor":"system"')) == (0, True)
        for wrong in (
            good.replace(f"index {index}".encode(), f"index {index ^ 1}".encode()),
            good.replace(b"extra e", b"extra f"),
            good.replace(b"\n300\n", b"\n301\n"),
        ):
            file.write_bytes(wrong)
            assert logcheck("proof", file, *growing.keys)[0] == 1


def test_go_refuses_a_log_that_was_changed(growing: GrowingLog, logcheck: Logcheck) -> None:
    growing.grow(300)
    names = ["tile/entries/000", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "checkpoint"]
    for name in names:
        path = growing.published / name
        good = path.read_bytes()
        for place in (2, len(good) // 2, len(good) - 2):
            changed = bytearray(good)
            changed[place] ^= 1
            path.write_bytes(bytes(changed))
            code, told = logcheck("log", growing.published, *growing.keys)
            assert (code, told[:2]) != (0, "OK"), (name, place)
        path.write_bytes(good)
    assert logcheck("log", growing.published, *growing.keys)[0] == 0
    (growing.published / "tile/entries/001.p/44").unlink()
    assert logcheck("log", growing.published, *growing.keys)[0] == 1


def test_go_refuses_a_log_with_another_key(growing: GrowingLog, logcheck: Logcheck) -> None:
    growing.grow(3)
    other = make_signing_key(ORIGIN, KeyType.NOTE, bytes).verifier
    code, told = logcheck("log", growing.published, other)
    assert (code, told) == (1, "note has no verifiable signatures\n")


def test_go_accepts_the_cosignatures_of_witnesses(logcheck: Logcheck, tmp_path: Path) -> None:
    key = make_signing_key(ORIGIN, KeyType.NOTE, os.urandom)
    witnesses = [make_witness("council.example", 7), make_witness("paper.example", 8)]
    make_log(tmp_path / "log", make_entries(20), key, witnesses=witnesses)
    keys = [key.verifier, key.as_type(KeyType.COSIGNATURE).verifier]
    keys += [witness.verifier for witness in witnesses]
    assert logcheck("log", tmp_path / "log", *keys) == (0, "OK 20 entries\n")
    keys[2] = make_witness("council.example", 9).verifier
    assert logcheck("log", tmp_path / "log", *keys)[0] == 1


def test_go_opens_a_note_of_ours(logcheck: Logcheck, tmp_path: Path) -> None:
    key = make_signing_key("log.example.org/zürich", KeyType.NOTE, os.urandom)
    text = "One line.\n\nAnd another — with a dash.\n"
    file = tmp_path / "note"
    file.write_bytes(Note(text, (key.sign(text),)).data)
    assert logcheck("open", file, key.verifier) == (0, text)
    file.write_bytes(file.read_bytes().replace(b"One", b"Two"))
    assert logcheck("open", file, key.verifier)[0] == 1


def test_we_read_keys_and_notes_of_go(logcheck: Logcheck, tmp_path: Path) -> None:
    text = "One line.\n\nAnd another — with a dash.\n"
    file = tmp_path / "text"
    file.write_bytes(text.encode())
    code, told = logcheck("sign", "log.example.org/zürich", file)
    secret, public, signed = told.split("\n", 2)
    note = parse_note(signed.encode())
    key = parse_verifier_key(public)
    assert (code, note.text, str(key)) == (0, text, public)
    assert note.signature_by(key) is not None
    ours = parse_signing_key(secret)
    assert (ours.verifier, ours.spell()) == (key, secret)
    assert Note(text, (ours.sign(text),)).data == signed.encode()  # Ed25519 has one signature
