"""Alerts over HTTP: no plate in a list, everything of one, the first decision counts."""

from datetime import timedelta

import pytest
from tests.cli.alert_parts import PLATE, pass_by, set_up
from tests.web.sign_in.conftest import Browser, Place

from fairplate.audit.words import Role

ALERTS = "/api/v1/alerts"


@pytest.fixture
def alert_id(place: Place) -> str:
    folder = place.deployment.settings.folder
    set_up(folder, at=place.clock.now)
    (raised,) = pass_by(folder, PLATE, at=place.clock.now)
    return raised


def decide(browser: Browser, alert_id: str, decision: str) -> int:
    return browser.post(f"{ALERTS}/{alert_id}/decision", {"decision": decision}).status_code


def test_a_list_tells_no_plate_and_one_alert_everything(place: Place, alert_id: str) -> None:
    browser = place.come_in()
    listed = browser.ask("GET", ALERTS)
    assert [one["id"] for one in listed.json()["alerts"]] == [alert_id]
    assert PLATE not in listed.text
    whole = browser.ask("GET", f"{ALERTS}/{alert_id}").json()
    assert whole["message"]["read"]["plate"] == PLATE
    assert whole["message"]["entry"]["reference"] == "2026-00417"
    assert whole["state"] == "unconfirmed"


def test_its_pictures_are_shown_one_by_one(place: Place, alert_id: str) -> None:
    browser = place.come_in()
    names = browser.ask("GET", f"{ALERTS}/{alert_id}").json()["pictures"]
    assert names
    for name in names:
        picture = browser.ask("GET", f"{ALERTS}/{alert_id}/pictures/{name}")
        assert picture.content.startswith(b"\xff\xd8")
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.headers["cache-control"] == "no-store"
    assert browser.ask("GET", f"{ALERTS}/{alert_id}/pictures/other").status_code == 422


def test_the_first_decision_counts_and_the_second_is_told_who_was_first(
    place: Place, alert_id: str
) -> None:
    ada, bob = place.come_in(), place.come_in(name="Bob Ranger")
    assert decide(ada, alert_id, "confirmed") == 200
    second = bob.post(f"{ALERTS}/{alert_id}/decision", {"decision": "wrong-plate"})
    assert second.status_code == 422
    assert ada.me["id"] in second.json()["detail"]
    assert ada.ask("GET", ALERTS).json()["alerts"] == []
    (known,) = ada.ask("GET", f"{ALERTS}?undecided=false").json()["alerts"]
    assert (known["state"], known["decided_by"]) == ("confirmed", ada.me["id"])


def test_an_outcome_follows_a_confirmed_alert_once(place: Place, alert_id: str) -> None:
    browser = place.come_in()
    path = f"{ALERTS}/{alert_id}/outcome"
    assert browser.post(path, {"outcome": "found"}).status_code == 422
    assert decide(browser, alert_id, "confirmed") == 200
    assert browser.post(path, {"outcome": "found"}).json()["outcome"] == "found"
    assert browser.post(path, {"outcome": "mistaken"}).status_code == 422


def test_nobody_says_that_it_expired(place: Place, alert_id: str) -> None:
    assert decide(place.come_in(), alert_id, "expired") == 422


def test_an_approver_sees_and_does_not_decide(place: Place, alert_id: str) -> None:
    browser = place.come_in(Role.APPROVER)
    assert browser.ask("GET", f"{ALERTS}/{alert_id}").status_code == 200
    assert decide(browser, alert_id, "confirmed") == 403


@pytest.mark.parametrize("unknown", ["alert-0", "%00", "%C3%BC", "..%2F..%2Fetc"])
def test_an_alert_that_was_not_raised_is_not_found(place: Place, unknown: str) -> None:
    browser = place.come_in()
    assert browser.ask("GET", f"{ALERTS}/{unknown}").status_code == 404
    assert decide(browser, unknown, "confirmed") == 404


def test_alerts_come_in_pages(place: Place) -> None:
    folder = place.deployment.settings.folder
    plates = [f"ABC{number}XY" for number in range(10, 15)]
    rows = [f"{plate},us-ny,car,stolen-vehicle,1,,," for plate in plates]
    set_up(folder, *rows, at=place.clock.now)
    raised = []
    for plate in plates:
        place.clock.move(timedelta(seconds=1))
        raised += pass_by(folder, plate, at=place.clock.now)
    browser = place.come_in()
    for undecided, expected in (("true", raised), ("false", raised[::-1])):
        seen, cursor = [], ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            page = browser.ask("GET", f"{ALERTS}?undecided={undecided}&limit=2{more}").json()
            seen += [one["id"] for one in page["alerts"]]
            cursor = page["next"]
        assert seen == expected


@pytest.mark.parametrize("query", ["cursor=x", "limit=0", "limit=201", "undecided=2"])
def test_a_query_that_is_none_is_refused(place: Place, query: str) -> None:
    answer = place.come_in().ask("GET", f"{ALERTS}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
