"""The verifier's reader of events against the log's own: both take and refuse the same bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.audit import kinds
from fairplate.audit.canonical import canonical_json
from fairplate.audit.events import MAX_BODY_BYTES, read_event
from fairplate.audit.forms import FORMS
from fairplate.core.errors import InputError
from fairplate.verify.errors import LogFormatError
from fairplate.verify.event_kinds import kind_of
from fairplate.verify.events import EventError, EventReader
from fairplate.verify.rules.codes import CODES

FILE = Path(__file__).parents[1] / "golden" / "events-v1.json"
BODIES = [row["body"].encode() for row in json.loads(FILE.read_text("utf-8"))["events"]]
GRANT = json.loads(next(body for body in BODIES if b'"grant.used"' in body))
READER = EventReader()

PIECES = (
    'null true false 0 1 01 -0 1.0 1e3 9007199254740991 9007199254740992 "" "a" "A" [] {} ,'
    ' " \\ \\u0061 \\ud800 \x00 \x7f é 😀 2 3 9 Z T / : - . + = a b case/ hits/ P1D PT1H 24 60 29'
).split(" ")
WORDS = st.sampled_from(
    [
        *("a", "a1", "1", "-a", "a-", "a" * 64, "a" * 65, "a:b.c", "ABC123", "é", "\ud800", ""),
        *("2026-02-29T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "0000-01-01T00:00:00.000Z"),
        *("2026-11-23T24:00:00.000Z", "2026-11-23T12:00:60.000Z", "0001-01-01T00:00:00.000Z"),
        *("2026-11-23T00:00Z/P1D", "2026-11-23T01:00Z/P1D", "2026-11-23T01:00Z/PT1H"),
        *("1969-12-31T00:00Z/P1D", "9999-01-01T00:00Z/P1D", "2026-11-31T00:00Z/P1D"),
        *("2026-11-23T01:01Z/PT10M", "2026-11-23T01:01Z/PT1M", "hits/2026-11-23T00:00Z/P1D"),
        *("hits/hits/2026-11-23T00:00Z/P1D", "case/1", "case/-", "case/", "hits/case/a"),
        *("stolen-vehicle", "due", "auditor", "2026-11", "2026-13", "0" * 32, "0" * 64),
        *("2026-11-23T12:00:00Z", "2026-11-23T12:00:00.000+00:00", "G2ni", "found\n"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 3)
    | st.sampled_from([2**53 - 1, 2**53, 10**400, 1.0, 0.5])
    | WORDS
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


def spelled(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def same_verdict(body: bytes) -> bool:
    """Say whether both take `body`, after checking that both do the same."""
    try:
        expected = read_event(body)
    except InputError:
        with pytest.raises(EventError) as caught:
            READER.read(7, body)
        assert caught.value.code in CODES
        return False
    event = READER.read(7, body)
    assert event.index == 7
    assert event.at == expected.at
    assert event.at.utcoffset() == expected.at.utcoffset()
    assert (event.type, event.actor) == (expected.type, expected.actor)
    assert (event.public, event.sealed) == (expected.public, expected.sealed)
    assert all(type(event.public[name]) is type(expected.public[name]) for name in event.public)
    return True


@pytest.mark.parametrize("body", BODIES)
def test_golden_events_are_read(body: bytes) -> None:
    assert same_verdict(body)


def test_every_type_has_a_golden_event() -> None:
    assert {json.loads(body)["type"] for body in BODIES} == set(FORMS)


@given(st.data())
def test_bytes_that_were_changed(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES))
    at = data.draw(st.integers(0, len(body)))
    cut = data.draw(st.integers(0, 3))
    piece = data.draw(st.sampled_from(PIECES).map(str.encode) | st.binary(max_size=2))
    same_verdict(body[:at] + piece + body[at + cut :])


@given(st.data())
def test_fields_of_other_values(data: st.DataObject) -> None:
    body = json.loads(data.draw(st.sampled_from(BODIES)))
    part = data.draw(st.sampled_from([body, body["public"]]))
    name = data.draw(st.sampled_from([*part, "other"]))
    if data.draw(st.integers(0, 9)) == 0:
        part.pop(name, None)
    else:
        part[name] = data.draw(VALUES)
    same_verdict(spelled(body))


@given(st.data())
def test_every_kind_takes_the_same_values(data: st.DataObject) -> None:
    """Each kind by itself, so that no value hides behind another field's."""
    table = json.loads(
        (Path(kinds.__file__).parents[1] / "verify" / "event_forms.json").read_text("utf-8")
    )["kinds"]
    fields = {field.kind.name: field.kind for form in FORMS.values() for field in form.public}
    kind = data.draw(st.sampled_from(sorted(fields.values(), key=lambda one: one.name)))
    value = data.draw(VALUES | st.lists(WORDS, max_size=3))
    assert kind_of(kind.name, table).fits(value) == kind.fits(value)


@given(VALUES)
def test_any_other_json_is_refused(value: Any) -> None:
    assert not same_verdict(spelled(value))


@given(st.binary(max_size=40))
def test_any_other_bytes_are_refused(body: bytes) -> None:
    assert not same_verdict(body)


def grant_with(**changes: Any) -> bytes:
    return spelled(GRANT | {"public": GRANT["public"] | changes})


def without(name: str) -> bytes:
    return spelled({key: value for key, value in GRANT.items() if key != name})


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        (b"", "event-not-canonical", "JSON"),
        (b" " + spelled(GRANT), "event-not-canonical", "JSON"),
        (json.dumps(GRANT).encode(), "event-not-canonical", "JSON"),
        (spelled(GRANT)[:-1] + b',"v":1}', "event-not-canonical", "JSON"),
        (b"\xff", "event-not-canonical", "JSON"),
        ("\ufeff".encode() + spelled(GRANT), "event-not-canonical", "JSON"),
        (spelled(GRANT).decode().encode("utf-16"), "event-not-canonical", "JSON"),
        (b"[" * 60_000, "event-not-canonical", "JSON"),
        (b"1" * 60_000, "event-not-canonical", "JSON"),
        (b"NaN", "event-bad-value", "object"),
        (b"[]", "event-bad-value", "object"),
        (spelled(GRANT | {"v": 2}), "event-unknown-version", "v"),
        (spelled(GRANT | {"v": 0}), "event-unknown-version", "v"),
        (spelled(GRANT | {"v": True}), "event-unknown-version", "v"),
        (spelled(GRANT | {"v": 1.0}), "event-unknown-version", "v"),
        (spelled(GRANT | {"v": "1"}), "event-unknown-version", "v"),
        (spelled(GRANT | {"type": "grant.lent"}), "event-unknown-type", "type"),
        (spelled(GRANT | {"type": ["grant.used"]}), "event-unknown-type", "type"),
        (spelled(GRANT | {"type": 'grant.used","v":1}'}), "event-unknown-type", "type"),
        (without("sealed"), "event-missing-field", "sealed"),
        (without("public"), "event-missing-field", "public"),
        (spelled(GRANT | {"w": 1}), "event-unknown-field", "event"),
        (grant_with(plate="ABC123"), "event-unknown-field", "public"),
        (spelled(GRANT | {"public": {}}), "event-missing-field", "public.approved_by"),
        (spelled(GRANT | {"public": []}), "event-bad-value", "public"),
        (grant_with(plates=True), "event-bad-value", "public.plates"),
        (grant_with(plates=2**53), "event-bad-value", "public.plates"),
        (grant_with(plates=1.0), "event-bad-value", "public.plates"),
        (grant_with(case="ABC123"), "event-bad-value", "public.case"),
        (grant_with(case="123"), "event-bad-value", "public.case"),
        (grant_with(approved_by=["b", "a"]), "event-bad-value", "public.approved_by"),
        (grant_with(first_period="2026-02-29T00:00Z/P1D"), "event-bad-value", "first_period"),
        (spelled(GRANT | {"at": "2026-02-29T00:00:00.000Z"}), "event-bad-value", "at"),
        (spelled(GRANT | {"actor": "ABC123"}), "event-bad-value", "actor"),
        (spelled(GRANT | {"sealed": "A" * 42 + "B="}), "event-bad-value", "sealed"),
        (spelled(GRANT | {"sealed": None}), "event-bad-value", "sealed"),
    ],
)
def test_refusals_say_why_and_quote_nothing(body: bytes, code: str, named: str) -> None:
    assert not same_verdict(body)
    with pytest.raises(EventError, match=rf"^event 7: .*{named}") as caught:
        READER.read(7, body)
    assert caught.value.code == code
    assert isinstance(caught.value, LogFormatError)
    assert "ABC123" not in str(caught.value)


def test_the_longest_entry_and_one_byte_more() -> None:
    picks = [10**15] * 3820
    drawn = json.loads(next(body for body in BODIES if b'"reviews.drawn"' in body))
    drawn["public"]["picks"] = picks
    room = MAX_BODY_BYTES - len(canonical_json(drawn))
    picks[0:0] = [1] * (room // 2)
    assert same_verdict(canonical_json(drawn))
    picks += [1, 1]
    assert not same_verdict(canonical_json(drawn))
    with pytest.raises(EventError, match="65535") as caught:
        READER.read(7, canonical_json(drawn))
    assert caught.value.code == "event-too-long"
