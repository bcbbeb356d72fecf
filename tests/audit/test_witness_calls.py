"""The client, against servers that answer anything, slowly, or without a good certificate."""

import base64
import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.audit.canned_witness import answer, serve_canned
from tests.audit.witness_asking import (
    KEY,
    LOG,
    LONG,
    NOTE,
    SHORT,
    SIZE,
    at_noted,
    good_line,
    now,
    prove_in,
    refused,
    unasked,
)
from tests.verify.witness.memory_log import NOW_S, STRANGE_KEY, WITNESS_KEY

from fairplate.audit.witnesses import (
    Witness,
    ask_witness,
)
from fairplate.verify.notes import KeyType, SigningKey
from fairplate.verify.witness.submissions import SIZE_TYPE


def test_cosignatures_by_others_are_passed_over() -> None:
    same_name = SigningKey(WITNESS_KEY.name, KeyType.COSIGNATURE, bytes(32))
    short = f"\u2014 {KEY.name} {base64.b64encode(KEY.id + b'short').decode()}\n".encode()
    body = good_line(key=STRANGE_KEY) + good_line(key=same_name) + short + good_line()
    with serve_canned(answer(200, body)) as canned:
        found = ask_witness(
            Witness(KEY, f"{canned.url}/of/ours/"),
            NOTE,
            old=3,
            prove=prove_in(LOG, SIZE),
            clock=at_noted,
            timeout=LONG,
        )
    assert (found.signature.data, found.size) == (WITNESS_KEY.sign(NOTE.text, time_s=NOW_S).data, 7)
    [request] = canned.requests
    assert request.startswith(b"POST /of/ours/add-checkpoint HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\nold 3\n" + request.partition(b"old 3\n")[2])
    assert request.endswith(NOTE.data)


@pytest.mark.parametrize(
    ("data", "said", "retryable"),
    [
        (answer(200, b""), "something else than signatures", False),
        (answer(200, b"<html>\xff</html>"), "something else than signatures", False),
        (answer(200, good_line()[:-1]), "something else than signatures", False),
        (answer(200, good_line())[:-9], "something else than signatures", False),
        (answer(200, good_line() * 101), "something else than signatures", False),
        (answer(200, good_line(key=STRANGE_KEY)), "without a cosignature by its key", False),
        (answer(200, good_line(text=LOG.note(8).text)), "that does not hold", False),
        (answer(200, good_line(NOW_S - 301)), "a time that is 301 s from", False),
        (answer(200, good_line(NOW_S + 301)), "a time that is 301 s from", False),
        (answer(200, good_line(2**63)), "that does not hold", False),
        (answer(204, b""), "refused (204)", False),
        (answer(302, b""), "a redirect (302), which is not followed", False),
        (answer(308, b""), "a redirect (308), which is not followed", False),
        (
            answer(400, b"bad\x1b[31m\nline"),
            "could not read what it was sent (400): bad[31m",
            False,
        ),
        (answer(418, "\u00e9".encode() * 500), "refused (418)", False),
        (answer(429, b""), "refused (429)", True),
        (answer(503, b"busy\n"), "refused (503): busy", True),
        (answer(409, b"3\n"), "(409) without the size", False),
        (answer(409, b"x\n", SIZE_TYPE), "(409) without the size", False),
        (answer(409, b"", SIZE_TYPE), "(409) without the size", False),
        (answer(409, b"\xff", SIZE_TYPE), "(409) without the size", False),
        (answer(409, b"0\n", SIZE_TYPE), "(409) without the size", False),
        (answer(409, b"8\n", SIZE_TYPE), "signed 8 entries of this log already", False),
        (answer(200, b"x" * 40_000), "more than 32768 bytes", False),
        (b"HTTP/1.1 200 X\r\n\r\n" + b"x" * 40_000, "more than 32768 bytes", False),
        (b"220 mail.example ESMTP\r\n", "something that is not HTTP", False),
        (b"HTTP/1.1 200 X\r\n" + b"A: b\r\n" * 300 + b"\r\n", "something that is not HTTP", False),
        (b"HTTP/1.1 200 " + b"x" * 70_000, "something that is not HTTP", False),
        (b"", "cannot be reached", True),
    ],
)
def test_each_wrong_answer_is_one_precise_line(data: bytes, said: str, retryable: bool) -> None:  # noqa: FBT001
    with serve_canned(data) as canned:
        error = refused(canned.url)
    assert said in str(error)
    assert error.retryable is retryable
    assert len(canned.requests) == 1


def test_it_asks_once_more_and_no_oftener() -> None:
    with serve_canned(answer(409, b"3\n", SIZE_TYPE)) as canned:
        error = refused(canned.url, prove=prove_in(LOG, SIZE))
        assert "without the size of another checkpoint" in str(error)
        assert [request.partition(b"\r\n\r\n")[2][:6] for request in canned.requests] == [
            b"old 0\n",
            b"old 3\n",
        ]


@given(st.binary(max_size=60))
def test_no_answer_is_mistaken_for_a_cosignature(body: bytes) -> None:
    with serve_canned(answer(200, body)) as canned:
        refused(canned.url)


@pytest.mark.parametrize(
    ("pieces", "pause_s"),
    [
        ([b"H"], 0.05),  # a status line that never ends
        ([b"HTTP/1.1 100 Continue\r\n\r\n"], 0.01),
        ([b""], 0.05),
    ],
)
def test_an_endless_answer_ends_with_the_time(pieces: list[bytes], pause_s: float) -> None:
    with serve_canned(*pieces, pause_s=pause_s, repeat=True) as canned:
        error = refused(canned.url, timeout=SHORT)
    assert str(error).endswith(": did not answer in time")
    assert error.retryable


def test_who_is_not_there_is_named() -> None:
    with serve_canned() as canned:
        pass
    for url, said in (
        (canned.url, "cannot be reached: Connection refused"),
        ("http://nowhere.invalid", "cannot be found: its host has no address"),
        (canned.url.replace("http", "https"), "cannot be reached: Connection refused"),
    ):
        error = refused(url)
        assert said in str(error)
        assert error.retryable


def make_tls(folder: Path) -> ssl.SSLContext:
    """Make a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(now() - timedelta(days=1))
    ours = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = builder.add_extension(ours, critical=False)
    made = builder.not_valid_after(now() + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "tls.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with serve_canned(answer(200, good_line()), tls=make_tls(tmp_path)) as canned:
        error = refused(canned.url)
    assert "has no valid TLS certificate: self-signed certificate" in str(error)
    assert not error.retryable
    assert canned.requests == []


def test_a_trusted_certificate_for_the_right_host_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = make_tls(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls.pem"))
    with serve_canned(answer(200, good_line()), tls=tls) as canned:
        url = canned.url
        found = ask_witness(
            Witness(KEY, url), NOTE, old=SIZE, prove=unasked, clock=at_noted, timeout=LONG
        )
        assert found.size == SIZE
        error = refused(url.replace("127.0.0.1", "localhost"))
        assert "has no valid TLS certificate: Hostname mismatch" in str(error)


def test_an_endless_answer_over_tls_ends_with_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = make_tls(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls.pem"))
    with serve_canned(b"H", pause_s=0.05, repeat=True, tls=tls) as canned:
        error = refused(canned.url, old=SIZE, timeout=SHORT)
    assert str(error).endswith(": did not answer in time")
