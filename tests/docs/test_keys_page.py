"""docs/keys.md tells the states, checks, fields and messages there are."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairplate.cli.doctor import MEANINGS
from fairplate.cli.keys_text import done_fields, state_of, status_fields
from fairplate.core.errors import StorageError
from fairplate.core.periods import period_at
from fairplate.vault.key_names import LONGEST_CASE_LIFE
from fairplate.vault.keyring import EXISTING
from fairplate.wiring import Expired, KeyStatus
from fairplate.wiring.health import CLOCKS_AGREE, DAMAGE_TOLD

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAME = period_at(NOON, timedelta(days=1))


def firsts(before: str, head: str) -> list[str]:
    """Return the first cells of the first table that begins with `head` after `before`."""
    rows = PAGE.split(before, 1)[1].split(f"| {head} |", 1)[1].split("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1].strip().strip("`") for row in rows]


def test_the_fields_are_those_printed() -> None:
    status = KeyStatus(NAME, None, NOON, NOON, NOON)
    assert firsts("`keys status --json`", "Field") == list(status_fields(status))
    did = Expired([NAME], [NAME], [StorageError("x", expected="y", found="z")])
    lines = list(done_fields(did))
    assert firsts("`keys expire --json`", "Field") == list(lines[0])
    for line in lines:
        assert f"`{line['what']}`" in PAGE


def test_the_states_are_those_there_are() -> None:
    states = [state_of(KeyStatus(NAME, state, NOON, NOON)) for state in EXISTING]
    gone = [KeyStatus(NAME, None, NOON, NOON), KeyStatus(NAME, None, NOON, NOON, NOON)]
    assert sorted(firsts("## See the keys", "State")) == sorted([*states, *map(state_of, gone)])


def test_the_checks_are_those_made() -> None:
    assert firsts("## What `doctor` checks", "Check") == list(MEANINGS)


def test_what_doctor_says_is_said_somewhere() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src/fairplate").rglob("*.py"))
    joined = re.sub(r'"\s+f?"', "", source)  # texts that go on in the next line
    messages = re.sub(r'",?\s+(expected|found)=f?"', r" \1 ", joined).replace(" found", ", found")
    said = firsts("### What `doctor` says", "It says")
    assert len(said) == len(set(said)) > 10
    assert [text for text in said if text not in joined and text not in messages] == []


def test_the_figures_are_those_in_force() -> None:
    flowing = " ".join(PAGE.split())
    assert f"after {LONGEST_CASE_LIFE.days} days at most" in flowing
    assert f"in the last {DAMAGE_TOLD.days} days" in flowing
    assert f"by at most {CLOCKS_AGREE.seconds} seconds" in flowing
