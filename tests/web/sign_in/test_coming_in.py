"""Coming in: invite, passkey, sign-in, step-up, sign-out, and every way that must not work."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.web.sign_in.conftest import CHROME, Browser, Place
from tests.web.sign_in.soft_passkey import SoftPasskey

from fairplate.audit.words import Role

MINUTE = timedelta(minutes=1)
SESSION = "/api/v1/session"


def test_an_invite_a_passkey_a_session_a_step_up_and_the_end(place: Place) -> None:
    invite = place.deployment.people.invite("Ada Ranger", "ada@example.org", Role.ADMINISTRATOR)
    browser = place.browser()
    welcome = browser.post("/api/v1/invite/challenge", {"invite": invite.secret}).json()
    assert (welcome["name"], welcome["role"]) == ("Ada Ranger", "administrator")
    options = welcome["publicKey"]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["rp"]["id"] == "localhost"
    joined = browser.join(invite.secret)
    assert joined.status_code == 200
    assert joined.json()["role"] == "administrator"
    cookie = joined.headers.get_list("set-cookie")[0]
    assert cookie.startswith("fairplate=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie

    assert browser.ask("DELETE", SESSION).status_code == 204
    assert "fairplate" not in browser.cookies
    assert browser.ask("GET", SESSION).status_code == 401
    assert browser.sign_in().status_code == 200
    before = browser.secret
    refused = browser.post("/api/v1/users", {"name": "Bo", "role": "operator"})
    assert refused.status_code == 401
    assert 'act="users:change"' in refused.headers["www-authenticate"]
    assert browser.step_up("users:change").status_code == 200
    assert browser.secret != before
    made = browser.post("/api/v1/users", {"name": "Bo", "role": "operator"})
    assert made.status_code == 201
    assert made.json()["link"].startswith("http://localhost:8750/invite#fpi1_")
    place.clock.move(5 * MINUTE)
    assert browser.post("/api/v1/users", {"name": "Cy", "role": "operator"}).status_code == 401


def test_under_https_cookies_are_bound_to_the_host(make_place: Callable[..., Place]) -> None:
    place = make_place('[server]\npublic_url = "https://plates.example"')
    browser = place.browser()
    browser.passkey = SoftPasskey(origin="https://plates.example", rp_id="plates.example")
    answer = browser.join(place.deployment.people.invite("Ada", "", Role.AUDITOR).secret)
    assert answer.status_code == 200
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith(("__Host-fairplate=", "__Host-fairplate-known="))
        for flag in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
            assert flag in cookie
        assert "Domain" not in cookie


def test_an_invite_is_used_up(place: Place) -> None:
    invite = place.deployment.people.invite("Ada", "", Role.OPERATOR)
    assert place.browser().join(invite.secret).status_code == 200
    second = place.browser().join(invite.secret)
    assert second.status_code == 403
    event = place.told()[-1]
    assert (event.type, event.public) == ("sign-in.failed", {"user": None, "reason": "unknown"})


def test_an_invite_that_was_looked_at_can_be_taken_by_one_alone(place: Place) -> None:
    invite = place.deployment.people.invite("Ada", "", Role.OPERATOR)
    first, second = place.browser(), place.browser()
    answers = []
    for one in (first, second):
        asked = one.post("/api/v1/invite/challenge", {"invite": invite.secret}).json()
        answers.append(one.passkey.register(asked))
    codes = [
        one.post("/api/v1/invite", {"invite": invite.secret, "credential": answer}).status_code
        for one, answer in zip((first, second), answers, strict=True)
    ]
    assert codes == [200, 403]


def test_an_old_invite_is_told_to_the_log_as_what_it_is(place: Place) -> None:
    invite = place.deployment.people.invite("Ada", "", Role.OPERATOR)
    place.clock.move(timedelta(hours=72))
    answer = place.browser().join(invite.secret)
    assert answer.status_code == 403
    assert "expired" not in answer.text
    assert place.told()[-1].public == {"user": invite.person_id, "reason": "expired"}


WRONG: dict[str, Callable[[Browser], None]] = {
    "origin": lambda b: setattr(b.passkey, "origin", "http://localhost:8751"),
    "rp": lambda b: setattr(b.passkey, "rp_id", "example.org"),
    "unverified": lambda b: setattr(b.passkey, "verified", False),
    "handle": lambda b: setattr(b.passkey, "handle", b"somebody else"),
    "count": lambda b: setattr(b.passkey, "count", -0 + 0),
    "key": lambda b: setattr(b.passkey, "key", SoftPasskey().key),
    "unknown": lambda b: setattr(b.passkey, "credential_id", b"x" * 32),
}


@pytest.mark.parametrize("wrong", list(WRONG))
def test_no_wrong_answer_signs_in(place: Place, wrong: str) -> None:
    browser = place.come_in()
    browser.ask("DELETE", SESSION)
    browser.passkey.count = 5
    assert browser.sign_in().status_code == 200
    browser.ask("DELETE", SESSION)
    WRONG[wrong](browser)
    answer = browser.sign_in()
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("sign-in: expected")
    assert browser.ask("GET", SESSION).status_code == 401
    event = place.told()[-1]
    assert event.type == "sign-in.failed"
    assert event.public["user"] is None
    assert event.public["reason"] in {"secret", "unknown"}


@pytest.mark.parametrize("wrong", ["origin", "rp", "unverified"])
def test_no_wrong_answer_registers(place: Place, wrong: str) -> None:
    invite = place.deployment.people.invite("Ada", "", Role.OPERATOR)
    browser = place.browser()
    WRONG[wrong](browser)
    assert browser.join(invite.secret).status_code == 403
    assert place.browser().join(invite.secret).status_code == 200  # the invite is still good


def test_an_answer_counts_once(place: Place) -> None:
    browser = place.come_in()
    asked = browser.post("/api/v1/session/challenge").json()
    answer = {"credential": browser.passkey.sign(asked)}
    assert browser.post(SESSION, answer).status_code == 200
    assert browser.post(SESSION, answer).status_code == 403


def test_a_passkey_without_a_counter_signs_in_again_but_replays_nothing(place: Place) -> None:
    browser = place.browser()
    browser.passkey.count = 0
    browser.join(place.deployment.people.invite("Ada", "", Role.OPERATOR).secret)
    for _ in range(2):
        asked = browser.post("/api/v1/session/challenge").json()
        browser.passkey.count = -1  # so that it says 0
        answer = {"credential": browser.passkey.sign(asked)}
        assert browser.post(SESSION, answer).status_code == 200
        assert browser.post(SESSION, answer).status_code == 403


def test_a_challenge_ends_and_is_for_one_purpose(place: Place) -> None:
    browser = place.come_in(Role.ADMINISTRATOR)
    asked = browser.post("/api/v1/session/challenge").json()
    place.clock.move(5 * MINUTE)
    late = browser.post(SESSION, {"credential": browser.passkey.sign(asked)})
    assert late.status_code == 403
    asked = browser.post("/api/v1/session/challenge").json()
    body = {"act": "users:change", "credential": browser.passkey.sign(asked)}
    assert browser.post("/api/v1/session/step-up", body).status_code == 403
    words = {"act": "users:change"}
    asked = browser.post("/api/v1/session/step-up/challenge", words).json()
    body = {"act": "keys:change", "credential": browser.passkey.sign(asked)}
    assert browser.post("/api/v1/session/step-up", body).status_code == 403
    assert place.told()[-1].public == {"user": browser.me["id"], "reason": "second-factor"}


def test_a_step_up_is_for_one_act_to_one_thing(place: Place) -> None:
    browser = place.come_in(Role.APPROVER)
    assert browser.step_up("cases:approve", "theft-17").status_code == 200
    assert browser.me["stepped_up_for"] == "cases:approve theft-17"
    assert browser.step_up("users:change").status_code == 403
    assert browser.step_up("account:see").status_code == 403


def test_nobody_steps_up_with_anothers_passkey(place: Place) -> None:
    ada, bob = place.come_in(Role.ADMINISTRATOR, "Ada"), place.come_in(Role.OPERATOR, "Bob")
    ada.passkey = bob.passkey
    assert ada.step_up("users:change").status_code == 403
    assert ada.me["stepped_up_for"] is None


def test_a_session_is_the_browsers_family_alone(place: Place) -> None:
    browser = place.come_in()
    browser.agent = CHROME
    assert browser.ask("GET", SESSION).status_code == 401


def test_signing_in_again_ends_the_session_of_before(place: Place) -> None:
    browser = place.come_in()
    before = browser.secret
    assert browser.sign_in().status_code == 200
    after = browser.secret
    assert before != after
    browser.cookies.set("fairplate", before, domain="localhost.local", path="/")
    browser.cookies = type(browser.cookies)({"fairplate": before})
    assert browser.ask("GET", SESSION).status_code == 401


def test_a_session_that_somebody_else_chose_is_never_taken_over(place: Place) -> None:
    browser = place.browser()
    browser.cookies = type(browser.cookies)({"fairplate": "A" * 43})
    answer = browser.join(place.deployment.people.invite("Ada", "", Role.OPERATOR).secret)
    assert answer.status_code == 200
    assert "A" * 43 not in answer.headers["set-cookie"]


def test_sessions_are_listed_and_ended(place: Place) -> None:
    browser = place.come_in()
    other = place.browser()
    other.passkey = browser.passkey
    assert other.sign_in().status_code == 200
    listed = browser.ask("GET", "/api/v1/sessions").json()["sessions"]
    assert sorted(one["is_this"] for one in listed) == [False, True]
    elsewhere = next(one["id"] for one in listed if not one["is_this"])
    stranger = place.come_in(Role.AUDITOR, "Bob")
    assert stranger.ask("DELETE", f"/api/v1/sessions/{elsewhere}").status_code == 404
    assert browser.ask("DELETE", f"/api/v1/sessions/{elsewhere}").status_code == 204
    assert other.ask("GET", SESSION).status_code == 401
    assert other.sign_in().status_code == 200
    assert browser.ask("DELETE", "/api/v1/sessions").status_code == 204
    assert other.ask("GET", SESSION).status_code == 401
    assert browser.ask("GET", SESSION).status_code == 200


def test_passkeys_are_added_and_removed_after_a_step_up(place: Place) -> None:
    browser = place.come_in()
    assert browser.post("/api/v1/passkeys/challenge").status_code == 401
    browser.step_up("account:change")
    asked = browser.post("/api/v1/passkeys/challenge").json()
    assert len(asked["publicKey"]["excludeCredentials"]) == 1
    second = SoftPasskey()
    place.clock.move(timedelta(seconds=1))  # passkeys are listed by when they were made
    answer = browser.post("/api/v1/passkeys", {"credential": second.register(asked)})
    assert answer.status_code == 201
    first, last = browser.ask("GET", "/api/v1/passkeys").json()["passkeys"]
    assert last["id"] == answer.json()["id"]
    other = place.browser()
    other.passkey = second
    assert other.sign_in().status_code == 200
    assert other.step_up("account:change").status_code == 200
    assert other.ask("DELETE", f"/api/v1/passkeys/{first['id']}").status_code == 204
    assert browser.ask("GET", SESSION).status_code == 401  # it began with that passkey
    assert other.ask("DELETE", f"/api/v1/passkeys/{last['id']}").status_code == 403


def test_an_administrator_changes_others_and_never_themselves(place: Place) -> None:
    admin, bob = place.come_in(Role.ADMINISTRATOR, "Ada"), place.come_in(Role.OPERATOR, "Bob")
    admin.step_up("users:change")
    mine, his = f"/api/v1/users/{admin.me['id']}", f"/api/v1/users/{bob.me['id']}"
    for method, path in (("PUT", "/role"), ("DELETE", ""), ("POST", "/invite")):
        body = {"role": "approver"} if method == "PUT" else None
        assert admin.ask(method, mine + path, body).status_code == 403
    assert admin.ask("PUT", his + "/role", {"role": "officer"}).status_code == 422
    assert admin.ask("PUT", his + "/role", {"role": "approver"}).status_code == 204
    assert place.told()[-1].actor == admin.me["id"]
    assert bob.ask("GET", SESSION).status_code == 401
    assert bob.sign_in().json()["role"] == "approver"
    assert admin.ask("DELETE", his + "/sessions").status_code == 204
    assert bob.ask("GET", SESSION).status_code == 401
    assert admin.ask("DELETE", his).status_code == 204
    assert bob.sign_in().status_code == 403
    again = admin.ask("POST", his + "/invite").json()["link"].partition("#")[2]
    bob.passkey = SoftPasskey()
    assert bob.join(again).status_code == 200
    states = {
        one["name"]: one["state"] for one in admin.ask("GET", "/api/v1/users").json()["users"]
    }
    assert states == {"Ada": "joined", "Bob": "joined"}
