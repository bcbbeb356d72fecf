import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.messages import ALERT, ENTRY_PLATE, NOTICE, PLATE, SECRETS, letters

from fairplate.alerts import wording
from fairplate.alerts.mail_page import render_page
from fairplate.alerts.message import AlertMessage
from fairplate.core.purposes import Purpose
from fairplate.hotlists.match import MatchKind

NAMES = st.text(max_size=300)


def test_the_whole_text() -> None:
    assert (
        wording.plain_text(ALERT)
        == """\
UNCONFIRMED \N{EM DASH} compare the picture with the entry before anyone acts

Stolen vehicle, Gate 7 north, northbound, 2026-11-23 12:00:02 UTC.

Read:   KV[8]ZRD1
Entry:  KV[B]ZRD1
Chance of being right: 87 %: likely right. Of 100 alerts like this one, about 13 are wrong.
Call:   desk 555 0100

Doubts ([ ] marks what is doubtful or differs):
- character 3 reads 8 (62 %), the entry has B (runner-up, 31 %)
- vehicle type of the read is unknown

Fit: one look-alike character
Jurisdiction: us-ca
Vehicle: red Ford car
Purpose: stolen vehicle
Reference: CASE-2026-17
List: County stolen vehicles
Entry's age: 3 days
List's age: 40 minutes
Reader: Gate 7 north
Direction: northbound
Read at: 2026-11-23 12:00:02 UTC

What not to conclude:
- The text is a machine's reading: compare every character with the picture.
- The vehicle's keeper is not thereby its driver.
- The plate may be cloned, or have been moved to another vehicle.
- The entry may be out of date: confirm it with the live source.

Alert alert-0042, raised at 2026-11-23 12:00:03 UTC.
"""
    )


def test_a_confirmed_alert_says_so_and_still_asks_to_compare() -> None:
    confirmed = replace(ALERT, confirmed_by_dispatcher=True)
    for text in (wording.plain_text(confirmed), wording.short_text(confirmed, show_plate=False)):
        assert "Confirmed by a dispatcher; still compare the picture" in text
        assert "UNCONFIRMED" not in text
    assert wording.subject(confirmed, show_plate=False).startswith("Confirmed alert:")


@pytest.mark.parametrize("purpose", Purpose)
def test_neither_subject_nor_short_text_shows_the_plate_unless_it_may(purpose: Purpose) -> None:
    alert = replace(ALERT, purpose=purpose)
    for told in (wording.subject, wording.short_text):
        hidden, shown = told(alert, show_plate=False), told(alert, show_plate=True)
        assert not any(secret in hidden for secret in SECRETS)
        assert purpose.value.replace("-", " ") in hidden.lower()
        assert "KV[8]ZRD1" in shown
        assert "unconfirmed" in hidden.lower()


def test_a_preview_of_the_first_line_holds_no_plate() -> None:
    first_lines = wording.plain_text(ALERT)[:130]
    assert not any(secret in first_lines for secret in SECRETS)


@pytest.mark.parametrize(
    ("chance", "told"),
    [
        (0.0, "under 1 %: very likely wrong. Of 100 alerts like this one, about 100 are wrong."),
        (0.0099, "under 1 %: very"),
        (0.01, "1 %: very likely wrong"),
        (0.1999, "19 %: very likely wrong"),
        (0.2, "20 %: more likely wrong than right"),
        (0.29, "29 %: more"),
        (0.4999, "49 %: more likely wrong than right"),
        (0.5, "50 %: more likely right than wrong"),
        (0.8, "80 %: likely right"),
        (0.9499, "94 %: likely right"),
        (0.95, "95 %: very likely right. Of 100 alerts like this one, about 5 are wrong."),
        (0.99999, "99 %: very likely right"),
        (1.0, "99 %: very likely right. Of 100 alerts like this one, about 1 is wrong."),
    ],
)
def test_the_chance_is_cut_and_never_certain(chance: float, told: str) -> None:
    assert wording.chance(replace(ALERT, chance=chance)).startswith(told)


@pytest.mark.parametrize("kind", MatchKind)
def test_every_fit_has_words(kind: MatchKind) -> None:
    fit = dict(wording.facts(replace(ALERT, kind=kind)))["Fit"]
    assert len(fit) > 5


def test_an_entry_known_in_part_is_marked_where_it_is_unknown() -> None:
    alert = replace(ALERT, entry_plate="KV?ZRD1", kind=MatchKind.PATTERN)
    assert wording.marked_entry(alert) == "KV[?]ZRD1"
    assert wording.marked_entry(replace(ALERT, entry_plate="KV")) == "KV"


def test_each_doubt_is_told_once() -> None:
    assert wording.doubts(replace(ALERT, doubts=())) == [
        "character 3 reads 8 (62 %), runner-up B (31 %)"
    ]
    many = replace(ALERT, plate="888", characters=letters("888"), doubts=())
    assert [line[:11] for line in wording.doubts(many)] == [f"character {n}" for n in (1, 2, 3)]
    sure = replace(ALERT, characters=letters(PLATE, doubtful=""), doubts=())
    assert wording.doubts(sure) == []
    assert "none was found; compare all the same" in wording.plain_text(sure)
    assert "None was found; compare all the same" in render_page(
        sure, crop_url=None, blurred_url=None
    )


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (None, "not known"),
        (timedelta(0), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=900), "900 days"),
    ],
)
def test_ages_are_cut_to_their_largest_unit(span: timedelta | None, told: str) -> None:
    assert wording.age(span) == told


def test_what_is_not_known_is_said() -> None:
    bare = replace(ALERT, direction="", call="", entry_jurisdiction=None, entry_vehicle="",
                   entry_age=None, list_age=None)  # fmt: skip
    facts = dict(wording.facts(bare))
    assert facts["Direction"] == facts["Entry's age"] == facts["List's age"] == "not known"
    assert facts["Jurisdiction"] == facts["Vehicle"] == "not given"
    assert wording.whom_to_call(bare) == "the entry names nobody; ask the list's owner"
    page = render_page(bare, crop_url=None, blurred_url=None)
    assert "No picture of the plate came with this read" in page
    assert "<img" not in page


@given(NAMES)
def test_a_harmless_text_is_one_line_that_turns_nothing(text: str) -> None:
    told = wording.harmless(text)
    assert len(told) <= wording.MAX_VALUE + 2
    inner = told.removeprefix("\u2068").removesuffix("\u2069")
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in inner)
    assert len(told.splitlines()) <= 1
    turns = any(unicodedata.bidirectional(c) in {"R", "AL", "AN"} for c in inner)
    assert told == (f"\u2068{inner}\u2069" if turns else inner)


@given(NAMES)
def test_no_name_changes_the_shape_of_a_message(name: str) -> None:
    alert = _named(name)
    plain = wording.plain_text(alert).splitlines()
    assert len(plain) == len(wording.plain_text(_named("")).splitlines())
    assert plain[0] == wording.UNCONFIRMED
    assert len(wording.subject(alert, show_plate=False).splitlines()) == 1
    assert "\u202e" not in "".join(plain)


@given(NAMES)
def test_no_name_becomes_markup(name: str) -> None:
    page = render_page(_named(name), crop_url="cid:a", blurred_url="cid:b")
    usual = render_page(_named(""), crop_url="cid:a", blurred_url="cid:b")
    assert page.count("<") == usual.count("<")
    assert page.count('"') == usual.count('"')


def test_markup_in_a_name_is_shown_as_text() -> None:
    page = render_page(_named('<img src=x onerror="a()">'), crop_url=None, blurred_url=None)
    assert "<img" not in page
    assert "&lt;img src=x onerror=&#34;a()&#34;&gt;" in page


@pytest.mark.parametrize("message", [ALERT, NOTICE])
def test_the_page_asks_no_server(message: AlertMessage) -> None:
    page = render_page(message, crop_url="cid:a", blurred_url="cid:b")
    for mark in ("http:", "https:", "//", "url(", "<script", "<link", "@import"):
        assert mark not in page
    if message is ALERT:
        assert page.index(wording.UNCONFIRMED) < page.index("Entry of the list")
        assert all(line in page for line in ("County stolen vehicles", "desk 555 0100"))
        title = page.split("<title>")[1].split("</title>")[0]
        assert PLATE not in title
        assert ENTRY_PLATE not in title


def test_a_notice_is_told_whole() -> None:
    assert wording.subject(NOTICE, show_plate=False) == "Fairplate WARNING: " + NOTICE.subject
    for text in (wording.plain_text(NOTICE), render_page(NOTICE, crop_url=None, blurred_url=None)):
        assert all(line in text for line in (NOTICE.subject, *NOTICE.lines))
    quiet = replace(NOTICE, is_loud=False)
    assert wording.subject(quiet, show_plate=False) == "Fairplate: " + NOTICE.subject


def _named(name: str) -> AlertMessage:
    name = f"x{name}"
    return replace(ALERT, reader_name=name, direction=name, list_title=name, call=name,
                   reference=name, entry_vehicle=name, alert_id=name,
                   doubts=(name, name))  # fmt: skip
