"""Cases over HTTP: one asks, another approves after a step-up for that case, one looks."""

from datetime import timedelta
from typing import Any

import pytest
from tests.cli.alert_parts import PLATE, READER, pass_by
from tests.web.sign_in.conftest import Browser, Place

from fairplate.audit.words import Role

CASES = "/api/v1/cases"


def asked(place: Place, **more: Any) -> dict[str, Any]:
    return {
        "purpose": "stolen-vehicle",
        "reference": "2026/17",
        "why": "taken at night",
        "plates": [PLATE],
        "readers": [READER],
        "captured_from": (place.clock.now - timedelta(hours=2)).isoformat(),
        "captured_until": (place.clock.now + timedelta(hours=1)).isoformat(),
        **more,
    }


@pytest.fixture
def ada(place: Place) -> Browser:
    """Return somebody who may ask, where a vehicle has passed."""
    place.deployment.enrol_reader(READER, "Gate")
    place.deployment.expire()
    folder = place.deployment.settings.folder
    pass_by(folder, PLATE, at=place.clock.now)
    return place.come_in(Role.OPERATOR, "Ada Ranger")


def open_case(place: Place, browser: Browser, **more: Any) -> str:
    answer = browser.post(CASES, asked(place, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def approve(browser: Browser, case_id: str) -> int:
    browser.step_up("cases:approve", case_id).raise_for_status()
    return browser.post(f"{CASES}/{case_id}/approval", {}).status_code


def test_the_life_of_a_case(place: Place, ada: Browser) -> None:
    case_id = open_case(place, ada)
    path = f"{CASES}/{case_id}"
    assert ada.post(f"{path}/searches").status_code == 403
    assert ada.post(f"{path}/approval", {}).status_code == 403
    eve = place.come_in(Role.APPROVER, "Eve Warden")
    assert eve.post(f"{path}/approval", {}).status_code == 401
    assert approve(eve, case_id) == 200
    assert eve.post(f"{path}/searches").status_code == 403
    found = ada.post(f"{path}/searches").json()
    assert (found["found"], [one["plate"] for one in found["reads"]]) == (1, [PLATE])
    assert ada.post(f"{path}/closing").json()["state"] == "closed"
    assert ada.post(f"{path}/searches").status_code == 403
    assert ada.ask("GET", CASES).json()["cases"] == []
    assert ada.ask("GET", f"{CASES}?closed=true").json()["cases"][0]["id"] == case_id


def test_a_step_up_for_one_case_approves_no_other(place: Place, ada: Browser) -> None:
    first, second = open_case(place, ada), open_case(place, ada)
    eve = place.come_in(Role.APPROVER, "Eve Warden")
    eve.step_up("cases:approve", first).raise_for_status()
    assert eve.post(f"{CASES}/{second}/approval", {}).status_code == 401
    assert eve.post(f"{CASES}/{first}/approval", {}).status_code == 200


def test_who_sees_what_a_case_asks_for(place: Place, ada: Browser) -> None:
    case_id = open_case(place, ada)
    eve = place.come_in(Role.APPROVER, "Eve Warden")
    bob = place.come_in(Role.OPERATOR, "Bob Ranger")
    audit = place.come_in(Role.AUDITOR, "Kim Auditor")
    for browser, sees in ((ada, True), (eve, True), (bob, False), (audit, False)):
        assert PLATE not in browser.ask("GET", CASES).text
        one = browser.ask("GET", f"{CASES}/{case_id}")
        assert (PLATE in one.text) is sees
        assert (one.json()["asked"] is not None) is sees


def test_a_refusal_says_why_and_stands(place: Place, ada: Browser) -> None:
    case_id = open_case(place, ada)
    eve = place.come_in(Role.APPROVER, "Eve Warden")
    eve.step_up("cases:approve", case_id).raise_for_status()
    assert eve.post(f"{CASES}/{case_id}/refusal", {"note": ""}).status_code == 422
    refused = eve.post(f"{CASES}/{case_id}/refusal", {"note": "no such report"})
    assert refused.json()["state"] == "refused"
    assert ada.post(f"{CASES}/{case_id}/searches").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"plates": []},
        {"plates": [""]},
        {"plates": ["???1234"]},
        {"plates": [f"AB{number}CDE" for number in range(6)]},
        {"readers": ["nowhere"]},
        {"readers": ["\0"]},
        {"reference": " "},
        {"why": "\0"},
        {"captured_from": "2026-11-23T12:00:00"},
        {"days": 31},
        {"purpose": "immigration"},
        {"more": 1},
    ],
)
def test_what_no_case_may_ask(place: Place, ada: Browser, wrong: dict[str, Any]) -> None:
    answer = ada.post(CASES, asked(place, **wrong))
    assert answer.status_code == 422, answer.text
    assert ada.ask("GET", CASES).json()["cases"] == []


def test_what_the_policy_does_not_permit(place: Place, ada: Browser) -> None:
    long_ago = (place.clock.now - timedelta(days=400)).isoformat()
    assert ada.post(CASES, asked(place, captured_from=long_ago)).status_code == 403


def test_a_person_answers_for_it_in_the_log_by_a_pseudonym(place: Place, ada: Browser) -> None:
    case_id = open_case(place, ada)
    assert ada.ask("GET", f"{CASES}/{case_id}").json()["opened_by"] == ada.me["id"]


@pytest.mark.parametrize("unknown", ["case-0", "%00", "%C3%BC"])
def test_no_such_case(ada: Browser, unknown: str) -> None:
    assert ada.ask("GET", f"{CASES}/{unknown}").status_code == 404
    assert ada.post(f"{CASES}/{unknown}/searches").status_code == 404
    assert ada.post(f"{CASES}/{unknown}/closing").status_code == 404
