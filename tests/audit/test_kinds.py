import re
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.audit import kinds
from fairplate.audit.kinds import Kind, list_of, or_null, parse_time, set_of
from fairplate.audit.words import (
    CaseEnd,
    Decision,
    DestroyReason,
    ExportKind,
    Finding,
    MatchKind,
    Outcome,
    Role,
    SignInFailure,
    Suspended,
    SuspendReason,
)
from fairplate.core.errors import InputError
from fairplate.core.periods import PERIOD_LENGTHS, Period, period_at
from fairplate.core.purposes import Purpose
from fairplate.policy.document import _NAME as POLICY_NAME
from fairplate.policy.presets import PRESETS
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName, parse_key_name

DIGEST = "0123456789abcdef" * 4
DAY = "2026-11-23T00:00Z/P1D"
TIME = "2026-11-23T12:00:00.000Z"
KEY = "witness.example+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
WORDS: dict[Kind, type[StrEnum]] = {
    kinds.ROLE: Role,
    kinds.SIGN_IN_FAILURE: SignInFailure,
    kinds.MATCH_KIND: MatchKind,
    kinds.DECISION: Decision,
    kinds.OUTCOME: Outcome,
    kinds.SUSPENDED: Suspended,
    kinds.SUSPEND_REASON: SuspendReason,
    kinds.CASE_END: CaseEnd,
    kinds.EXPORT_KIND: ExportKind,
    kinds.FINDING: Finding,
}
# Values that fit no kind but, some of them, FLAG, COUNT, SECONDS or TEXT.
ODD: list[Any] = [
    None, True, 0, -1, 1.0, "", " ", "\n", "ABC123", "12345", "é", "a b", "a\n", "A" * 64, [], {},
    [1], ["ABC123"], b"abc", (), "\uff11\uff12", "\ud800", "a" * 100_000,
]  # fmt: skip
GOOD: list[tuple[Kind, list[Any], list[Any]]] = [
    (kinds.FLAG, [True, False], [1, "true"]),
    (kinds.COUNT, [0, 1, 2**53 - 1], [2**53, "1", -(2**53)]),
    (kinds.SECONDS, [0, 2**53 - 1], [2**53]),
    (
        kinds.TIME,
        [TIME, "2024-02-29T23:59:59.999Z", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"],
        [
            "2026-11-23T12:00:00Z",
            "2026-11-23T12:00:00.000000Z",
            "2026-11-23T12:00:00.000+00:00",
            "2026-11-23 12:00:00.000Z",
            "2026-11-23T12:00:00.000",
            "2026-11-23T12:00:00.000z",
            "2026-11-23T12:00:00,000Z",
            "20261123T120000.000Z",
            "2026-02-29T12:00:00.000Z",
            "2026-11-23T24:00:00.000Z",
            "2026-11-23T12:00:60.000Z",
            "2026-W48-1T12:00:00.000Z",
            "2026-11-23",
            TIME + "\n",
            " " + TIME,
            "2026-11-23T12:00:00.00\uff10Z",
        ],
    ),
    (
        kinds.PERIOD,
        [DAY, "2026-11-23T14:20Z/PT10M"],
        ["2026-11-23T00:00Z", DAY + "\n", "2026-11-23T00:01Z/P1D", "2026-11-23T00:00Z/P2D"],
    ),
    (
        kinds.KEY,
        [DAY, f"hits/{DAY}", "case/theft-2026-17", "case/1"],
        [
            "hits/",
            "case/",
            "case/-a",
            "case/a-",
            "case/A",
            "case/a/b",
            f"hits/hits/{DAY}",
            f"case/{DAY}",
            "hits/case/a",
            "case/" + "a" * 65,
            "case/a\n",
        ],
    ),
    (
        kinds.ID,
        ["a", "gate-3", "3-gate", "0a", "a" * 64, "0123456789abcdef0123456789abcdef"],
        ["-a", "a-", "Gate", "gate_3", "a" * 65, "1-2", "3", "a.b"],
    ),
    (kinds.NAME, ["a", "us-ca", "a" * 40, "a-"], ["1a", "-a", "a" * 41, "A", "a.b"]),
    (
        kinds.ACTOR,
        ["system", "cli:1000", "user:k3.v-9", "a", "a" * 64],
        ["1000", ":a", "-a", "a" * 65, "cli:Root", "a@b", "a/b", "a_b"],
    ),
    (kinds.DIGEST, [DIGEST, "0" * 64], [DIGEST[1:], DIGEST + "0", DIGEST.upper(), "g" * 64]),
    (kinds.RECORD, [DIGEST[:32], "0" * 32], [DIGEST, DIGEST[1:32], DIGEST[:32].upper(), "0" * 31]),
    (kinds.MONTH, ["2026-11", "0001-01", "9999-12"], ["2026-13", "2026-00", "2026-1", "202611"]),
    (
        kinds.VERIFIER_KEY,
        [KEY, KEY.replace("witness.example", "a"), KEY.replace("witness.example", "a" * 128)],
        [
            KEY[1:].replace("itness.example", ""),
            KEY.replace("witness.example", "a" * 129),
            KEY.replace("witness.example", "Witness.example"),
            KEY.replace("witness.example", "a b"),
            KEY.replace("+da77ade7", "+DA77ADE7"),
            KEY.replace("+da77ade7", "+da77ade"),
            KEY.replace("+da77ade7", ""),
            KEY[:-1],
            KEY + "=",
            KEY + "\n",
        ],
    ),
    (kinds.PURPOSE, list(Purpose) + [str(word) for word in Purpose], ["immigration", "Test"]),
    (kinds.REASON, list(DestroyReason), ["bored", "DUE", "due "]),
    *((kind, list(words), ["x", "EXACT", ""]) for kind, words in WORDS.items()),
    (kinds.TEXT, ["", "ABC123", "é\n\0"], [None, 1, ["a"]]),
    (or_null(kinds.TIME), [None, TIME], ["null", "ABC123"]),
    (list_of(kinds.ID), [[], ["b", "a", "b"], ("a",)], ["a", ["a", "B"], ["a", None], {"a": 1}]),
    (
        set_of(kinds.ACTOR),
        [[], ["a"], ["a", "b"], ("a", "b")],
        [["b", "a"], ["a", "a"], "a", ["a", "B"], {"a": 1}, {"a"}],
    ),
]
OPEN: dict[str, list[Any]] = {  # which of ODD fit; the empty lists fit every kind of list
    "flag": [True],
    "count": [0],
    "seconds": [0],
    "time or null": [None],
    "text": [value for value in ODD if isinstance(value, str)],
}


@pytest.mark.parametrize(("kind", "good", "bad"), GOOD, ids=lambda part: getattr(part, "name", ""))
def test_a_kind_holds_its_form_and_nothing_else(
    kind: Kind, good: list[Any], bad: list[Any]
) -> None:
    assert [value for value in good if not kind.fits(value)] == []
    assert [value for value in bad if kind.fits(value)] == []
    fitting = [value for value in ODD if kind.fits(value)]
    lists = [[], ()] if kind.name.split()[0] in {"list", "set"} else []
    # As written: True equals 1 and 1.0.
    assert repr(fitting) == repr(OPEN.get(kind.name, lists))


def test_every_kind_is_tried() -> None:
    tried = {kind.name for kind, _, _ in GOOD}
    assert {k.name for k in vars(kinds).values() if isinstance(k, Kind)} <= tried


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_a_time_is_spelled_cut_to_milliseconds(moment: datetime) -> None:
    try:
        text = kinds.spell_time(moment, where="here", field_name="at")
    except InputError:
        assert moment.year in {1, 9999}
        return
    back = parse_time(text, where="here", field_name="at")
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert back.utcoffset() == timedelta(0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text, re.ASCII)


def test_a_time_without_a_zone_or_beyond_the_calendar_is_refused() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    for moment in (datetime(2026, 1, 1), early):  # noqa: DTZ001 - the point
        with pytest.raises(InputError, match="here: at"):
            kinds.spell_time(moment, where="here", field_name="at")


periods = st.builds(
    period_at,
    st.datetimes(
        datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.sampled_from(PERIOD_LENGTHS),
)
cases = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)


@given(periods | periods.map(HitsKeyName) | cases.map(CaseKeyName))
def test_every_key_name_of_the_vault_is_a_key(name: KeyName) -> None:
    assert kinds.KEY.fits(str(name))
    if isinstance(name, Period):
        assert kinds.PERIOD.fits(str(name))


@given(st.text("a0-/:TZPDMH ", max_size=12).map(lambda end: f"case/{end}") | st.text(max_size=24))
def test_every_key_is_a_key_name_of_the_vault(text: str) -> None:
    try:
        parse_key_name(text, where="here")
    except InputError:
        assert not kinds.KEY.fits(text)
    else:
        assert kinds.KEY.fits(text)


@given(st.from_regex(POLICY_NAME, fullmatch=True))
def test_every_name_a_policy_may_have_is_a_name(name: str) -> None:
    assert kinds.NAME.fits(name)
    assert all(map(kinds.NAME.fits, PRESETS))


def test_no_two_lists_of_words_are_one_kind() -> None:
    lists = [kinds.PURPOSE, kinds.REASON, *WORDS]
    assert len({kind.words for kind in lists}) == len(lists)
    for kind in lists:
        assert kind.words is not None
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", word) for word in kind.words)


def test_pattern_and_words_say_the_same_as_the_kind() -> None:
    """Programs of others judge by these."""
    for kind, good, bad in GOOD:
        for value in (*good, *bad, *ODD):
            if kind.words is not None:
                assert kind.fits(value) == (isinstance(value, str) and value in kind.words)
            elif kind.pattern is not None:
                matches = isinstance(value, str) and re.fullmatch(kind.pattern, value) is not None
                assert kind.fits(value) == matches
