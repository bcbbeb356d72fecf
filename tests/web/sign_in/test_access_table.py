"""The table of routes: none is missing, and each is tried as everybody."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route
from tests.web.sign_in.conftest import Browser, Place

from fairplate.audit.words import Role
from fairplate.deployment.roles import ACTS, STEP_UP
from fairplate.web.access_table import ACCESS, Access, Kind
from fairplate.web.app import ROUTERS

ROLES = list(ACTS)


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route, also of routers within."""

    def walk(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
        for route in routes:
            inner: Any = getattr(route, "original_router", None)
            if inner is not None:
                yield from walk(inner.routes)
            elif isinstance(route, APIRoute | Route):
                for method in sorted(route.methods or ()):
                    if method != "HEAD":
                        yield method, route.path
            else:
                raise TypeError(type(route))

    return walk(list(app.routes))


def test_every_route_is_in_the_table_and_nothing_else(place: Place) -> None:
    assert sorted(routes_of(place.app)) == sorted(ACCESS)


def test_what_is_no_api_route_is_for_anybody(place: Place) -> None:
    """Such routes run no dependencies, so the table cannot hold them to anything."""
    bare = [one.path for one in place.app.routes if type(one) is Route]
    assert bare == ["/api/v1/openapi.json"]
    assert all(type(one) is APIRoute for router in ROUTERS for one in router.routes)


def test_a_route_that_is_not_in_the_table_is_refused_to_everybody(place: Place) -> None:
    @place.app.get("/api/v1/forgotten")
    async def forgotten() -> str:
        return "all"

    for browser in (place.browser(), place.come_in(Role.ADMINISTRATOR)):
        assert browser.ask("GET", "/api/v1/forgotten").status_code == 403


def concrete(path: str) -> str:
    path = path.replace("{vendor}", "frigate").replace("{reader}", "gate")
    return re.sub(r"\{[a-z_]+(:path)?\}", "0", path)


def is_let_in(browser: Browser, method: str, path: str) -> int | None:
    """Ask without a body; return why it was not let in, None if it was."""
    code = browser.ask(method, concrete(path), headers=browser.more).status_code
    return code if code in {401, 403, 429} else None


@pytest.fixture
def personas(place: Place) -> dict[str, Browser]:
    """Return everybody who may ask; the roles have not stepped up."""
    place.deployment.enrol_reader("gate", "Gate")
    camera = place.browser()
    key = place.deployment.make_access_key("gate", keep_old=False)
    camera.more["authorization"] = f"Bearer {key}"
    gone = place.come_in(Role.ADMINISTRATOR, "gone")
    place.clock.move(timedelta(minutes=31))
    made_up = place.browser()
    made_up.cookies.set("fairplate", "A" * 43)
    return {
        "outsider": place.browser(),
        "camera": camera,
        "over": gone,
        "made up": made_up,
        **{role.value: place.come_in(role, role.value) for role in ROLES},
    }


def expected(access: Access, who: str) -> int | None:
    if access.kind in (Kind.ANYBODY, Kind.COMING_IN):
        return None
    if access.kind is Kind.READER:
        return None if who == "camera" else 401
    if who not in {role.value for role in ROLES}:
        return 401
    if access.act not in ACTS[Role(who)]:
        return 403
    return 401 if access.act in STEP_UP and access.needs_step_up else None


LAST = ("DELETE", "/api/v1/session")
"""It ends the sessions that the others are tried with."""


def test_every_route_as_everybody(place: Place, personas: dict[str, Browser]) -> None:
    ordered = sorted(ACCESS, key=lambda one: one == LAST)
    for method, path in ordered:
        access = ACCESS[method, path]
        for who, browser in personas.items():
            browser.address = f"192.0.2.{len(path) + 100}"
            place.app.state.sign_in.attempts._kept.clear()
            if access.kind is Kind.READER and who != "camera":
                code = browser.ask(method, path, {"reads": [READ]}).status_code
                assert code == 401, (method, path, who)
                continue
            found = is_let_in(browser, method, path)
            if access.kind is Kind.COMING_IN and found == 403:
                found = None  # refused by the route itself: there is no invite 0
            assert found == expected(access, who), (method, path, who)


READ = {"id": "1", "captured_at": "2026-11-23T12:00:00Z", "plate": "AB12CDE", "confidence": 0.9}


@pytest.mark.parametrize("role", ROLES)
def test_what_needs_a_step_up_is_open_after_it(place: Place, role: Role) -> None:
    browser = place.come_in(role)
    for (method, path), access in ACCESS.items():
        if access.act not in STEP_UP or not access.needs_step_up:
            continue
        place.app.state.sign_in.attempts._kept.clear()
        assert access.act is not None
        stepped_up = browser.step_up(access.act.value, "0" if access.of else None).status_code
        assert (stepped_up == 200) is (access.act in ACTS[role])
        # Nobody of the id 0 is there, and no body was sent: what is let in ends in 4xx or 2xx.
        found = is_let_in(browser, method, path)
        assert (found is None) is (access.act in ACTS[role]), (method, path)


@pytest.mark.parametrize("role", ROLES)
def test_a_step_up_for_one_act_opens_no_other(place: Place, role: Role) -> None:
    browser = place.come_in(role)
    browser.step_up("account:change")
    for (method, path), access in ACCESS.items():
        if access.act in STEP_UP and access.act != "account:change":
            assert is_let_in(browser, method, path) in {401, 403}
