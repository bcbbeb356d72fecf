"""docs/audit-log.md: its verifier checks a real log, its examples hold, its findings are ours."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.interop.growing import GrowingLog

from fairplate import verify
from fairplate.audit.events import MAX_BODY_BYTES, SALT_BYTES
from fairplate.audit.reviews import REVIEW_TIME
from fairplate.storage.database import open_database
from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.notes import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    KeyType,
    parse_note,
    parse_verifier_key,
)
from fairplate.verify.proofs import HEADER
from fairplate.verify.sampling import LEAST_PICKS, SHARE, pick_searches
from fairplate.verify.tiles import MAX_ENTRY_BYTES, Tile, tiles_of
from fairplate.verify.tree import MAX_PROOF
from fairplate.verify.witness.quorum import witnessed_at

PAGE = (Path(__file__).parents[2] / "docs" / "audit-log.md").read_text(encoding="utf-8")
(SCRIPT,) = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
TEXTS = re.findall(r"^```text\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
FOLDER = Path(verify.__file__).parent
SOURCES = sorted(FOLDER.rglob("*.py"))
FINDERS = {"Finding", "FileError", "EventError"}
"""What is made with a code first."""


@pytest.fixture
def growing(migrated_file: Path, tmp_path: Path) -> Iterator[GrowingLog]:
    shutil.copy(migrated_file, tmp_path / "fairplate.db")
    database = open_database(f"sqlite:///{tmp_path / 'fairplate.db'}")
    yield GrowingLog(database, tmp_path)
    database.close()


def run(folder: Path, key: str) -> tuple[int, str, str]:
    """Run the page's verifier as a reader would; -I keeps everything else of Python's away."""
    script = folder.parent / "check.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", script, folder, key], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def table(first: str) -> dict[str, str]:
    """Return the one table whose first heading is `first`, by its first column."""
    (rows,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
    assert len({row[0] for row in cells}) == len(cells)
    return {row[0].strip("`"): row[1] for row in cells}


def text_with(word: str) -> str:
    (found,) = [text for text in TEXTS if word in text]
    return found


def test_the_verifier_of_the_page_accepts_a_log_as_it_grows(growing: GrowingLog) -> None:
    for size in (1, 255, 256, 257, 600):
        growing.grow(size)
        moment = int(growing.clock().timestamp())
        told = f"{size} events, signed at {moment}\n[('sign-in.failed', {size})]\n"
        assert run(growing.published, growing.keys[0]) == (0, told, "")


@pytest.mark.parametrize(
    "name",
    [
        "tile/entries/000",
        "tile/entries/001.p/44",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    ],
)
def test_the_verifier_of_the_page_finds_what_was_changed(growing: GrowingLog, name: str) -> None:
    growing.grow(300)
    path = growing.published / name
    good = path.read_bytes()
    wrong = [good[:-1], good + good[-1:], b"", None]
    wrong += [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in (0, len(good) // 2)]
    for data in wrong:
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
        code, told, error = run(growing.published, growing.keys[0])
        assert (code, told) == (1, "")
        assert "wrong: " in error or "Error: " in error
    path.write_bytes(good)
    assert run(growing.published, growing.keys[0])[0] == 0


def test_the_verifier_of_the_page_finds_every_change_of_a_checkpoint(growing: GrowingLog) -> None:
    growing.grow(2)
    path = growing.published / "checkpoint"
    good = path.read_bytes()
    for at in range(0, len(good) - 1, 11):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert run(growing.published, growing.keys[0])[0] == 1, at


def test_the_verifier_of_the_page_finds_another_key(growing: GrowingLog) -> None:
    growing.grow(3)
    other = next(spelled.strip("`") for spelled in table("Key").values())
    code, told, error = run(growing.published, other)
    assert (code, told, error) == (1, "", "wrong: the key\n")


def test_the_verifier_of_the_page_is_short_and_uses_nothing_of_ours() -> None:
    assert len(SCRIPT.splitlines()) <= 60
    assert "fairplate" not in SCRIPT


def test_the_checkpoint_of_the_page_is_signed_by_the_keys_of_the_page() -> None:
    note = parse_note(text_with("council.example").encode())
    checkpoint = parse_checkpoint(note.text)
    keys = [parse_verifier_key(spelled.strip("`")) for spelled in table("Key").values()]
    for key, signature in zip(keys, note.signatures, strict=True):
        assert signature.holds(key, note.text)
    log, clock, *witnesses = keys
    assert (checkpoint.origin, log.as_type(KeyType.COSIGNATURE)) == (log.name, clock)
    lines = [signature.line for signature in note.signatures[2:]]
    assert lines == sorted(lines)
    assert witnessed_at(note, witnesses, 2) == note.signatures[1].time_s


def test_the_picks_of_the_page_are_ours() -> None:
    note = text_with("council.example").encode()
    rows = [row.split() for row in text_with("picks  ").splitlines()]
    searches = [int(row[1]) for row in rows if row[0] == "draw"]
    assert rows[-1] == ["picks", *map(str, pick_searches(note, searches))]
    drawn = sorted((row[2], int(row[1])) for row in rows if row[0] == "draw")
    assert sorted(index for _, index in drawn[:LEAST_PICKS]) == pick_searches(note, searches)
    assert f"one in {SHARE}, rounded up, but at least {LEAST_PICKS}" in PAGE
    assert f"not reviewed {REVIEW_TIME.days} days after" in PAGE


def test_the_figures_are_those_in_force() -> None:
    assert MAX_ENTRY_BYTES == MAX_BODY_BYTES
    assert f"has 1 to {MAX_ENTRY_BYTES:,} bytes" in PAGE
    assert f"1 to {MAX_SIGNATURES} signature lines" in PAGE
    assert f"at most {MAX_NOTE_BYTES:,} bytes" in PAGE
    assert f"(RFC 6962, section 2.1.1), at most {MAX_PROOF}." in PAGE
    assert f"if the salt has {SALT_BYTES} bytes" in PAGE
    assert HEADER in text_with("extra ")
    assert {f"`{kind:02x}`" for kind in KeyType} == {f"`{kind}`" for kind in table("Type")}
    for path in (Tile(0, 1234067, 256).path, list(tiles_of(70_000))[-4].path):
        assert f"`{path}`" in PAGE


def codes_in(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            code = node.args[0]
            if node.func.id in FINDERS and isinstance(code, ast.Constant):
                yield str(code.value)


def known_codes() -> Mapping[str, str]:
    """Return the meanings that modules of the verifier themselves give to codes."""
    known: dict[str, str] = {}
    for source in SOURCES:
        if re.search(r"^CODES\b", source.read_text(encoding="utf-8"), flags=re.MULTILINE):
            parts = source.relative_to(FOLDER).with_suffix("").parts
            known |= importlib.import_module(".".join((verify.__name__, *parts))).CODES
    return known


def test_every_finding_is_told() -> None:
    told = table("Code")
    assert sorted({code for source in SOURCES for code in codes_in(source)} - set(told)) == []
    assert {code: told.get(code) for code in known_codes()} == known_codes()


def test_no_other_finding_is_told() -> None:
    sources = "\n".join(source.read_text(encoding="utf-8") for source in SOURCES)
    assert [code for code in table("Code") if f'"{code}"' not in sources] == []
    assert list(table("Code")) == sorted(table("Code"))
