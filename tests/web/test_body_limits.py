"""How much a request may send and how long it may take, and what becomes of faults."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI, Request

from fairplate.web.body_limits import BodyLimits
from fairplate.web.metrics import Metrics
from fairplate.web.problems import add_problem_handlers
from fairplate.web.request_log import RequestLog

PLATE = "TEST123"
MOST = 1_000


def make_app() -> FastAPI:
    app = FastAPI()
    add_problem_handlers(app)

    @app.post("/take")
    async def take(request: Request) -> int:
        return len(await request.body())

    @app.get("/fault")
    async def fault() -> None:
        raise ValueError(PLATE)

    app.add_middleware(BodyLimits, most_bytes=MOST, most_s=0.2)
    app.add_middleware(RequestLog, metrics=Metrics())
    return app


def ask(method: str, path: str, **more: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(make_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
            return await client.request(method, path, **more)

    # In a thread of its own: another test's browser keeps a loop running in this one.
    with start_blocking_portal() as portal:
        return portal.call(run)


async def chunks(number: int, size: int, pause_s: float = 0) -> AsyncIterator[bytes]:
    for _ in range(number):
        await asyncio.sleep(pause_s)
        yield b"x" * size


def test_a_body_up_to_the_limit_is_taken() -> None:
    assert ask("POST", "/take", content=b"x" * MOST).json() == MOST
    assert ask("POST", "/take", content=chunks(10, MOST // 10)).json() == MOST


def test_a_larger_one_is_refused_by_its_header() -> None:
    headers = {"Content-Length": "1000000000"}
    answer = ask("POST", "/take", content=chunks(1, 1), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_larger_one_without_a_length_is_refused_once_it_is_past_the_limit() -> None:
    assert ask("POST", "/take", content=chunks(11, MOST // 10)).status_code == 413


def test_one_that_trickles_in_is_given_up() -> None:
    assert ask("POST", "/take", content=chunks(100, 1, pause_s=0.05)).status_code == 408


def test_a_fault_is_answered_and_told_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask("GET", "/fault")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert PLATE not in answer.text
    written = capsys.readouterr()
    assert "ValueError" in written.out
    assert PLATE not in written.out + written.err
