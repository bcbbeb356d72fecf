"""The client, against a real server and against answers that no Fairplate server gives."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.deployments import ACTOR, make_deployment, now

from fairplate.client import MOST_READS, Client, SentRead, ServerError
from fairplate.core.errors import InputError
from fairplate.web.listening import Listening
from fairplate.web.serving import serve
from fairplate.wiring import opened_deployment

ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
HERE = "http://127.0.0.1:1"


@pytest.fixture
def server(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """Run a server in this process; yield its URL and a reader's key."""
    folder = make_deployment(request, database_kind, tmp_path / "data")
    stop, up, urls = threading.Event(), threading.Event(), list[str]()

    def started(url: str) -> None:
        urls.append(url)
        up.set()

    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.enrol_reader("gate", "Gate")
        key = deployment.make_access_key("gate", keep_old=False)
        ended: list[bool] = []

        def run() -> None:
            ended.append(serve(deployment, Listening(port=0), stop.is_set, started))

        runner = threading.Thread(target=run)
        runner.start()
        assert up.wait(60)
        yield urls[0], key
        stop.set()
        runner.join(60)
    assert ended == [True]


def read(read_id: str, **more: object) -> SentRead:
    values = {"captured_at": now(), "plate": "TEST123", "confidence": 0.98, **more}
    return SentRead(id=read_id, **values)  # type: ignore[arg-type]


@ONCE
def test_reads_are_sent_and_figures_told(server: tuple[str, str]) -> None:
    url, key = server
    with Client(url, key) as client:
        assert client.is_ready()
        one = read("1")
        assert client.send_reads([one, read("2")]) == {"1": "taken", "2": "taken"}
        assert client.send_reads([one]) == {"1": "duplicate"}
        assert client.transparency()["figures"]["readers"] == 1
        with pytest.raises(ServerError, match="422") as caught:
            client.send_reads([read("3", plate="no plate")])
        assert not caught.value.retryable
        assert "no plate" not in str(caught.value)
    with Client(url, "fpr1_wrong") as client, pytest.raises(ServerError, match="401"):
        client.send_reads([read("4")])


def test_nobody_there_is_worth_another_try() -> None:
    with Client(HERE) as client, pytest.raises(ServerError) as caught:
        client.is_ready()
    assert caught.value.retryable
    assert caught.value.status is None


@pytest.mark.parametrize(
    "url", ["http://plates.example", "ftp://127.0.0.1", "plates.example", "", "http://127.0.0.1.a"]
)
def test_a_key_goes_over_no_network_in_clear(url: str) -> None:
    with pytest.raises(InputError, match="url"):
        Client(url, "key")


@pytest.mark.parametrize("number", [0, MOST_READS + 1])
def test_no_batch_is_empty_or_too_large(number: int) -> None:
    with Client(HERE) as client, pytest.raises(InputError, match="reads"):
        client.send_reads([read("1")] * number)


def test_a_time_without_its_zone_is_refused() -> None:
    naive = datetime(2026, 11, 24, 8, tzinfo=UTC).replace(tzinfo=None)
    with Client(HERE) as client, pytest.raises(InputError, match="captured_at"):
        client.send_reads([read("1", captured_at=naive)])


@pytest.mark.parametrize(
    ("status", "content", "retryable"),
    [
        (200, b"<html>", False),
        (200, b"[]", False),
        (200, b"[" * 100_000, False),
        (200, b"{}" * (9 << 20), False),
        (301, b"", False),
        (500, b"oops", False),
        (503, b'{"detail": "later"}', True),
        (429, b"", True),
    ],
)
def test_other_answers_are_errors(status: int, content: bytes, *, retryable: bool) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        headers = {"Location": "https://other.example/"}
        return httpx.Response(status, content=content, headers=headers)

    transport = httpx.MockTransport(answer)
    with Client("https://plates.example", "key", transport=transport) as client:
        with pytest.raises(ServerError) as caught:
            client.transparency()
        assert caught.value.retryable is retryable
    assert [str(one.url.host) for one in asked] == ["plates.example"]
