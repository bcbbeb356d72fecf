"""Too many tries, other sites, and that neither lets anybody lock out somebody else."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.sign_in.conftest import ORIGIN, Place

from fairplate.audit.words import Role
from fairplate.web.sign_in.addresses import UNKNOWN, address_of, block_of
from fairplate.web.sign_in.agents import family_of
from fairplate.web.sign_in.origins import is_from_here
from fairplate.web.sign_in.rate_limits import Buckets

SESSION = "/api/v1/session"


def exhaust(place: Place, address: str, path: str = "/api/v1/session/challenge") -> int:
    """Try until it is too much; return how many tries were let through."""
    stranger = place.browser()
    stranger.address = address
    for number in range(100):
        if stranger.post(path, {"invite": "no"}).status_code == 429:
            return number
    raise AssertionError


def test_who_tries_too_often_must_wait(place: Place) -> None:
    assert 20 <= exhaust(place, "198.51.100.1") <= 22
    stranger = place.browser()
    stranger.address = "198.51.100.1"
    answer = stranger.post("/api/v1/session/challenge")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 3
    stranger.address = "198.51.100.2"
    assert stranger.post("/api/v1/session/challenge").status_code == 200


def test_nobody_is_locked_out_by_others_of_the_same_address(place: Place) -> None:
    browser = place.come_in()
    browser.ask("DELETE", SESSION)
    exhaust(place, browser.address)
    assert browser.sign_in().status_code == 200  # a browser that somebody signed in with before
    browser.cookies.set("fairplate-known", "A" * 64)
    browser.cookies.delete("fairplate")
    made_up = place.browser()
    made_up.cookies.set("fairplate-known", "A" * 64)
    assert made_up.post("/api/v1/session/challenge").status_code == 429


def test_failures_in_somebodys_name_lock_nobody_out(place: Place) -> None:
    browser = place.come_in()
    browser.ask("DELETE", SESSION)
    stranger = place.browser()
    stranger.address = "198.51.100.9"
    stranger.passkey.credential_id = browser.passkey.credential_id
    codes = {stranger.sign_in().status_code for _ in range(10)}
    assert codes == {403}
    elsewhere = place.browser()
    elsewhere.passkey, elsewhere.address = browser.passkey, "203.0.113.5"
    assert elsewhere.sign_in().status_code == 200


def test_strangers_do_not_fill_the_log(place: Place) -> None:
    for number in range(5):
        exhaust(place, f"198.51.100.{number}", "/api/v1/invite/challenge")
    failed = [one for one in place.told() if one.type == "sign-in.failed"]
    assert len(failed) == 60


FROM_ELSEWHERE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": ORIGIN},
    {"sec-fetch-site": "", "origin": "http://evil.example"},
    {"sec-fetch-site": "", "origin": "null"},
    {"sec-fetch-site": "", "origin": "http://localhost:8751"},
    {"sec-fetch-site": "", "origin": ""},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_another_site_changes_nothing(place: Place, headers: dict[str, str]) -> None:
    browser = place.come_in()
    assert browser.ask("DELETE", SESSION, headers=headers).status_code == 403
    for path in ("/api/v1/session/challenge", "/api/v1/invite/challenge"):
        assert browser.ask("POST", path, {"invite": "x"}, headers).status_code == 403
    assert browser.ask("GET", SESSION, headers=headers).status_code == 200


def test_an_old_browser_is_believed_by_its_origin(place: Place) -> None:
    browser = place.come_in()
    headers = {"sec-fetch-site": "", "origin": ORIGIN}
    assert browser.ask("DELETE", SESSION, headers=headers).status_code == 204


def test_behind_a_proxy_its_word_counts(make_place: Callable[..., Place]) -> None:
    place = make_place("[server]\nbehind_proxy = true")
    stranger = place.browser()

    def tries(forwarded: str) -> int:
        for number in range(100):
            headers = {"x-forwarded-for": forwarded.format(number)}
            path = "/api/v1/session/challenge"
            if stranger.ask("POST", path, headers=headers).status_code == 429:
                return number
        return 100

    assert tries("10.0.0.{}, 203.0.113.1") <= 22  # what is before the last is anybody's
    assert tries("203.0.113.2") <= 22
    assert tries("203.0.112.{}") == 100


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind_proxy", "found"),
    [
        ("192.0.2.1", [], False, "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.1"], False, "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.1"], True, "203.0.113.1"),
        ("192.0.2.1", ["203.0.113.1, 203.0.113.2"], True, "203.0.113.2"),
        ("192.0.2.1", ["203.0.113.1", "203.0.113.3"], True, "203.0.113.3"),
        ("192.0.2.1", ["203.0.113.1, rubbish"], True, "192.0.2.1"),
        ("192.0.2.1", [""], True, "192.0.2.1"),
        ("192.0.2.1", ["[2001:db8::1]"], True, "2001:db8::1"),
        ("::ffff:192.0.2.9", [], False, "192.0.2.9"),
        ("fe80::1%eth0", [], False, "fe80::1"),
        (None, [], False, UNKNOWN),
        ("a path", [], False, UNKNOWN),
    ],
)
def test_where_a_request_comes_from(
    peer: str | None,
    forwarded: list[str],
    behind_proxy: bool,  # noqa: FBT001
    found: str,
) -> None:
    assert address_of(peer, forwarded, behind_proxy=behind_proxy) == found


@given(st.one_of(st.none(), st.text()), st.lists(st.text()), st.booleans())
def test_no_header_breaks_it(peer: str | None, forwarded: list[str], proxy: bool) -> None:  # noqa: FBT001
    found = address_of(peer, forwarded, behind_proxy=proxy)
    assert len(found) <= 39
    assert block_of(found)


def test_of_ipv6_a_line_is_counted_as_one() -> None:
    assert block_of("2001:db8::1") == block_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert block_of("2001:db8:0:1::1") != block_of("2001:db8::1")
    assert block_of("192.0.2.1") == "192.0.2.1"
    assert block_of(UNKNOWN) == UNKNOWN


def test_buckets_fill_and_are_bounded() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0], burst=2, every_s=10.0, most=3)
    assert [buckets.take("a") for _ in range(3)] == [None, None, 10.0]
    now[0] = 5.0
    assert buckets.take("a") == pytest.approx(5.0)
    now[0] = 10.0
    assert buckets.take("a") is None
    now[0] = 1000.0
    assert [buckets.take("a") for _ in range(3)] == [None, None, 10.0]
    for key in "bcd":
        buckets.take(key)
    assert buckets.take("a") is None  # forgotten, and so full again
    assert len(buckets._kept) == 3


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_may_come_from_anywhere(method: str) -> None:
    assert is_from_here(method, {"sec-fetch-site": "cross-site"}, ORIGIN, with_cookie=True)


def test_without_a_cookie_no_header_is_needed() -> None:
    assert is_from_here("POST", {}, ORIGIN, with_cookie=False)
    assert not is_from_here("POST", {"origin": "http://x"}, ORIGIN, with_cookie=False)


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/1 Safari/1 Edg/1", "edge windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17 Safari/605", "safari mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17) CriOS/120 Mobile Safari/604", "chrome ios"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile Safari/537", "chrome android"),
        ("curl/8", "other other"),
        ("", "other other"),
    ],
)
def test_families(agent: str, family: str) -> None:
    assert family_of(agent) == family


def test_the_headers_of_every_answer(place: Place) -> None:
    browser = place.come_in(Role.AUDITOR)
    answer = browser.ask("GET", SESSION)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
