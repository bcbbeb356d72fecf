"""docs/vendors.md names exactly the vendors, fields, doubts and limits there are."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from fairplate.cli.ingest.read_fields import read_fields
from fairplate.core.reads import Box
from fairplate.ingest import limits
from fairplate.ingest.arrival import ReaderSettings
from fairplate.ingest.passages import LONGEST, SETTLE
from fairplate.ingest.vendor import (
    Candidate,
    CharacterShare,
    Doubt,
    LocalTime,
    Passage,
    Picture,
    Shows,
    VendorRead,
)
from fairplate.ingest.vendors import VENDORS

PAGE = (Path(__file__).parents[2] / "docs" / "vendors.md").read_text(encoding="utf-8")
FULL = VendorRead(
    "A",
    0.5,
    (CharacterShare("A", 0.5),),
    LocalTime(datetime(2026, 3, 1)),  # noqa: DTZ001 - that is what it is
    candidates=(Candidate("A", 0.5),),
    event_id="7",
    passage=Passage("7"),
    box=Box(1, 1, 2, 2),
    grid=(9, 9),
    pictures=(Picture(Shows.CROP, b"x"),),
    doubts=(Doubt.NOT_LATIN,),
)
WORDS = {"string": str, "integer": int, "number": float, "boolean": bool} | {
    "array": list,
    "object": dict,
}


def table(head: str) -> list[tuple[str, str]]:
    """Return the first two cells of the rows under a table's head."""
    body = PAGE.split(f"\n| {head} |")[1].split("\n\n")[0]
    return re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", body, re.MULTILINE)


def test_every_vendor_has_its_section_in_order() -> None:
    assert re.findall(r"^## `(\w+)`$", PAGE, re.MULTILINE) == list(VENDORS)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_section_tells_what_to_set_what_is_understood_and_the_traps(vendor: str) -> None:
    section = PAGE.split(f"\n## `{vendor}`\n")[1].split("\n## ")[0]
    told = re.findall(r"^- \*\*(\w+):\*\* \S", section, re.MULTILINE)
    assert told == ["Set", "Understood", "Traps"]


@pytest.mark.parametrize("read", [FULL, VendorRead(None)])
def test_every_field_is_told_with_its_type(read: VendorRead) -> None:
    fields = json.loads(json.dumps(read_fields("body", read)))
    told = table("Field | Type | Meaning")
    assert [name for name, _ in told] == list(fields)
    for name, words in told:
        first = words.replace("of 4 integers", "").replace("of 2 integers", "")
        kinds = [kind for word, kind in WORDS.items() if word in first.split(" of ")[0].split()]
        kinds += [type(None)] if words.endswith("null") else []
        assert isinstance(fields[name], tuple(kinds)), name


def test_every_doubt_is_told() -> None:
    assert [name for name, _ in table("Doubt | Meaning")] == [doubt.value for doubt in Doubt]


def test_the_numbers_are_those_in_force() -> None:
    text = " ".join(PAGE.split())
    assert (
        f"A body has at most {limits.MAX_BODY_BYTES} bytes, a document {limits.MAX_ITEMS} items "
        f"and {limits.MAX_DEPTH} levels, a number {limits.MAX_DIGITS} digits, a multipart body "
        f"{limits.MAX_PARTS} parts, a payload {limits.MAX_READS} reads."
    ) in text
    assert f"no message for {SETTLE.seconds} second," in text
    assert f"or {LONGEST.seconds} seconds after the first one" in text
    assert ReaderSettings().assumed_confidence == 0.5
    assert "a half is assumed" in text
