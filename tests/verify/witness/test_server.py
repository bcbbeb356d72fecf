"""A witness as its own process, spoken to over HTTP: every status, and every limit."""

import contextlib
import http.client
import io
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verify.witness.memory_log import (
    LOG_KEY,
    NOW_S,
    ORIGIN,
    STRANGE_KEY,
    WITNESS_KEY,
    MemoryLog,
)
from tests.verify.witness.served import (
    WitnessProcess,
    ask,
    ask_first,
    make_folder,
    run_witness,
    serve_here,
)

from fairplate.verify.notes import KeyType, SigningKey, parse_note, parse_signatures
from fairplate.verify.witness.cosigner import Cosigner
from fairplate.verify.witness.records import month_of
from fairplate.verify.witness.server import WitnessServer
from fairplate.verify.witness.submissions import (
    MAX_SUBMISSION_BYTES,
    PATH,
    SIZE_TYPE,
    Submission,
)

LOG = MemoryLog()
OTHER_KEYS = [
    SigningKey(f"other.example/log/{i}", KeyType.NOTE, bytes([i] * 32)) for i in range(1, 9)
]
Address = tuple[str, int]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    folder = tmp_path_factory.mktemp("served") / "witness"
    make_folder(folder, LOG_KEY.verifier, *(key.verifier for key in OTHER_KEYS))
    with run_witness(folder) as started:
        yield started


@pytest.fixture
def address(process: WitnessProcess) -> Address:
    return process.address


@pytest.fixture
def log() -> MemoryLog:
    """Return a log that nothing was signed of yet."""
    return MemoryLog(key=_FRESH.pop())


_FRESH = list(OTHER_KEYS)


def talk(address: Address, data: bytes) -> bytes:
    """Send `data`, and return all that comes until the other side closes."""
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as file, contextlib.suppress(ConnectionResetError):
            return file.read()
    return b""


def test_it_signs_what_continues(process: WitnessProcess, log: MemoryLog) -> None:
    assert process.key == str(WITNESS_KEY.verifier)
    for old, size in ((0, 2), (2, 2), (2, 9)):
        answered = ask(process.address, log.submit(old, size))
        assert answered.status == 200
        [signature] = parse_signatures(answered.body.decode())
        assert signature.holds(WITNESS_KEY.verifier, log.note(size).text)
        first = parse_note(
            ask_first(process.address, month_of(signature.time_s), log.key.name).body
        )
        assert first.text == log.note(2).text


def test_each_refusal_has_its_status(address: Address, log: MemoryLog) -> None:
    assert ask(address, log.submit(0, 5)).status == 200
    unsigned, note = Submission(5, (), LOG.note(5, (STRANGE_KEY,))), log.note(6)
    unknown = MemoryLog(key=SigningKey("unknown", KeyType.NOTE, bytes(32)))
    forked = MemoryLog(3, log.key)
    cases: list[tuple[Submission | bytes, int]] = [
        (b"", 400),
        (b"old 5\n\nhello", 400),
        (Submission(7, (), note), 400),
        (unsigned, 403),
        (unknown.submit(0, 3), 404),
        (log.submit(0, 6), 409),
        (forked.submit(5, 5), 409),
        (forked.submit(5, 6), 422),
        (Submission(5, (), note), 422),
        (Submission(5, (*log.prove(5, 6), bytes(32)), note), 422),
        (b"x" * (MAX_SUBMISSION_BYTES + 1), 413),
    ]
    for body, status in cases:
        answered = ask(address, body)
        assert answered.status == status
        assert answered.type == (SIZE_TYPE if status == 409 else "text/plain; charset=utf-8")
        assert b"<" not in answered.body
        assert status != 409 or answered.body == b"5\n"
    assert ask(address, log.submit(5, 6)).status == 200


def test_only_two_paths_are_there(address: Address) -> None:
    for path in (
        "/",
        "/key",
        "/logs",
        "/../key",
        "/first/",
        "/first/2026-11",
        "/first/2026-11/../..",
        "/add-checkpoint",
    ):
        assert ask(address, b"", path=path, method="GET").status == 404
    for path in ("/", "/add-checkpoint/", "/x/add-checkpoint", "//add-checkpoint?x"):
        assert ask(address, b"", path=path).status == 404
    for method in ("PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT"):
        answered = ask(address, b"", path=PATH, method=method)
        assert (answered.status, b"<" in answered.body) == (501, False)


def test_a_slash_in_an_origin_may_arrive_decoded(address: Address, log: MemoryLog) -> None:
    [signature] = parse_signatures(ask(address, log.submit(0, 3)).body.decode())
    path = f"/first/{month_of(signature.time_s)}/{log.key.name}"
    assert ask(address, b"", path=path, method="GET").status == 200


def test_a_connection_serves_several_requests(address: Address, log: MemoryLog) -> None:
    connection = http.client.HTTPConnection(*address, timeout=30)
    with contextlib.closing(connection):
        for old, size, status in ((0, 3, 200), (0, 3, 409), (3, 4, 200)):
            connection.request("POST", PATH, log.submit(old, size).data)
            sock = connection.sock
            response = connection.getresponse()
            response.read()
            assert (response.status, connection.sock) == (status, sock)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", 411),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 411),
        (b"Transfer-Encoding: chunked\r\n", 411),
        (b"", 411),
        (b"Content-Length: +3\r\n", 400),
        (b"Content-Length: -1\r\n", 400),
        (b"Content-Length: 3_0\r\n", 400),
        (b"Content-Length: 99\r\n", 400),
        (b"Content-Length: 9999999999999\r\n", 413),
        (b"X: y\r\n" * 200, 431),
        (b"X: " + b"y" * 70_000 + b"\r\n", 431),
    ],
)
def test_a_body_of_doubtful_length_ends_the_connection(
    address: Address, head: bytes, status: int
) -> None:
    request = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n" + head + b"\r\n"
    answered = talk(address, request + b"abc" + b"GET /first/ HTTP/1.1\r\nHost: w\r\n\r\n")
    assert answered.startswith(f"HTTP/1.1 {status} ".encode())
    assert answered.count(b"HTTP/1.1 ") == 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=99).map(b"POST /add-checkpoint HTTP/1.1\r\n".__add__),
    )
)
def test_any_bytes_are_answered_or_dropped(address: Address, data: bytes) -> None:
    answered = talk(address, data)
    assert b"Traceback" not in answered
    assert b" 200 " not in answered.partition(b"\r\n")[0]


def test_after_all_that_it_still_signs_and_told_a_line_for_each(process: WitnessProcess) -> None:
    assert ask(process.address, LOG.submit(0, 1)).status == 200
    lines = process.errors.read_text().splitlines()
    assert any(line.endswith(f"Z 200 POST {ORIGIN} 0..1: signed") for line in lines)
    assert all(line.isascii() and line.isprintable() for line in lines)


def make_server(folder: Path, **limits: float) -> WitnessServer:
    cosigner = Cosigner(make_folder(folder), WITNESS_KEY, lambda: NOW_S)
    seconds, most = limits.get("request_s", 30.0), int(limits.get("connections", 8))
    return WitnessServer(
        ("127.0.0.1", 0),
        cosigner,
        lambda: NOW_S,
        io.StringIO(),
        request_s=seconds,
        connections=most,
    )


@pytest.mark.parametrize(
    "start", [b"", b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 99\r\n\r\n"]
)
def test_who_sends_too_slowly_is_dropped(tmp_path: Path, start: bytes) -> None:
    with serve_here(make_server(tmp_path / "w", request_s=0.3)) as server:
        with socket.create_connection(server.server_address[:2], timeout=30) as connection:
            connection.sendall(start)
            connection.settimeout(0.02)
            while True:  # until it closes
                try:
                    connection.send(b"x")
                    if connection.recv(100) == b"":
                        break
                except TimeoutError:
                    pass
                except ConnectionError:
                    break
        assert ask(server.server_address[:2], LOG.submit(0, 3)).status == 200


def test_more_connections_than_there_is_room_for_are_sent_away(tmp_path: Path) -> None:
    with serve_here(make_server(tmp_path / "w", connections=2)) as server:
        address = server.server_address[:2]
        with contextlib.ExitStack() as stack:
            for _ in range(2):
                held = http.client.HTTPConnection(*address, timeout=30)
                stack.enter_context(contextlib.closing(held))
                held.request("GET", "/first/")
                held.getresponse().read()
            assert talk(address, b"").startswith(b"HTTP/1.1 503 ")
        for _ in range(200):  # until the two threads have seen the end
            with contextlib.suppress(ConnectionError):
                if ask(address, LOG.submit(0, 3)).status in {200, 409}:
                    return
        pytest.fail("there was never room again")


def test_it_listens_on_ipv6(tmp_path: Path) -> None:
    cosigner = Cosigner(make_folder(tmp_path / "w"), WITNESS_KEY, lambda: NOW_S)
    with serve_here(WitnessServer(("::1", 0), cosigner, lambda: NOW_S, io.StringIO())) as server:
        assert server.url.startswith("http://[::1]:")
        assert ask(("::1", server.server_port), LOG.submit(0, 3)).status == 200
