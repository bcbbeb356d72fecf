"""Whatever a body holds, a parser gives an answer or its one error; and the error holds no body."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.payloads import MULTIPART, SAMPLES, Sample, multipart

from fairplate.ingest.arrival import make_arrivals
from fairplate.ingest.limits import (
    MAX_BODY_BYTES,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_HEADER_BYTES,
    MAX_ITEMS,
    MAX_PARTS,
)
from fairplate.ingest.understanding import understand
from fairplate.ingest.vendor import Payload, PayloadError
from fairplate.ingest.vendors import VENDORS

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
JSON_SAMPLES = [one for one in SAMPLES if one.body.startswith(b"{") and b"\\B" not in one.body]


def attempt(vendor: str, body: bytes, content_type: str = "") -> str | None:
    """Return the error's message, None if the body is understood and makes arrivals."""
    try:
        understood = understand(vendor, Payload(body, content_type))
    except PayloadError as error:
        return str(error)
    make_arrivals(understood, reader_id="gate", received_at=NOW)
    return None


samples = st.sampled_from(SAMPLES)
plain_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    plain_values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(samples, st.data())
@settings(max_examples=200, deadline=None)
def test_cut_anywhere(sample: Sample, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample.body)))
    attempt(sample.vendor, sample.body[:at], sample.content_type)
    attempt(sample.vendor, sample.body[at:], sample.content_type)


@given(samples, st.data())
@settings(max_examples=200, deadline=None)
def test_with_other_bytes_in_it(sample: Sample, data: st.DataObject) -> None:
    body = bytearray(sample.body)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    attempt(sample.vendor, bytes(body), sample.content_type)


@given(st.sampled_from(JSON_SAMPLES), st.randoms(use_true_random=False), values)
@settings(max_examples=200, deadline=None)
def test_with_another_value_anywhere(sample: Sample, choice: random.Random, value: object) -> None:
    tree = json.loads(sample.body)

    def replace(one: object) -> object:
        if choice.random() < 0.15:
            return value
        if isinstance(one, dict):
            return {key: replace(item) for key, item in one.items()}
        return [replace(item) for item in one] if isinstance(one, list) else one

    attempt(sample.vendor, json.dumps(replace(tree)).encode())


@given(st.sampled_from(list(VENDORS)), values)
@settings(deadline=None)
def test_any_json(vendor: str, value: object) -> None:
    attempt(vendor, json.dumps(value).encode())


@given(st.sampled_from(list(VENDORS)), st.binary(max_size=200), st.text(max_size=50))
@settings(max_examples=200, deadline=None)
def test_any_bytes(vendor: str, body: bytes, content_type: str) -> None:
    attempt(vendor, body, content_type)


@given(samples, st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "gb18030"]))
@settings(deadline=None)
def test_in_another_encoding_that_tells_itself(sample: Sample, encoding: str) -> None:
    try:
        text = sample.body.decode()
    except UnicodeDecodeError:
        return  # a picture is in it
    attempt(sample.vendor, text.encode(encoding), sample.content_type)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_plate_survives_another_encoding(vendor: str, encoding: str) -> None:
    sample = (
        next(one for one in SAMPLES if one.vendor == vendor and not one.body.startswith(b"<?xml"))
        if vendor not in {"hikvision", "tattile"}
        else None
    )
    if sample is None:
        return
    body = sample.body.decode().encode(encoding)
    plates = tuple(read.plate for read in understand(vendor, Payload(body)).reads)
    assert plates == sample.plates


@cache
def a_million_keys() -> bytes:
    return json.dumps({str(key): 0 for key in range(1_000_000)}).encode()


@cache
def many_parts() -> bytes:
    return multipart(*[("Content-Disposition: form-data", b"{}")] * 10_000)


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a large body": (lambda: b"{" + b" " * MAX_BODY_BYTES, f"at most {MAX_BODY_BYTES} bytes"),
    "deep lists": (lambda: b"[" * 40_000, f"at most {MAX_DEPTH} levels"),
    "deep lists, closed": (
        lambda: b'{"plate":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
        f"at most {MAX_DEPTH} levels",
    ),
    "a million keys": (
        a_million_keys,
        f"at most {MAX_ITEMS} items",
    ),
    "a long number": (
        lambda: b'{"plate":' + b"1" * (MAX_DIGITS + 1) + b"}",
        f"numbers of at most {MAX_DIGITS} digits",
    ),
    "a longer number": (
        lambda: b'{"plate":' + b"1" * 5_000_000 + b".5}",
        f"numbers of at most {MAX_DIGITS} digits",
    ),
    "10,000 parts": (
        many_parts,
        f"at most {MAX_PARTS} parts",
    ),
    "an endless part header": (
        lambda: multipart(("X: " + "y" * MAX_HEADER_BYTES, b"{}")),
        f"a header of at most {MAX_HEADER_BYTES} bytes",
    ),
    "nothing": (lambda: b" \r\n", "a text"),
    "no text": (lambda: multipart(("Content-Type: image/jpeg", b"x")), "a part with text"),
}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_by_its_limit(vendor: str, bomb: str) -> None:
    make, expected = BOMBS[bomb]
    body = make()
    content_type = MULTIPART if body.startswith(b"--part-end") else ""
    message = attempt(vendor, body, content_type)
    assert message is not None
    assert f"expected {expected}" in message


ENTITY_BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><Msg><PLATE_STRING>&b;</PLATE_STRING></Msg>"""
OUTSIDE = b"""<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><Msg><PLATE_STRING>&x;\
</PLATE_STRING></Msg>"""
XML_VENDORS = [
    name
    for name in VENDORS
    if name not in {"frigate", "blueiris"}  # JSON alone
]


@pytest.mark.parametrize("vendor", XML_VENDORS)
@pytest.mark.parametrize("body", [ENTITY_BOMB, OUTSIDE, b"<!DOCTYPE m SYSTEM 'http://x/'><m/>"])
def test_a_document_type_is_refused(vendor: str, body: bytes) -> None:
    assert "XML without a document type" in (attempt(vendor, body) or "")


@pytest.mark.parametrize("vendor", XML_VENDORS)
def test_xml_has_the_same_limits(vendor: str) -> None:
    deep = b"<m>" * (MAX_DEPTH + 1)
    assert f"at most {MAX_DEPTH} levels" in (attempt(vendor, deep) or "")
    wide = b"<m>" + b"<i/>" * MAX_ITEMS + b"</m>"
    assert f"at most {MAX_ITEMS} elements" in (attempt(vendor, wide) or "")
    many = b"<m " + b" ".join(b'a%d=""' % at for at in range(MAX_ITEMS)) + b"/>"
    assert f"at most {MAX_ITEMS} elements" in (attempt(vendor, many) or "")


@pytest.mark.parametrize("vendor", ["dahua", "lilin"])
def test_lines_have_limits_too(vendor: str) -> None:
    lines = b"A=1\n" * (MAX_ITEMS + 2)
    message = attempt(vendor, lines)
    assert message is None if vendor == "lilin" else f"at most {MAX_ITEMS} lines" in (message or "")
    deep = b"Events[0]" + b".a" * (MAX_DEPTH + 1) + b"=1"
    message = attempt("dahua", deep)
    assert f"at most {MAX_DEPTH} levels" in (message or "")


@given(samples, st.data())
@settings(max_examples=200, deadline=None)
def test_no_error_tells_of_the_body(sample: Sample, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample.body)))
    word = "S3CR3TPLATE"
    body = sample.body[:at] + word.encode() + sample.body[at:]
    message = attempt(sample.vendor, body, sample.content_type)
    if message is not None:
        assert message.startswith(f"{sample.vendor}: ")
        assert word not in message
        assert not [plate for plate in sample.plates if plate and plate in message]


SLOW_IF_TRIED_AGAIN = {
    "axis": rb"{'" + rb"\'" * 500_000,
    "platerecognizer": b'timestamp,plate\n1,"{' + rb"'\'" * 20_000 + b'"\n',
    "dahua": b"Code=TrafficJunction;\n" * 40_000,
    "homeassistant": b"plate0:" + b"\n" * 1_000_000,
    "lilin": b"LPR1=" * 500_000,
    "milesight": b'{"plate":"' + b"A" * 5_000_000 + b'","' + b"k" * 5_000_000 + b'":1}',
    "blueiris": b'{"plate":"' + b"\\" * 2_000_001 + b'"}',
}


@pytest.mark.parametrize("vendor", SLOW_IF_TRIED_AGAIN)
def test_time_grows_with_the_length_only(vendor: str) -> None:
    attempt(vendor, SLOW_IF_TRIED_AGAIN[vendor])  # quadratic, it would not end today
