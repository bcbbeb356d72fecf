import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fairplate.cli.finding import Finding
from fairplate.cli.json_lines import json_line
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import match_entry
from fairplate.reading.engine import Frame
from fairplate.reading.frames import SourceKind

PAGE = Path(__file__).parents[2] / "docs/reference/read-json.md"


@pytest.fixture
def line() -> dict[str, object]:
    read = PlateRead("a.jpg", "A", 0.9, (Character("A", 0.9),), Box(0, 0, 9, 4))
    entry = Entry("A", "us", VehicleType.CAR, Purpose.TEST, "r", source="l.csv", line=2)
    match = match_entry(read, entry, now=datetime(2026, 1, 1, tzinfo=UTC))
    frame = Frame(np.zeros((4, 9, 3), np.uint8), "a.jpg")
    return json.loads(json_line(Finding(read, frame, SourceKind.PICTURE, (match,))))


def _tables() -> list[list[tuple[str, str]]]:
    """Return (field, type) of each table on the page."""
    tables = re.split(
        r"^\| Field .*\n\|[-|]+\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE
    )[1:]
    return [re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE) for table in tables]


def test_page_lists_every_field_in_order(line: dict[str, object]) -> None:
    read, character, match = _tables()
    assert [name for name, _ in read] == list(line)
    assert [name for name, _ in character] == list(line["characters"][0])
    assert [name for name, _ in match] == list(line["match"])


def test_page_tells_every_type_right(line: dict[str, object]) -> None:
    words = {"string": str, "integer": int, "number": float, "array": list, "object": dict}
    for table, value in zip(_tables(), (line, line["characters"][0], line["match"]), strict=True):
        for name, told in table:
            kinds = [kind for word, kind in words.items() if word in told.split(" of ")[0].split()]
            kinds += [type(None)] if "null" in told else []
            assert isinstance(value[name], (*kinds, int) if float in kinds else tuple(kinds)), name
