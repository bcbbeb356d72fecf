import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fairplate.cli.contact_sheet import Card, Picture, render_sheet
from fairplate.cli.finding import RunSummary
from fairplate.core.purposes import Purpose
from fairplate.core.reads import PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import match_entry
from fairplate.reading.frames import SourceKind

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUMMARY = RunSummary("scripted", NOW, 1, 1, 1, 0, 0)


def _card(
    read: PlateRead, *entries: Entry, kind: SourceKind = SourceKind.PICTURE, number: int = 1
) -> Card:
    matches = tuple(match_entry(read, entry, now=NOW) for entry in entries)
    file = f"read-{number:04d}"
    return Card(
        read,
        matches,
        kind,
        Picture(f"{file}.jpg", 320, 240),
        Picture(f"{file}-crop-1.jpg", 480, 120),
    )


def _entry(plate: str = "ABC123", jurisdiction: str = "us-ca", **more: str) -> Entry:
    return Entry(
        plate, jurisdiction, VehicleType.CAR, Purpose.STOLEN_VEHICLE, "CASE 7",
        source="list.csv", line=2, **more,
    )  # fmt: skip


def test_matches_come_first_then_held_back_then_the_rest(
    make_read: Callable[..., PlateRead],
) -> None:
    cards = [
        _card(make_read("OTHER1"), number=1),
        _card(make_read("HELD11"), _entry("HELD11", "us-ny"), number=2),
        _card(make_read("MATCH1"), _entry("MATCH1"), number=3),
    ]
    page = render_sheet(cards, SUMMARY)
    order = [page.index(f'href="read-000{n}.jpg"') for n in (3, 2, 1)]
    assert order == sorted(order)


def test_match_card_tells_entry_doubts_and_that_it_is_unconfirmed(
    make_read: Callable[..., PlateRead],
) -> None:
    read = make_read("A8C123", weak={1: ("B", 0.3)})
    page = render_sheet([_card(read, _entry(call="desk 7", make="Ford", colour="red"))], SUMMARY)
    for part in (
        "Unconfirmed match:", "list.csv, line 2", "stolen-vehicle", "CASE 7", "desk 7",
        "red Ford car", "ABC123 (one look-alike)", "Doubt: read in one frame only",
        "Unconfirmed: compare the picture with the entry before anyone acts",
    ):  # fmt: skip
        assert part in page


def test_held_back_card_gives_the_reason_and_no_match_banner(
    make_read: Callable[..., PlateRead],
) -> None:
    page = render_sheet([_card(make_read(), _entry(jurisdiction="us-ny"))], SUMMARY)
    assert "<b>Held back:</b> jurisdiction contradicts: read us-ca, entry us-ny" in page
    assert "Unconfirmed match:" not in page


def test_doubtful_characters_are_marked_and_told(make_read: Callable[..., PlateRead]) -> None:
    page = render_sheet([_card(make_read("A8C123", weak={1: ("B", 0.3)}))], SUMMARY)
    assert '<h3 class="plate">A<u>8</u>C123</h3>' in page
    assert "Doubtful: character 2 reads 8 (69 %), runner-up B (30 %)" in page


def test_time_stands_only_where_there_is_one(make_read: Callable[..., PlateRead]) -> None:
    assert "<dt>Time</dt>" not in render_sheet([_card(make_read())], SUMMARY)
    assert "<dd>0.0 s, frame 0</dd>" in render_sheet(
        [_card(make_read(), kind=SourceKind.VIDEO)], SUMMARY
    )


def test_nothing_from_outside_becomes_markup(
    make_read: Callable[..., PlateRead],
    runner: Any,
    picture: Callable[[str], Path],
    hot_list: Callable[..., Path],
    tmp_path: Path,
) -> None:
    path = picture("a<script>b.png")
    runner.script = {path.name: [make_read()]}
    wild = hot_list("ABC123,us-ca,car,stolen-vehicle,<img src=x>,<b>,2026-12-01", name="l<i>.csv")
    runner(path, hot_lists=(wild,), annotate=tmp_path / "out")
    page = (tmp_path / "out/index.html").read_text()
    assert "&lt;img src=x&gt;" in page
    for tag in ("<script", "<img src=x", "<i>", "<b>,"):
        assert tag not in page


def test_the_page_asks_nothing_of_another_host(make_read: Callable[..., PlateRead]) -> None:
    page = render_sheet([_card(make_read(), _entry())], SUMMARY)
    assert not re.findall(r"https?:|//|@import|url\(", page)


def test_header_counts_and_troubles() -> None:
    summary = RunSummary(
        "scripted", NOW, sources=2, frames=9, reads=0, matches=0, held_back=0,
        lists=("list.csv",), problems=("x.jpg: file: expected …, found no such file",),
    )  # fmt: skip
    page = render_sheet([], summary)
    for part in (
        "0 reads in 9 frames of 2 sources", "Engine scripted", "2026-11-23 12:00:00 UTC",
        "checked against list.csv", "x.jpg: file:", "No plate was read",
    ):  # fmt: skip
        assert part in page


@pytest.mark.parametrize("kind", [SourceKind.PICTURE, SourceKind.VIDEO])
def test_written_sheet_names_only_files_that_exist(
    *,
    runner: Any,
    picture: Callable[[str], Path],
    clip: Callable[[str, int], Path],
    make_read: Callable[..., PlateRead],
    tmp_path: Path,
    kind: SourceKind,
) -> None:
    runner.script = {
        "a.png": [make_read(), make_read("XYZ789", box=(10, 150, 80, 170))],
        "c.mp4": [make_read()],
    }
    source = picture("a.png") if kind is SourceKind.PICTURE else clip("c.mp4", 5)
    runner(source, annotate=tmp_path / "out")
    page = (tmp_path / "out/index.html").read_text()
    named = set(re.findall(r'(?:src|href)="([^"#]+)"', page))
    written = {path.name for path in (tmp_path / "out").iterdir()} - {"index.html"}
    assert named == written
