import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.audit.canonical import canonical_json
from fairplate.audit.event_types import VERSION, EventType
from fairplate.audit.events import (
    MAX_BODY_BYTES,
    MAX_PRIVATE_BYTES,
    Event,
    commitment_opens,
    make_event,
    read_event,
)
from fairplate.audit.forms import FORMS
from fairplate.core.errors import InputError

FILE = Path(__file__).parents[1] / "golden" / "events-v1.json"
ROWS: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))["events"]
ENVELOPE = ("actor", "at", "public", "sealed", "type", "v")


@dataclass(frozen=True)
class Golden:
    """One golden event: what it is made of, and what comes out."""

    type: EventType
    made_of: dict[str, Any]
    event: Event

    def make(self, **changes: Any) -> Event:
        return make_event(self.type, **(self.made_of | changes))

    def changed(self, **changes: Any) -> bytes:
        """Return the body with parts of the envelope changed, in canonical form."""
        return canonical_json(json.loads(self.event.body) | changes)


def load(row: dict[str, Any]) -> Golden:
    made_of = {name: row[name] for name in ("actor", "public", "private")}
    made_of |= {"at": datetime.fromisoformat(row["at"]), "salt": bytes.fromhex(row["salt"])}
    private = bytes.fromhex(row["private_bytes"])
    event = Event(row["body"].encode(), made_of["salt"], private)
    return Golden(EventType(row["type"]), made_of, event)


@pytest.fixture(params=ROWS, ids=lambda row: row["name"])
def golden(request: pytest.FixtureRequest) -> Golden:
    return load(request.param)


@pytest.fixture
def grant() -> Golden:
    return next(load(row) for row in ROWS if row["type"] == EventType.GRANT_USED)


def test_not_a_byte_changes(golden: Golden) -> None:
    assert golden.make() == golden.event


def test_every_type_has_a_golden_event() -> None:
    assert {row["type"] for row in ROWS} == set(EventType)


def test_the_golden_bytes_are_what_the_standard_library_makes_of_them(golden: Golden) -> None:
    """For names and values of ASCII alone, RFC 8785 is what json writes with its keys sorted."""
    private = json.dumps(
        golden.made_of["private"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    sealed = hashlib.sha256(golden.made_of["salt"] + private).digest()
    body = {
        "v": 1,
        "at": golden.made_of["at"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "type": golden.type.value,
        "actor": golden.made_of["actor"],
        "public": golden.made_of["public"],
        "sealed": base64.b64encode(sealed).decode(),
    }
    assert golden.event.private == private
    assert golden.event.body == json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def test_what_was_written_reads_back(golden: Golden) -> None:
    parsed = read_event(golden.event.body)
    made_of = golden.made_of
    assert (parsed.version, parsed.type, parsed.at) == (1, golden.type, made_of["at"])
    assert (parsed.actor, parsed.public) == (made_of["actor"], made_of["public"])
    assert parsed.sealed == hashlib.sha256(made_of["salt"] + golden.event.private).digest()


def test_a_time_is_told_in_utc_and_cut_to_milliseconds(grant: Golden) -> None:
    at = datetime(2026, 11, 24, 1, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    body = grant.make(at=at).body
    assert json.loads(body)["at"] == "2026-11-23T23:30:00.999Z"
    assert read_event(body).at == datetime(2026, 11, 23, 23, 30, 0, 999_000, tzinfo=UTC)
    with pytest.raises(InputError, match="at: expected a date-time with a UTC offset"):
        grant.make(at=at.replace(tzinfo=None))


@pytest.mark.parametrize("part", ["public", "private"])
def test_the_fields_are_closed(golden: Golden, part: str) -> None:
    values = golden.made_of[part]
    with pytest.raises(InputError) as caught:
        golden.make(**{part: values | {"ZZ99ZZ": 1}})
    assert caught.value.field == part
    assert "ZZ99ZZ" not in str(caught.value)
    for name in values:
        for wrong in ({k: v for k, v in values.items() if k != name}, values | {name: {}}):
            with pytest.raises(InputError) as caught:
                golden.make(**{part: wrong})
            assert caught.value.field == f"{part}.{name}"


def test_a_body_read_has_the_same_closed_fields(golden: Golden) -> None:
    public = golden.made_of["public"]
    wrong = [public | {"more": 1}, [], None, "x", {}]
    wrong += [{k: v for k, v in public.items() if k != name} for name in public]
    wrong += [public | {name: value} for name in public for value in ({}, "ABC123", -1)]
    for values in wrong:
        with pytest.raises(InputError):
            read_event(golden.changed(public=values))


@pytest.mark.parametrize("actor", ["", "ABC123", "12345", "Root", "a b", "a" * 65, "é", "a\n"])
def test_an_actor_is_a_pseudonym(grant: Golden, actor: str) -> None:
    with pytest.raises(InputError, match="actor: expected a pseudonym"):
        grant.make(actor=actor)
    with pytest.raises(InputError, match="actor: expected a pseudonym"):
        read_event(grant.changed(actor=actor))


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_salt_has_32_bytes(grant: Golden, length: int) -> None:
    with pytest.raises(InputError, match="salt: expected 32 bytes"):
        grant.make(salt=bytes(length))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plates", 1), ("plates", 3), ("readers", 0),
    ],
)  # fmt: skip
def test_a_public_count_is_the_length_of_the_private_list(
    grant: Golden, name: str, value: int
) -> None:
    with pytest.raises(InputError, match=f"public.{name}: expected the length"):
        grant.make(public=grant.made_of["public"] | {name: value})


def test_a_public_digest_is_of_the_private_text() -> None:
    policy = load(ROWS[0])
    assert policy.type is EventType.POLICY_SET
    with pytest.raises(InputError, match=r"public\.document: expected the SHA-256"):
        policy.make(private={"document": policy.made_of["private"]["document"] + "\n"})


def test_a_private_text_is_unicode(golden: Golden) -> None:
    for field in FORMS[golden.type].private:
        if field.kind.fits("any text"):
            with pytest.raises(InputError, match="half a surrogate pair"):
                golden.make(private=golden.made_of["private"] | {field.name: "\ud800"})


def test_a_body_has_at_most_what_a_bundle_can_hold(grant: Golden) -> None:
    def approved_by(number: int) -> dict[str, Any]:
        people = [f"user:{n:08d}" for n in range(number)]
        return grant.made_of["public"] | {"approved_by": people}

    spare = MAX_BODY_BYTES - len(grant.make(public=approved_by(1)).body)
    most = 1 + spare // len('"user:00000000",')
    assert len(grant.make(public=approved_by(most)).body) > MAX_BODY_BYTES - 16
    with pytest.raises(InputError, match="body: expected at most 65535 bytes"):
        grant.make(public=approved_by(most + 1))
    with pytest.raises(InputError, match="body: expected at most 65535 bytes"):
        read_event(grant.changed(public=approved_by(most + 1)))


def test_a_private_part_has_its_limit(grant: Golden) -> None:
    def private(length: int) -> dict[str, Any]:
        return grant.made_of["private"] | {"reference": "é" * length}

    room = MAX_PRIVATE_BYTES - len(grant.make(private=private(0)).private)
    assert len(grant.make(private=private(room // 2)).private) >= MAX_PRIVATE_BYTES - 1
    with pytest.raises(InputError, match="private: expected at most 1048576 bytes"):
        grant.make(private=private(room // 2 + 1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("v", wrong) for wrong in (0, 2, -1, True, None, "1", [1])),
        *(("type", wrong) for wrong in ("", "grant.used ", "Grant.used", "case.invented", 1, None)),
        *(("at", wrong) for wrong in ("", "2026-11-24T09:30:00Z", "2026-11-24", 1, None)),
        *(("actor", wrong) for wrong in (1, None, ["system"])),
        *(("public", wrong) for wrong in (1, None, [], "x")),
        *(("sealed", wrong) for wrong in ("", "AAAA", "A" * 44, "A" * 43, " " * 44, 1, None)),
        ("sealed", "A" * 42 + "B="),  # bits that are left over
        ("sealed", "_" * 43 + "="),
        ("sealed", "A" * 43 + "=\n"),
        ("sealed", "é" * 43 + "="),
    ],
)
def test_a_wrong_envelope_is_refused_by_field(grant: Golden, field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        read_event(grant.changed(**{field: value}), where="event 7")
    assert (caught.value.where, caught.value.field) == ("event 7", field)


@pytest.mark.parametrize("field", ENVELOPE)
def test_the_envelope_is_closed(grant: Golden, field: str) -> None:
    body = json.loads(grant.event.body)
    assert tuple(body) == ENVELOPE
    del body[field]
    for wrong in (body, body | {"more": 1}):
        with pytest.raises(InputError, match="body: expected an object of actor, at"):
            read_event(canonical_json(wrong))
    with pytest.raises(InputError, match="body: expected an object of actor, at"):
        read_event(grant.changed(more=1))


@pytest.mark.parametrize("data", [b"", b"1", b"[]", b"{}", b"null", b'"x"', b"\xff", b"{" * 9999])
def test_other_bytes_are_no_event(data: bytes) -> None:
    with pytest.raises(InputError):
        read_event(data)


def test_a_change_of_any_byte_is_refused_or_read_as_what_it_says(golden: Golden) -> None:
    body = golden.event.body
    for place in range(len(body)):
        for change in (0x01, 0x20, 0x80):
            changed = bytearray(body)
            changed[place] ^= change
            try:
                parsed = read_event(bytes(changed))
            except InputError:
                continue
            assert parsed != read_event(body)


@given(st.binary(max_size=60), st.sampled_from(ROWS), st.data())
def test_bytes_put_anywhere_never_make_a_traceback(
    more: bytes, row: dict[str, Any], data: st.DataObject
) -> None:
    body = row["body"].encode()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    changed = body[:start] + more + body[end:]
    try:
        parsed = read_event(changed)
    except InputError:
        return
    assert (parsed == read_event(body)) is (changed == body)


def test_the_commitment_opens_with_its_salt_and_private_part_alone(golden: Golden) -> None:
    body, salt, private = golden.event.body, golden.event.salt, golden.event.private
    assert commitment_opens(body, salt, private)
    assert not commitment_opens(body, bytes(32), private)
    assert not commitment_opens(body, salt, private + b" ")
    assert not commitment_opens(body, salt + private[:1], private[1:])
    assert not commitment_opens(body, salt[:-1], salt[-1:] + private)
    assert not commitment_opens(body, b"", salt + private)
    assert not commitment_opens(golden.make(salt=bytes(32)).body, salt, private)
    with pytest.raises(InputError):
        commitment_opens(body[:-1], salt, private)


def test_the_same_private_part_never_looks_the_same(golden: Golden) -> None:
    other = golden.make(salt=bytes(32))
    assert other.private == golden.event.private
    assert read_event(other.body).sealed != read_event(golden.event.body).sealed


def test_nothing_shows_the_private_part(grant: Golden) -> None:
    shown = repr(grant.event)
    assert grant.event.salt.hex() not in shown
    assert repr(grant.event.salt)[2:-1] not in shown
    for plate in grant.made_of["private"]["plates"]:
        assert plate not in shown
        with pytest.raises(InputError) as caught:
            grant.make(private=grant.made_of["private"] | {"readers": [plate]})
        assert plate not in str(caught.value)


def test_new_events_have_the_version_of_the_list() -> None:
    assert {form.since for form in FORMS.values()} <= set(range(1, VERSION + 1))
    assert read_event(load(ROWS[0]).make().body).version == VERSION
