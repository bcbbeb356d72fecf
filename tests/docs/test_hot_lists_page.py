"""The examples of docs/hot-lists.md load and agree; the page names every column and word."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists import confusions, match
from fairplate.hotlists.batches import MAX_BAD_ROWS, MAX_ENTRIES, MAX_PROBLEMS
from fairplate.hotlists.definition import KEYS, MAX_ENTRIES_OF_A_SOURCE, check_definition
from fairplate.hotlists.entries import MIN_KNOWN_CHARACTERS, Entry
from fairplate.hotlists.files import load_hot_list
from fairplate.hotlists.formats import FORMATS, SUFFIXES
from fairplate.hotlists.rows import COLUMNS, MAX_ROW_CHARACTERS, OPTIONAL_COLUMNS

PAGE = (Path(__file__).parents[2] / "docs" / "hot-lists.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def entries_of(folder: Path, suffix: str) -> list[Entry]:
    path = folder / f"example.{suffix}"
    path.write_text(EXAMPLES[suffix], encoding="utf-8")
    batch = load_hot_list(path, now=NOW)
    assert not batch.problems
    return [replace(entry, source="", line=0) for entry in batch.entries]


def test_the_examples_load_and_say_the_same(tmp_path: Path) -> None:
    assert set(EXAMPLES) == {"csv", "jsonl", "toml"}
    entries = entries_of(tmp_path, "csv")
    assert entries == entries_of(tmp_path, "jsonl")
    assert [entry.plate for entry in entries] == ["ABC1234", "BMW4711", "BRA2E19"]


def test_the_definition_of_the_page_is_one_and_names_every_key_but_one() -> None:
    definition = check_definition(EXAMPLES["toml"], where="page")
    assert definition.meanings["expired registration"] is None
    assert {key for key in KEYS if f"\n{key} = " in EXAMPLES["toml"]} | {
        "name", "header", "columns", "meanings", "defaults",
    } == set(KEYS)  # fmt: skip


@pytest.mark.parametrize(
    "word",
    [*COLUMNS, *Purpose, *VehicleType, *FORMATS, *KEYS, *(f".{suffix}" for suffix in SUFFIXES)],
)
def test_the_page_names(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_the_page_tells_the_figures_in_force() -> None:
    assert f"{MAX_ENTRIES:,} entries" in PAGE
    assert f"up to {MAX_ENTRIES_OF_A_SOURCE:,}" in PAGE
    assert f"{MAX_ROW_CHARACTERS:,} characters" in PAGE
    assert f"first {MAX_PROBLEMS:,} problems" in PAGE
    assert f"after {MAX_BAD_ROWS:,} bad rows" in PAGE
    assert f"at least {MIN_KNOWN_CHARACTERS} are known" in PAGE
    assert f"{confusions.LOOK_ALIKE_PRIOR} of its confidence" in PAGE
    assert f"{confusions.SAME_GLYPH_PRIOR} for `0`/`O`" in PAGE
    assert f"below {match.MIN_SCORE}" in PAGE
    header = EXAMPLES["csv"].splitlines()[0].split(",")
    assert set(OPTIONAL_COLUMNS) < set(header)
