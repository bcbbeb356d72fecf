"""The HTML of alert e-mails in a real browser: accessible, readable on a phone, asking nobody.

The page is taken out of the very mail that is sent, its pictures put where a mail program shows
them.
"""

import base64
import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.alerts.messages import NOTICE, envelope, illustrated, letters

from fairplate.alerts.mail_message import compose_mail
from fairplate.alerts.message import Message
from fairplate.hotlists.match import MatchKind

PHONE, DESK = (390, 844), (1280, 900)
LONGEST = "W8W8W8W8W8W8"
UNBROKEN = "Untererkirchbergstraßenkreuzung" * 8
MESSAGES: dict[str, Message] = {
    "alert": illustrated(),
    "confirmed": replace(illustrated(), confirmed_by_dispatcher=True),
    "bare": replace(
        illustrated(), crop=None, blurred=None, doubts=(), kind=MatchKind.EXACT, call="",
        entry_plate=illustrated().plate, characters=letters(illustrated().plate, doubtful=""),
    ),
    "long": replace(
        illustrated(), plate=LONGEST, characters=letters(LONGEST), entry_plate=LONGEST,
        reader_name=UNBROKEN, list_title=UNBROKEN, reference=UNBROKEN, call=UNBROKEN,
        entry_vehicle=UNBROKEN, alert_id=UNBROKEN, doubts=(UNBROKEN,) * 3,
    ),
    "right-to-left": replace(illustrated(), reader_name="שער 7 צפון", list_title="רשימה 12 א"),
    "notice": NOTICE,
    "long notice": replace(NOTICE, subject=UNBROKEN, lines=(UNBROKEN,) * 3, is_loud=False),
}  # fmt: skip


def page_of(message: Message) -> str:
    """Return the HTML part of the mail, with its pictures in the place of their content IDs."""
    mail = email.message_from_bytes(
        compose_mail(envelope("a@example.org", message), sender="b@example.org"),
        policy=email.policy.default,
    )
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("html",))
    assert body is not None
    page = str(body.get_content())
    for part in mail.walk():
        if part.get_content_type() == "image/jpeg":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            shown = f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
            page = page.replace(f"cid:{part['Content-ID'].strip('<>')}", shown)
    assert "cid:" not in page
    return page


@contextmanager
def _open(browser: Browser, message: Message, size: tuple[int, int]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(page_of(message))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith("data:image/jpeg;")] == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_axe_finds_nothing_and_nothing_runs_out_of_the_screen(
    browser: Browser, message: Message, size: tuple[int, int]
) -> None:
    with _open(browser, message, size) as page:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_what_to_compare_is_on_the_first_screen_of_a_phone(browser: Browser) -> None:
    with _open(browser, illustrated(), PHONE) as page:
        crop = page.locator("img").first
        assert crop.evaluate("e => e.complete && e.naturalWidth > 0")
        for part in (page.get_by_text("UNCONFIRMED"), crop, page.get_by_text("Entry of the list"),
                     page.get_by_text("likely right")):  # fmt: skip
            box = part.bounding_box()
            assert box is not None
            assert 0 <= box["y"] < box["y"] + box["height"] <= PHONE[1]


def test_the_doubtful_is_marked_by_more_than_colour(browser: Browser) -> None:
    with _open(browser, illustrated(), PHONE) as page:
        letters = page.locator("p span").all()
        dashed = [
            letter.inner_text()
            for letter in letters
            if letter.evaluate("e => getComputedStyle(e).borderTopStyle") == "dashed"
        ]
    assert dashed == ["8", "B"]


def test_read_and_entry_stand_letter_under_letter(browser: Browser) -> None:
    with _open(browser, MESSAGES["long"], PHONE) as page:
        boxes = [letter.bounding_box() for letter in page.locator("p span").all()]
    lefts = [box["x"] for box in boxes if box][-2 * len(LONGEST) :]
    assert lefts[: len(LONGEST)] == lefts[len(LONGEST) :]
    assert len(set(lefts)) == len(LONGEST)


def test_a_foreign_name_turns_nothing_around(browser: Browser) -> None:
    # Drawn from left to right: the purpose, the name, the direction.
    with _open(browser, MESSAGES["right-to-left"], DESK) as page:
        places = page.evaluate(
            """() => {
              const text = [...document.querySelectorAll("p")]
                .map(p => p.firstChild).find(n => n?.data?.startsWith("Stolen vehicle"));
              return ["Stolen", "שער", "northbound"].map(word => {
                const range = document.createRange(), at = text.data.indexOf(word);
                range.setStart(text, at); range.setEnd(text, at + word.length);
                return range.getBoundingClientRect().left;
              });
            }"""
        )
    assert places == sorted(places)
