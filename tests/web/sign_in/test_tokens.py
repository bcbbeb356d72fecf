"""Tokens over HTTP: made after a step-up, told once, and good for their scopes alone."""

from datetime import timedelta

import pytest
from tests.web.sign_in.conftest import Browser, Place

from fairplate.audit.words import Role

TOKENS = "/api/v1/tokens"


def make(browser: Browser, *scopes: str, days: int = 30) -> str:
    browser.step_up("account:change").raise_for_status()
    sent = {"name": "Wall display", "scopes": list(scopes), "days": days}
    made = browser.ask("POST", TOKENS, sent)
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


def program(place: Place, token: str) -> Browser:
    """Return a program: no cookies, nothing that browsers say of themselves."""
    one = place.browser()
    one.more = {"authorization": f"Bearer {token}", "sec-fetch-site": "", "user-agent": ""}
    return one


def ask(one: Browser, method: str, path: str, json: object = None) -> int:
    return one.ask(method, path, json, headers=one.more).status_code


def test_a_token_is_made_told_once_and_ended(place: Place) -> None:
    browser = place.come_in(Role.ADMINISTRATOR)
    sent = {"name": "Wall display", "scopes": ["status:see"]}
    assert browser.ask("POST", TOKENS, sent).status_code == 401
    token = make(browser, "readers:see")
    (known,) = browser.ask("GET", TOKENS).json()["tokens"]
    assert "token" not in known
    assert token not in browser.ask("GET", TOKENS).text
    assert browser.ask("DELETE", f"{TOKENS}/{known['id']}").status_code == 204
    assert browser.ask("GET", TOKENS).json() == {"tokens": []}
    assert browser.ask("DELETE", f"{TOKENS}/{known['id']}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/session"),
        ("GET", "/api/v1/users"),
        ("GET", TOKENS),
        ("POST", TOKENS),
        ("POST", "/api/v1/users"),
        ("POST", "/api/v1/session/step-up/challenge"),
    ],
)
def test_a_token_hands_out_no_access(place: Place, method: str, path: str) -> None:
    token = make(place.come_in(Role.ADMINISTRATOR), "status:see", "readers:see", "lists:see")
    assert ask(program(place, token), method, path) == 403


def test_a_token_that_is_over_or_none_is_refused(place: Place) -> None:
    token = make(place.come_in(Role.ADMINISTRATOR), "status:see", days=1)
    assert ask(program(place, token), "GET", "/api/v1/session") == 403
    assert ask(program(place, "fpt1_" + "A" * 43), "GET", "/api/v1/session") == 401
    place.clock.move(timedelta(days=1))
    assert ask(program(place, token), "GET", "/api/v1/session") == 401


def test_a_cookie_does_not_help_a_token(place: Place) -> None:
    browser = place.come_in(Role.ADMINISTRATOR)
    browser.more = {"authorization": "Bearer fpt1_" + "A" * 43}
    assert ask(browser, "GET", "/api/v1/session") == 401
