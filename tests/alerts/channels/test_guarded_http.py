"""What is posted, what is refused before anything is sent, and what an answer means."""

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.channels.certificates import Certificates
from tests.alerts.channels.http_receiver import Receiver

from fairplate.alerts import guarded_connection, guarded_http
from fairplate.alerts.channel import DeliveryError
from fairplate.alerts.guarded_connection import is_public
from fairplate.alerts.guarded_http import LONGEST_WAIT, GuardedHttp, require_url
from fairplate.core.errors import InputError

TLS = ssl.create_default_context()
OPEN = GuardedHttp("the server", True, TLS)  # noqa: FBT003
GUARDED = GuardedHttp("the server", False, TLS)  # noqa: FBT003
SAMPLE = (b"body", {"X-Sample": "1"})


def refused(http: GuardedHttp, url: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        http.post(url, *SAMPLE)
    assert "127.0.0.1" not in str(caught.value)
    assert str(caught.value).startswith("the server ")
    return caught.value


def port_of(receiver: Receiver) -> str:
    return receiver.url.rpartition(":")[2]


def test_what_arrives(receiver: Receiver) -> None:
    OPEN.post(f"{receiver.url}/a/b?c=d", *SAMPLE)
    OPEN.post(receiver.url, *SAMPLE)
    assert [one.path for one in receiver.posted] == ["/a/b?c=d", "/"]
    assert receiver.posted[0].body == b"body"
    assert receiver.posted[0].headers["x-sample"] == "1"
    assert receiver.posted[0].headers["host"] == f"127.0.0.1:{port_of(receiver)}"


# Every way to write this machine's address that the system's resolver understands.
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "[::1]", "127.9.9.9",  # noqa: S104
     "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_this_machine_is_refused_however_it_is_named(
    receiver: Receiver, certificates: Certificates, host: str
) -> None:
    trusting = GuardedHttp("the server", False, ssl.create_default_context(cafile=certificates.ca_file))  # noqa: E501, FBT003  # fmt: skip
    error = refused(trusting, f"https://{host}:{port_of(receiver)}/")
    assert "private network" in str(error)
    assert not error.retryable
    assert receiver.posted == []


def test_a_name_that_leads_here_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The name service is the world's, not ours: it is told to answer as a hostile one would.
    def answer(_host: str, port: int, **_more: object) -> list[object]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("203.0.113.5", port)), (*kind, ("127.0.0.1", port))]

    monkeypatch.setattr(guarded_connection.socket, "getaddrinfo", answer)
    error = refused(GUARDED, f"https://hooks.example.org:{port_of(receiver)}/")
    assert "private network" in str(error)
    assert receiver.posted == []


def test_the_address_that_was_checked_is_the_one_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(host: str, port: int, **_more: object) -> list[object]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(guarded_connection.socket, "getaddrinfo", answer)
    OPEN.post(f"http://rebinding.example.org:{port_of(receiver)}/", *SAMPLE)
    assert asked == ["rebinding.example.org"]
    assert receiver.posted[0].headers["host"].startswith("rebinding.example.org:")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.status = status
    receiver.headers["Location"] = f"{receiver.url}/latest/meta-data/"
    error = refused(OPEN, f"{receiver.url}/hook")
    assert f"answered {status}, a redirect" in str(error)
    assert not error.retryable
    assert [one.path for one in receiver.posted] == ["/hook"]
    assert receiver.got == []


@pytest.mark.parametrize("status", range(200, 600))
def test_what_a_status_means(status: int) -> None:
    gone = frozenset({410})
    if status < 300:
        guarded_http._judge("the server", status, None, gone)
        return
    with pytest.raises(DeliveryError) as caught:
        guarded_http._judge("the server", status, timedelta(seconds=9), gone)
    error = caught.value
    assert error.retryable == (status >= 500 or status in {408, 425, 429})
    assert error.gone == (status == 410)
    assert error.retry_after == (timedelta(seconds=9) if error.retryable else None)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("", None), ("soon", None), ("-1", None), ("٣", None),
        ("0", timedelta(0)), (" 120 ", timedelta(minutes=2)),
        ("3600", LONGEST_WAIT), ("3601", LONGEST_WAIT), ("9" * 5000, LONGEST_WAIT),
    ],
)  # fmt: skip
def test_retry_after_in_seconds(receiver: Receiver, asked: str, wait: timedelta | None) -> None:
    receiver.status = 503
    receiver.headers["Retry-After"] = asked if asked.isascii() else "x"
    assert refused(OPEN, receiver.url).retry_after == wait
    assert guarded_http._wait(asked, datetime.now(UTC)) == wait


def test_retry_after_as_a_date() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for ahead, wait in ((5, timedelta(minutes=5)), (-5, timedelta(0)), (600, LONGEST_WAIT)):
        asked = format_datetime(now + timedelta(minutes=ahead), usegmt=True)
        assert guarded_http._wait(asked, now) == wait
        assert guarded_http._wait(asked.replace("GMT", "-0000"), now) == wait


@given(st.text(max_size=40))
def test_no_retry_after_breaks_anything(asked: str) -> None:
    wait = guarded_http._wait(asked, datetime(2026, 11, 23, tzinfo=UTC))
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


def test_a_certificate_of_a_stranger_is_refused(tls_receiver: Receiver) -> None:
    error = refused(OPEN, tls_receiver.url)
    assert "no valid TLS certificate" in str(error)
    assert error.retryable
    assert tls_receiver.posted == []


def test_a_certificate_for_another_name_is_refused(
    tls_receiver: Receiver, certificates: Certificates
) -> None:
    trusting = GuardedHttp("the server", True, ssl.create_default_context(cafile=certificates.ca_file))  # noqa: E501, FBT003  # fmt: skip
    trusting.post(tls_receiver.url, *SAMPLE)
    trusting.post(tls_receiver.url.replace("127.0.0.1", "localhost"), *SAMPLE)
    refused(trusting, tls_receiver.url.replace("127.0.0.1", "127.0.0.2"))
    assert len(tls_receiver.posted) == 2


def test_plain_http_needs_the_option(receiver: Receiver) -> None:
    error = refused(GUARDED, receiver.url)
    assert "no https:// address" in str(error)
    assert not error.retryable


@contextlib.contextmanager
def _server(*pieces: bytes, pause_s: float) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def speak() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            while not connection.recv(1 << 16).endswith(SAMPLE[0]):
                pass
            for piece in pieces:
                connection.sendall(piece)
                if done.wait(pause_s):
                    return

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        done.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([b""], "did not answer in time"),
        ([b"HTTP/1.1 200 OK\r\nX: "] + [b"x"] * 5000, "did not answer in time"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n"] * 5000, "did not answer in time"),
    ],
)
def test_no_server_keeps_us_waiting(
    pieces: list[bytes], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_http, "TIMEOUT_S", 0.3)
    begun = time.monotonic()
    with _server(*pieces, pause_s=0.01 if len(pieces) > 1 else 30) as url:
        error = refused(OPEN, url)
    assert said in str(error)
    assert error.retryable
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("piece", [b"220 mail.example.org\r\n", b"\0" * 100, b"HTTP/1.1 abc\r\n"])
def test_another_protocol_is_told(piece: bytes) -> None:
    with _server(piece, pause_s=0) as url:
        error = refused(OPEN, url)
    assert "something else than its protocol" in str(error)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(guarded_http, "TIMEOUT_S", 0.1)

    def hang(*_: object, **__: object) -> list[object]:
        done.wait(30)
        return []

    monkeypatch.setattr(guarded_connection.socket, "getaddrinfo", hang)
    error = refused(OPEN, "http://slow.example.org/")
    done.set()
    assert "did not answer in time" in str(error)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64 + ".example", "a..b"])
def test_a_name_without_address_is_temporary(host: str) -> None:
    error = refused(OPEN, f"http://{host}/")
    assert error.retryable
    assert host not in str(error)


@pytest.mark.parametrize(
    "address",
    """0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 168.63.129.16 169.254.169.254
    172.16.0.1 192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1 203.0.113.1 224.0.0.1 240.0.0.1
    255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1
    64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:c0a8:101::1 2001:db8::1 fc00::1
    fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1""".split(),
)
def test_addresses_that_are_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", "8.8.8.8 1.1.1.1 2606:4700::1111 64:ff9b::808:808 ::ffff:8.8.8.8".split()
)
def test_addresses_that_are_not(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_every_wrapping(ip: ipaddress.IPv4Address) -> None:
    number = int(ip)
    for wrapped in (0xFFFF << 32 | number, 0x64FF9B << 96 | number):
        assert is_public(str(ipaddress.IPv6Address(wrapped))) == is_public(str(ip))


@pytest.mark.parametrize(
    "text",
    ["", "example.org", "ftp://example.org/", "https://", "https:///x", "https://user@example.org/",
     "https://user:secret@example.org/", "https://[::1", "https://example.org:x/",
     "https://example.org:0/", "https://example.org:99999/", "https://example.org/ x",
     "https://example.org/\r\nHost: x", "https://exämple.org/", "https://example.org\\@127.0.0.1/",
     "https://example.org/#x", "https://example.org/" + "x" * 2048, "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_url_to_post_to(text: str) -> None:
    with pytest.raises(InputError) as caught:
        require_url("subscriber 3", text)
    assert "secret" not in str(caught.value)
    assert str(caught.value).startswith("subscriber 3: address: expected ")


@given(st.text(max_size=60))
def test_no_text_breaks_the_check(text: str) -> None:
    for given_text in (text, f"https://{text}"):
        with contextlib.suppress(InputError):
            assert require_url("x", given_text) == given_text
