"""The pages of a case's file: everything is on them, as plain text, and each says whose it is."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases.made_cases import OPENER, case, yes
from tests.cases.pdf_text import read_pages
from tests.worlds import NOON, make_read

from fairplate.cases.case_file import CaseFile, write_json
from fairplate.cases.case_pdf import draw_pdf
from fairplate.cases.search import Found
from fairplate.vault.payloads import OpenedRead

EXPORT, PLATE = "export-0123456789abcdef", "ABC1234"
WATERMARK = (OPENER, "case-1", "2026-11-23T12:00:01.000Z", EXPORT)


def make_file(number: int = 2, reader: str = "gate-north", **more: Any) -> CaseFile:
    reads = tuple(
        OpenedRead(f"read-{index}", reader, NOON + timedelta(seconds=index), make_read(PLATE))
        for index in range(number)
    )
    return CaseFile(
        export_id=EXPORT,
        made_by=OPENER,
        made_at=NOON + timedelta(seconds=1),
        case=case([yes()], **more),
        found=Found(reads),
    )


def texts_of(file: CaseFile) -> list[list[str]]:
    return read_pages(draw_pdf(file))


def test_everything_is_on_the_page() -> None:
    (page,) = texts_of(make_file())
    for text in (
        *WATERMARK,
        f"{' | '.join(WATERMARK)} | page 1 of 1",
        "2026/17",
        "taken from the station last night",
        "stolen-vehicle",
        "user:anne",
        "gate-north, gate-south",
        "Reads: 2",
    ):
        assert text in page
    at = page.index("2026-11-23T12:00:01.000Z", page.index("Reads: 2"))
    assert page[at : at + 5] == ["2026-11-23T12:00:01.000Z", "gate-north", PLATE, "0.97", "-"]


@pytest.mark.parametrize("number", [0, 1, 26, 27, 28, 300])
def test_every_page_says_whose_it_is(number: int) -> None:
    pages = texts_of(make_file(number))
    for index, page in enumerate(pages, start=1):
        for mark in WATERMARK:
            assert page.count(mark) >= 3
        assert page[-1] == f"{' | '.join(WATERMARK)} | page {index} of {len(pages)}"
        assert ("captured at" in page) is (index > 1 or number > 0)
    moments = [
        text for page in pages for text in page[:-1] if text.endswith("Z") and "12:0" in text
    ]
    shown = [text for page in pages for text in page].count(PLATE)
    assert shown == number + 1  # and once as what was asked for
    assert len(set(moments)) >= number


def test_the_same_file_gives_the_same_bytes() -> None:
    assert draw_pdf(make_file(60)) == draw_pdf(make_file(60))
    assert draw_pdf(make_file(60)) != draw_pdf(make_file(61))


def test_texts_are_drawn_as_they_are() -> None:
    hostile = "<b>bold</b> &amp; (Tj) \\ \u202eabc \x1b[31m \u0434"
    (page,) = texts_of(make_file(reference=hostile))
    assert "<b>bold</b> &amp; (Tj) \\ \\u202eabc \\x1b[31m \\u0434" in page
    (page,) = texts_of(make_file(reference="Stra\xdfe \u0141"))
    assert "Stra\xdfe \u0141" in page


def test_a_long_name_is_broken_inside_its_column() -> None:
    reader = "r" * 64
    (page,) = texts_of(make_file(1, reader=reader))
    at = page.index(PLATE, page.index("Reads: 1")) - 1
    assert 3 < len(page[at]) < 64
    told = [text for text in page[page.index("Reads: 1") :] if set(text) == {"r"}]
    assert "".join(told) == reader


@settings(max_examples=40)
@given(st.text(max_size=300))
def test_any_text_can_be_drawn(text: str) -> None:
    file = make_file(1, why=text)
    assert WATERMARK[0] in read_pages(draw_pdf(file))[0]
    assert json.loads(write_json(file))["why"] == text


def test_json_says_the_same() -> None:
    told = json.loads(write_json(make_file()))
    assert (told["made_by"], told["case"], told["made_at"], told["export"]) == WATERMARK
    assert told["approved_by"] == ["user:anne"]
    assert (told["complete"], told["damaged"], told["lost"]) == (True, 0, [])
    assert told["reads"][1] == {
        "captured_at": "2026-11-23T12:00:01.000Z",
        "reader": "gate-north",
        "plate": PLATE,
        "confidence": 0.97,
        "region": None,
    }
    assert write_json(make_file()) == write_json(make_file())
