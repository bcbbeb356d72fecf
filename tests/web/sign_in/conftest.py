"""A whole deployment behind its application, with a clock of its own, and browsers before it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from tests.deployments import make_deployment
from tests.web.sign_in.soft_passkey import SoftPasskey
from tests.worlds import SetClock

from fairplate.audit.events import ParsedEvent, read_event
from fairplate.audit.words import Role
from fairplate.storage.schema import events
from fairplate.web.app import create_app
from fairplate.web.intake_line import IntakeLine
from fairplate.web.parts import gather_parts
from fairplate.wiring import Deployment, opened_deployment

ORIGIN = "http://localhost:8750"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@dataclass
class Place:
    """The application and what is behind it."""

    deployment: Deployment
    app: FastAPI
    clock: SetClock
    portal: BlockingPortal

    def browser(self, agent: str = FIREFOX) -> "Browser":
        return Browser(self, agent)

    def come_in(self, role: Role = Role.OPERATOR, name: str = "Ada Ranger") -> "Browser":
        """Invite somebody and let them come in, as the invitation's page does."""
        secret = self.deployment.people.invite(name, "", role).secret
        browser = self.browser()
        browser.join(secret).raise_for_status()
        return browser

    def told(self) -> list[ParsedEvent]:
        """Return the events about people."""
        with self.deployment.database.reading() as connection:
            rows = connection.execute(events.select().order_by(events.c.id)).all()
        parsed = [read_event(row.body) for row in rows]
        return [one for one in parsed if one.type.startswith(("user.", "sign-in."))]


@dataclass
class Browser:
    """One browser: its cookies, what it says of itself, and one passkey."""

    place: Place
    agent: str
    passkey: SoftPasskey = field(default_factory=SoftPasskey)
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    address: str = "192.0.2.7"
    more: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send one request as our own pages would, unless `headers` say otherwise."""
        told = {"user-agent": self.agent, "sec-fetch-site": "same-origin", **(headers or {})}
        sent = {name: value for name, value in told.items() if value}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.place.app, client=(self.address, 1))
            async with httpx.AsyncClient(
                transport=transport, base_url=ORIGIN, cookies=self.cookies
            ) as client:
                response = await client.request(method, path, json=json, headers=sent)
                self.cookies = client.cookies
                return response

        return self.place.portal.call(send)

    def post(self, path: str, json: Any = None) -> httpx.Response:
        return self.ask("POST", path, json)

    def join(self, invite: str) -> httpx.Response:
        asked = self.post("/api/v1/invite/challenge", {"invite": invite})
        if asked.is_error:
            return asked
        credential = self.passkey.register(asked.json())
        return self.post("/api/v1/invite", {"invite": invite, "credential": credential})

    def sign_in(self) -> httpx.Response:
        asked = self.post("/api/v1/session/challenge")
        return self.post("/api/v1/session", {"credential": self.passkey.sign(asked.json())})

    def step_up(self, act: str, of: str | None = None) -> httpx.Response:
        words = {"act": act, "of": of}
        asked = self.post("/api/v1/session/step-up/challenge", words)
        if asked.is_error:
            return asked
        answer = self.passkey.sign(asked.json())
        return self.post("/api/v1/session/step-up", {**words, "credential": answer})

    @property
    def me(self) -> dict[str, Any]:
        answer = self.ask("GET", "/api/v1/session").raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    @property
    def secret(self) -> str:
        return str(self.cookies["fairplate"])


@pytest.fixture
def make_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Return what makes a place, with more settings if asked."""
    opened = ExitStack()
    number = count()

    def make(more: str = "") -> Place:
        clock = SetClock()
        folder = make_deployment(request, "sqlite", tmp_path / f"data-{next(number)}", at=clock.now)
        with (folder / "fairplate.toml").open("a", encoding="utf-8") as stream:
            stream.write(f"\n{more}\n")
        context = opened_deployment(folder, actor="system", clock=clock, random_bytes=os.urandom)
        deployment = opened.enter_context(context)
        portal = opened.enter_context(start_blocking_portal())
        return Place(deployment, make_app(deployment), clock, portal)

    with opened:
        yield make


def make_app(deployment: Deployment) -> FastAPI:
    lists = deployment.alerting.live_lists()
    line = IntakeLine(
        deployment.intake(deployment.alerting.desk(lists, wake=lambda: None)), lambda _: None
    )
    return create_app(gather_parts(deployment, line, lambda *_: None))


@pytest.fixture
def place(make_place: Callable[..., Place]) -> Place:
    return make_place()
