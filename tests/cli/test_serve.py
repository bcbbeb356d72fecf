"""`fairplate serve` as a process of its own: it listens, takes reads, and ends in order."""

import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.deployments import ACTOR, make_deployment
from tests.web.served import a_read

from fairplate.settings import FILE_NAME
from fairplate.storage.schema import counts
from fairplate.wiring import opened_deployment

COMMAND = [sys.executable, "-m", "fairplate", "serve", "--data"]
ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def folder(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Path:
    return make_deployment(request, database_kind, tmp_path / "data")


def put_settings(folder: Path, *lines: str) -> None:
    path = folder / FILE_NAME
    path.write_text("\n".join([path.read_text(), "[server]", "port = 0", *lines, ""]))


def make_key(folder: Path) -> str:
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.enrol_reader("gate", "Gate")
        return deployment.make_access_key("gate", keep_old=False)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the server; yield its URL and its process."""
    process = subprocess.Popen(
        [*COMMAND, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), line + process.communicate(timeout=60)[1]
        yield line.split()[-1], process
    finally:
        process.kill()
        process.communicate()


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )


def test_it_takes_reads_and_ends_in_order(folder: Path) -> None:
    put_settings(folder)
    key = make_key(folder)
    with serving(folder) as (url, process):
        headers = {"Authorization": f"Bearer {key}"}
        body = {"reads": [a_read("1"), a_read("2")]}
        answer = httpx.post(f"{url}/api/v1/reads", json=body, headers=headers)
        assert answer.status_code == 200
        assert httpx.get(f"{url}/log/checkpoint").status_code in {200, 404}
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    lines = [json.loads(line) for line in told.splitlines()]
    assert [one["event"] for one in lines if one["event"] != "request"] == [
        *("listening", "stopping", "stopped")
    ]
    assert "TEST123" not in told
    with opened_deployment(folder, actor=ACTOR) as deployment:
        with deployment.database.reading() as connection:
            total = connection.execute(sa.select(sa.func.sum(counts.c.number))).scalar_one()
        assert total == 2
        assert deployment.log_status().waiting == 0


@ONCE
def test_whoever_sends_no_head_is_cut_off_and_others_are_answered(folder: Path) -> None:
    put_settings(folder)
    with serving(folder) as (url, _):
        host, port = url.removeprefix("http://").split(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(50)]
        for one in slow:
            one.sendall(b"POST /api/v1/reads HTTP/1.1\r\nHost: a\r\n")
        assert httpx.get(f"{url}/healthz").status_code == 200
        for one in slow:
            one.settimeout(60)
            assert one.recv(1) == b""
            one.close()


@ONCE
def test_an_endless_head_is_cut_off(folder: Path) -> None:
    put_settings(folder)
    with serving(folder) as (url, _):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as one:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
            with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012 - either may tell
                for _ in range(1_000):
                    one.sendall(b"X: " + b"x" * 1_000 + b"\r\n")
                one.recv(1)
                one.sendall(b"x")
                raise BrokenPipeError("pipe closed")
        assert httpx.get(f"{url}/healthz").status_code == 200


@ONCE
def test_a_gigabyte_is_refused_before_it_is_sent(folder: Path) -> None:
    put_settings(folder)
    with serving(folder) as (url, process):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as one:
            one.sendall(
                b"POST /api/v1/reads HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n"
                b"Content-Type: application/json\r\n\r\n" + b" " * 65_536
            )
            assert one.recv(1024).startswith(b"HTTP/1.1 413 ")
        assert process.poll() is None


@ONCE
@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ('address = "0.0.0.0"', 3, "server: address"),
        ('address = "192.0.2.1"', 3, "server: address"),
        ('address = "gate.example"', 1, "an IP address"),
        ('tls_certificate = "none.crt"', 1, "tls_key"),
        ('tls_certificate = "none.crt"\ntls_key = "none.key"', 1, "a certificate and its key"),
        ("colour = 1", 1, "one of address"),
    ],
)
def test_what_it_does_not_serve_by(folder: Path, line: str, code: int, told: str) -> None:
    put_settings(folder, line)
    ended = run(folder)
    assert ended.returncode == code, ended.stderr
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@ONCE
def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        path = folder / FILE_NAME
        path.write_text(f"{path.read_text()}\n[server]\nport = {other.getsockname()[1]}\n")
        ended = run(folder)
    assert ended.returncode == 1
    assert "address already in use" in ended.stderr


@ONCE
def test_it_speaks_tls(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "tls.key").chmod(0o600)
    put_settings(folder, 'tls_certificate = "tls.crt"', 'tls_key = "tls.key"')
    with serving(folder) as (url, _):
        assert url.startswith("https://127.0.0.1:")
        local = url.replace("127.0.0.1", "localhost")
        trusted = ssl.create_default_context(cafile=str(folder / "tls.crt"))
        assert httpx.get(f"{local}/healthz", verify=trusted).status_code == 200
        plain = url.replace("https", "http")
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{plain}/healthz")


def test_other_commands_do_without_it() -> None:
    code = "import sys, fairplate.cli.main; print('fastapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
