"""Retention, periods and the refusals of a policy; small spaces whole, large ones by Hypothesis."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.periods import PERIOD_LENGTHS
from fairplate.core.purposes import Purpose
from fairplate.policy import rules
from fairplate.policy.rules import Basis, Figure, KeptFor, Policy, UntilCaseEnds

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TICK = timedelta(microseconds=1)
NOON = datetime(2028, 2, 29, 12, tzinfo=UTC)

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS)  # noqa: DTZ001
RETENTIONS = st.one_of(
    st.timedeltas(3 * MINUTE, 90 * DAY),
    st.sampled_from([3 * MINUTE, 30 * MINUTE, 3 * HOUR, 3 * DAY, 90 * DAY]),
)


def make_policy(**changes: Any) -> Policy:
    figures: dict[str, Any] = {
        "name": "town",
        "title": "Town",
        "jurisdiction": "de",
        "non_hits_kept": 21 * DAY,
        "hits_kept": UntilCaseEnds(),
        "purposes": frozenset({Purpose.STOLEN_VEHICLE, Purpose.TEST}),
        "approvals": 1,
        "longest_look_back": 7 * DAY,
    }
    return Policy(**{**figures, **changes})


@pytest.mark.parametrize(
    ("retention", "length"),
    [
        (timedelta(0), None),
        (3 * MINUTE, MINUTE), (30 * MINUTE - TICK, MINUTE),
        (30 * MINUTE, 10 * MINUTE), (3 * HOUR - TICK, 10 * MINUTE),
        (3 * HOUR, HOUR), (3 * DAY - TICK, HOUR),
        (3 * DAY, DAY), (90 * DAY, DAY),
    ],
)  # fmt: skip
def test_period_length_at_every_edge(retention: timedelta, length: timedelta | None) -> None:
    assert rules.period_length(retention) == length


@given(RETENTIONS)
def test_period_length_is_the_longest_that_fits_thrice(retention: timedelta) -> None:
    length = rules.period_length(retention)
    assert length is not None
    assert 3 * length <= retention
    assert not [other for other in PERIOD_LENGTHS if other > length and 3 * other <= retention]


@pytest.mark.parametrize("retention", [-DAY, -TICK, TICK, 3 * MINUTE - TICK])
def test_a_retention_that_no_period_fits_is_an_input_error(retention: timedelta) -> None:
    with pytest.raises(InputError, match="retention: expected never, or 3 minutes to 90 days"):
        rules.period_length(retention)


@pytest.mark.parametrize("retention", [90 * DAY + TICK, 91 * DAY, timedelta.max])
def test_above_the_ceiling_is_an_error_not_a_clamp(retention: timedelta) -> None:
    message = "expected never, or 3 minutes to 90 days, found more than 90 days"
    with pytest.raises(PolicyError, match=message):
        rules.period_length(retention)
    with pytest.raises(PolicyError, match=message):
        make_policy(non_hits_kept=retention)
    with pytest.raises(PolicyError, match=message):
        rules.destroy_by(NOON, retention)


@given(MOMENTS, RETENTIONS)
@example(datetime(2028, 2, 29, 23, 59, 59, 999999, UTC), 90 * DAY)
@example(datetime(2028, 3, 1, tzinfo=UTC), 3 * MINUTE)
@example(datetime(2026, 10, 25, 2, 30, tzinfo=timezone(2 * HOUR)), 3 * DAY)
def test_a_read_is_unreadable_by_its_capture_plus_retention(
    captured_at: datetime, retention: timedelta
) -> None:
    length = rules.period_length(retention)
    assert length is not None
    start = rules.period_start(captured_at, length)
    due = rules.destroy_by(start, retention)
    assert due <= captured_at + retention
    assert rules.is_past(due, captured_at + retention)
    # And no sooner than the period's length before that: two thirds of the time are kept.
    assert captured_at + retention - due < length
    assert start <= captured_at < start + length
    assert start.utcoffset() == timedelta(0)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    assert (start - midnight) % length == timedelta(0)
    assert rules.period_start(start, length) == start
    assert rules.period_start(captured_at.astimezone(UTC), length) == start


@pytest.mark.parametrize("length", [timedelta(0), 2 * DAY, 7 * MINUTE, -DAY])
def test_any_other_length_is_refused(length: timedelta) -> None:
    with pytest.raises(InputError, match="period: length"):
        rules.period_start(NOON, length)


def test_naive_times_are_refused_everywhere() -> None:
    naive = NOON.replace(tzinfo=None)
    for attempt in (
        lambda: rules.period_start(naive, DAY),
        lambda: rules.destroy_by(naive, DAY),
        lambda: rules.is_past(naive, NOON),
        lambda: rules.is_past(NOON, naive),
        lambda: rules.hit_destroy_by(make_policy(), naive),
        lambda: rules.hit_destroy_by(make_policy(), NOON, case_ends_at=naive),
    ):
        with pytest.raises(InputError, match="expected a date-time with a UTC offset"):
            attempt()


def test_the_calendar_s_ends_are_input_errors() -> None:
    east, last = timezone(14 * HOUR), datetime.max.replace(tzinfo=UTC)
    with pytest.raises(InputError, match="period: start: expected a time within the years"):
        rules.destroy_by(datetime.min.replace(tzinfo=east), DAY)
    with pytest.raises(InputError, match="period: end: expected a time within the years"):
        rules.destroy_by(last, DAY)
    with pytest.raises(InputError, match="period: end: "):
        rules.hit_destroy_by(make_policy(), last)
    with pytest.raises(InputError, match="period"):
        rules.period_start(last, DAY)


def test_nothing_kept_has_no_key_to_destroy() -> None:
    with pytest.raises(InputError, match="there is no key"):
        rules.destroy_by(NOON, rules.NEVER)


def test_time_is_up_at_the_moment_itself() -> None:
    assert not rules.is_past(NOON, NOON - TICK)
    assert rules.is_past(NOON, NOON)
    assert rules.is_past(NOON, NOON.astimezone(timezone(5 * HOUR)) + TICK)


@pytest.mark.parametrize(
    ("kept", "non_hits", "case_ends", "due"),
    [
        (KeptFor(HOUR), 21 * DAY, None, NOON + HOUR),
        (KeptFor(HOUR), 21 * DAY, NOON + DAY, NOON + HOUR),
        (UntilCaseEnds(), 21 * DAY, None, NOON + 21 * DAY),
        (UntilCaseEnds(), 21 * DAY, NOON + 400 * DAY, NOON + 400 * DAY),
        (UntilCaseEnds(), 21 * DAY, NOON + DAY, NOON + DAY),
        (UntilCaseEnds(), rules.NEVER, None, NOON + rules.ALERT_TIME),
        (UntilCaseEnds(), rules.NEVER, NOON + HOUR, NOON + HOUR),
    ],
)
def test_how_long_a_hit_lives(
    kept: rules.HitsKept, non_hits: timedelta, case_ends: datetime | None, due: datetime
) -> None:
    policy = make_policy(hits_kept=kept, non_hits_kept=non_hits, longest_look_back=rules.NEVER)
    assert rules.hit_destroy_by(policy, NOON, case_ends_at=case_ends) == due


@pytest.mark.parametrize(
    ("non_hits", "kept"), [(rules.NEVER, DAY), (3 * MINUTE, 3 * MINUTE), (21 * DAY, DAY)]
)
def test_an_unknown_hit_is_kept_a_day_and_never_longer_than_a_non_hit(
    non_hits: timedelta, kept: timedelta
) -> None:
    assert rules.strictest_hits_kept(non_hits) == KeptFor(kept)


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        ({"approvals": 0}, PolicyError, "approvals: expected 1 to 5 people .*, found less than 1"),
        ({"approvals": -1}, PolicyError, "approvals"),
        ({"approvals": 6}, InputError, "approvals: .* found more"),
        ({"purposes": frozenset()}, InputError, "purposes: expected at least one"),
        ({"purposes": frozenset({"immigration"})}, PolicyError, "purposes: expected purposes of"),
        (
            {"hits_kept": KeptFor(timedelta(0))},
            InputError,
            "hits_kept: expected at least 3 minutes",
        ),
        ({"hits_kept": KeptFor(90 * DAY + TICK)}, PolicyError, "hits_kept: .* without a case"),
        ({"longest_look_back": 21 * DAY + TICK}, InputError, "longest_look_back: .* found more"),
        ({"longest_look_back": -TICK}, InputError, "longest_look_back: .* found less"),
        ({"non_hits_kept": MINUTE}, InputError, "non_hits_kept: .* found less than 3 minutes"),
    ],
)
def test_what_no_policy_may_say(change: dict[str, Any], kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=f"^policy town: {told}"):
        make_policy(**change)


def test_a_policy_at_its_limits_is_one() -> None:
    policy = make_policy(
        non_hits_kept=90 * DAY, hits_kept=KeptFor(90 * DAY), longest_look_back=90 * DAY, approvals=5
    )
    assert replace(policy) == policy
    assert hash(policy) == hash(replace(policy))


def test_basis_is_found_by_its_figure() -> None:
    basis = Basis("Act 1", statute_read=True)
    policy = make_policy(bases=((Figure.APPROVALS, basis),))
    assert policy.basis(Figure.APPROVALS) is basis
    assert policy.basis(Figure.EXIGENT) is None


@pytest.mark.parametrize(
    ("purpose", "reference", "fits"),
    [
        (Purpose.CRIME_INVESTIGATION, "2026-00417", True),
        (Purpose.CRIME_INVESTIGATION, "K 12", True),
        (Purpose.CRIME_INVESTIGATION, "Investigation", False),
        (Purpose.CRIME_INVESTIGATION, "2026-0041", False),
        (Purpose.CRIME_INVESTIGATION, "2026-004177", False),
        (Purpose.CRIME_INVESTIGATION, "2026_00417", False),
        (Purpose.CRIME_INVESTIGATION, "٢٠٢٦-٠٠٤١٧", False),
        (Purpose.CRIME_INVESTIGATION, "é 12", False),
        (Purpose.CRIME_INVESTIGATION, "", False),
        (Purpose.STOLEN_VEHICLE, "anything", True),
        (Purpose.STOLEN_VEHICLE, " ", False),
    ],
)
def test_references_have_the_form_that_is_asked(
    purpose: Purpose, reference: str, *, fits: bool
) -> None:
    forms = ((Purpose.CRIME_INVESTIGATION, ("####-#####", "@ ##")),)
    assert rules.reference_fits(make_policy(references=forms), purpose, reference) is fits
