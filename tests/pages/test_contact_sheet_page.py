"""The contact sheet in a real browser: accessible, readable on a phone, asking no other host."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont
from playwright.sync_api import Browser, Page

from fairplate.cli.finding import Finding, RunSummary
from fairplate.cli.output_folder import OutputFolder
from fairplate.cli.picture_output import PictureOutput
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import HotListIndex
from fairplate.reading.engine import Frame
from fairplate.reading.frames import SourceKind

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SCREENS = [(390, 844), (1280, 900)]
ENTRIES = [
    Entry("ABC123", "us-ca", VehicleType.CAR, Purpose.STOLEN_VEHICLE, "CASE 7", "desk 555 0100",
          make="Ford", colour="red", source="a-rather-long-name-of-a-hot-list.csv", line=2),
    Entry("XYZ789", "us-ny", VehicleType.CAR, Purpose.COURT_ORDER, "ORDER 1", source="b.csv"),
]  # fmt: skip


def _frame(plate: str, number: int) -> Frame:
    picture = PillowImage.new("RGB", (960, 540), (96, 110 + number, 120))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((400, 300, 580, 345), fill=(240, 240, 235))
    draw.text((415, 303), plate, fill=(20, 20, 30), font=ImageFont.load_default(36))
    source = "clips/a very long folder name/" + "gate-7-" * 12 + "north.mp4"
    return Frame(np.asarray(picture), source, number, number / 15)


def _finding(plate: str, region: str | None, number: int, frames: int = 3) -> Finding:
    letters = tuple(
        Character(c, 0.62, "B", 0.31) if c == "8" else Character(c, 0.99) for c in plate
    )
    frame = _frame(plate, number)
    read = PlateRead(frame.source, plate, 0.93, letters, Box(400, 300, 580, 345), region,
                     frame=number, time_s=frame.time_s, frames=frames)  # fmt: skip
    matches = tuple(HotListIndex(ENTRIES).match(read, now=NOW))
    return Finding(read, frame, SourceKind.VIDEO, matches)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = PictureOutput(OutputFolder.open(tmp_path_factory.mktemp("sheet")))
    plates = ["PLAIN1", "A8C123", "XYZ789", "WWWWWWWWWWWW", "KV19ZRD"]
    for number, plate in enumerate(plates):
        output.add(_finding(plate, "us-ca" if number < 3 else None, 20 * number))
    output.finish(
        RunSummary("scripted", NOW, 2, 90, 5, 1, 1, ("a-rather-long-name-of-a-hot-list.csv",),
                   ("a/" * 60 + "none.jpg: file: expected one that can be read, found none",))
    )  # fmt: skip
    return output.path


@contextmanager
def _open(browser: Browser, sheet: Path, width: int, height: int, scheme: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    page.goto(sheet.as_uri())
    yield page
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_axe_finds_nothing(
    browser: Browser, sheet: Path, width: int, height: int, scheme: str
) -> None:
    with _open(browser, sheet, width, height, scheme) as page:
        found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_nothing_runs_out_of_the_screen(
    browser: Browser, sheet: Path, width: int, height: int
) -> None:
    with _open(browser, sheet, width, height, "light") as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".card").count() == 5


def test_every_picture_shows_and_nothing_else_is_asked_for(browser: Browser, sheet: Path) -> None:
    asked: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.goto(sheet.as_uri())
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function(
            "e => e.complete && e.naturalWidth > 0", arg=picture.element_handle()
        )
    context.close()
    assert troubles == []
    assert all(url.startswith(sheet.parent.as_uri()) for url in asked)
    assert len(asked) == 1 + 2 * 5


def test_keyboard_reaches_everything(browser: Browser, sheet: Path) -> None:
    with _open(browser, sheet, 1280, 900, "light") as page:
        stops = []
        for _ in range(9):
            page.keyboard.press("Tab")
            stops.append(page.evaluate("document.activeElement.getAttribute('href')"))
        assert stops[:4] == ["#reads", "#match", "#held-back", "#read"]
        assert [stop[:5] for stop in stops[4:]] == ["read-"] * 5
        page.locator(".skip").focus()
        assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "reads"


def test_paper_gets_black_on_white_whatever_the_screen(browser: Browser, sheet: Path) -> None:
    with _open(browser, sheet, 1280, 900, "dark") as page:
        page.emulate_media(media="print")
        style = "getComputedStyle(document.body)"
        assert page.evaluate(f"{style}.color") == "rgb(0, 0, 0)"
        assert page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator(".jump").is_visible()
