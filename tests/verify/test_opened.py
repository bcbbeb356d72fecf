import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.verify.errors import LogFormatError
from fairplate.verify.events import LoggedEvent
from fairplate.verify.opened import Opening, check_opening, parse_openings

SALT = bytes(range(32))
PRIVATE = b'{"plates":["AB12","CD34"],"reference":"K 7/26"}'
AT = datetime(2026, 1, 1, tzinfo=UTC)


def event_over(private: bytes, public: dict[str, object], salt: bytes = SALT) -> LoggedEvent:
    sealed = hashlib.sha256(salt + private).digest()
    return LoggedEvent(17, AT, "grant.used", "officer-1", public, sealed)


def codes(opening: Opening, event: LoggedEvent | None) -> list[str]:
    opened, findings = check_opening(opening, event)
    assert (opened is None) == ([one.code for one in findings] == ["does-not-open"])
    return [one.code for one in findings]


def test_what_was_committed_to_opens() -> None:
    event = event_over(PRIVATE, {"plates": 2, "case": "c-1"})
    opened, findings = check_opening(Opening(17, SALT, PRIVATE), event)
    assert findings == []
    assert opened is not None
    assert opened.private == PRIVATE.decode()
    assert (opened.index, opened.type, opened.actor, opened.at) == (17, *event_words(event))


def event_words(event: LoggedEvent) -> tuple[str, str, datetime]:
    return event.type, event.actor, event.at


@pytest.mark.parametrize("byte", range(32 + len(PRIVATE)))
def test_no_other_byte_opens(byte: int) -> None:
    data = bytearray(SALT + PRIVATE)
    data[byte] ^= 1
    opening = Opening(17, bytes(data[:32]), bytes(data[32:]))
    assert codes(opening, event_over(PRIVATE, {})) == ["does-not-open"]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_salt_and_private_part_are_parted_in_one_place(length: int) -> None:
    whole = SALT + PRIVATE
    opening = Opening(17, whole[:length], whole[length:])
    assert codes(opening, event_over(PRIVATE, {})) == ["does-not-open"]


def test_an_event_that_is_not_there_does_not_open() -> None:
    assert codes(Opening(99, SALT, PRIVATE), None) == ["does-not-open"]


@pytest.mark.parametrize(
    ("public", "agrees"),
    [
        ({"plates": 2}, True),
        ({"plates": 1}, False),
        ({"reference": hashlib.sha256(b"K 7/26").hexdigest()}, True),
        ({"reference": "0" * 64}, False),
        ({}, True),
    ],
)
def test_the_private_part_must_fit_the_public_one(public: dict[str, object], agrees: bool) -> None:  # noqa: FBT001 - a column of the table
    found = codes(Opening(17, SALT, PRIVATE), event_over(PRIVATE, public))
    assert found == ([] if agrees else ["opened-disagrees"])


@pytest.mark.parametrize(
    "private", [b"", b"null", b"[" * 100_000, b"\xff", b'{"plates":"\\ud800"}']
)
def test_a_private_part_of_any_bytes_does_no_harm(private: bytes) -> None:
    opened, _ = check_opening(Opening(17, SALT, private), event_over(private, {"plates": "x"}))
    assert opened is not None


def test_a_file_of_openings_is_read() -> None:
    line = {"event": 17, "salt": SALT.hex(), "private": "ä"}
    data = f"{json.dumps(line)}\n\n{json.dumps(line | {'event': 0})}".encode()
    private = "ä".encode()
    assert parse_openings(data) == [Opening(17, SALT, private), Opening(0, SALT, private)]


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "[]",
        "{}",
        "[" * 100_000,
        '{"event":1,"salt":"00"}',
        '{"event":1,"salt":"00","private":"","more":1}',
        '{"event":-1,"salt":"00","private":""}',
        '{"event":true,"salt":"00","private":""}',
        '{"event":1.0,"salt":"00","private":""}',
        f'{{"event":{"9" * 5000},"salt":"00","private":""}}',
        '{"event":1,"event":1,"salt":"00","private":""}',
        '{"event":1,"salt":"0","private":""}',
        '{"event":1,"salt":1,"private":""}',
        '{"event":1,"salt":"00","private":{}}',
        '{"event":1,"salt":"00","private":"\\ud800"}',
    ],
)
def test_another_line_is_refused_by_its_number(line: str) -> None:
    with pytest.raises(LogFormatError, match="line 2"):
        parse_openings(f"\n{line}".encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_openings_or_refused(data: bytes) -> None:
    with suppress(LogFormatError):
        assert all(one.event >= 0 for one in parse_openings(data))
