"""When keys end: never later than promised, and never later than the policy in force says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import policy_document

from fairplate.core.periods import PERIOD_LENGTHS, period_at
from fairplate.policy.arrivals import RECEIPTS_KEPT
from fairplate.policy.document import check_policy
from fairplate.policy.rules import NON_HIT_CEILING, Policy
from fairplate.vault.due import due_at
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName, latest_end

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = period_at(NOON, DAY)
THIS_HOUR = period_at(NOON, HOUR)
LATER = NOON + 300 * DAY


def policy(non_hits: str, hits: str = "1 day") -> Policy:
    document = policy_document(non_hits, hits)
    return check_policy(document, where="test").require()


MONTH, WEEK, STRICT = policy("30 days"), policy("7 days", "2 days"), policy("never", "8 hours")
UNTIL_CASE = policy("12 days", "until-case-ends")
STRICT_UNTIL_CASE = policy("never", "until-case-ends")


@pytest.mark.parametrize(
    ("name", "promised", "in_force", "due"),
    [
        (TODAY, TODAY.start + 30 * DAY, MONTH, TODAY.start + 30 * DAY),
        (TODAY, TODAY.start + 7 * DAY, MONTH, TODAY.start + 7 * DAY),
        (TODAY, TODAY.start + 30 * DAY, WEEK, TODAY.start + 7 * DAY),
        (HitsKeyName(THIS_HOUR), NOON + DAY, MONTH, NOON + DAY),
        (HitsKeyName(THIS_HOUR), NOON + DAY, WEEK, NOON + DAY),
        (HitsKeyName(THIS_HOUR), NOON + 9 * DAY, WEEK, NOON + 2 * DAY),
        (HitsKeyName(THIS_HOUR), NOON + 9 * DAY, STRICT, NOON + 8 * HOUR),
        (HitsKeyName(THIS_HOUR), NOON + 90 * DAY, UNTIL_CASE, NOON + 12 * DAY),
        (HitsKeyName(THIS_HOUR), NOON + 90 * DAY, STRICT_UNTIL_CASE, NOON + DAY),
        (CaseKeyName("theft-17"), LATER, STRICT, LATER),
        (CaseKeyName("theft-17"), LATER, MONTH, LATER),
    ],
)
def test_due(name: KeyName, promised: datetime, in_force: Policy, due: datetime) -> None:
    assert due_at(name, promised, NOON, in_force, set_at=NOON - DAY) == due
    assert due_at(name, promised, NOON, in_force, set_at=NOON + DAY) == due or in_force is STRICT


@pytest.mark.parametrize("in_force", [STRICT, STRICT_UNTIL_CASE])
def test_a_strict_policy_ends_earlier_period_keys_at_once(in_force: Policy) -> None:
    set_at = NOON + 5 * MINUTE
    for name in (TODAY, THIS_HOUR):
        assert due_at(name, LATER, NOON, in_force, set_at=set_at) == set_at


def test_a_strict_policy_leaves_its_own_receipts_their_time() -> None:
    due = due_at(THIS_HOUR, LATER, NOON + MINUTE, STRICT, set_at=NOON)
    assert due == THIS_HOUR.start + RECEIPTS_KEPT


def test_a_strict_policy_leaves_earlier_hits_their_time() -> None:
    due = due_at(HitsKeyName(THIS_HOUR), NOON + 8 * HOUR, NOON, STRICT, set_at=NOON + MINUTE)
    assert due == NOON + 8 * HOUR


moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - Hypothesis takes naive bounds and adds the zone
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LONGEST_AND_SHORTEST = (
    policy("90 days", "90 days"),
    policy("3 minutes", "3 minutes"),
    policy("3 hours", "90 days"),
)
policies = st.sampled_from(
    [MONTH, WEEK, STRICT, UNTIL_CASE, STRICT_UNTIL_CASE, *LONGEST_AND_SHORTEST]
)


@st.composite
def period_names(draw: st.DrawFn) -> KeyName:
    period = period_at(draw(moments), draw(st.sampled_from(PERIOD_LENGTHS)))
    return HitsKeyName(period) if draw(st.booleans()) else period


@given(
    name=period_names() | st.just(CaseKeyName("theft-17")),
    promised=moments,
    made_at=moments,
    set_at=moments,
    in_force=policies,
)
def test_never_later_than_promised(
    name: KeyName, promised: datetime, made_at: datetime, set_at: datetime, in_force: Policy
) -> None:
    assert due_at(name, promised, made_at, in_force, set_at=set_at) <= promised


@given(name=period_names(), made_at=moments, set_at=moments, in_force=policies)
def test_never_later_than_the_ceiling(
    name: KeyName, made_at: datetime, set_at: datetime, in_force: Policy
) -> None:
    period = name.period if isinstance(name, HitsKeyName) else name
    assert not isinstance(period, CaseKeyName)
    latest = latest_end(name, made_at)  # no keyring promises more
    assert latest == period.start + NON_HIT_CEILING
    assert due_at(name, latest, made_at, in_force, set_at=set_at) <= latest
    far = datetime(9000, 1, 1, tzinfo=UTC)  # but a table may have been altered
    if in_force.non_hits_kept or set_at <= made_at:
        assert due_at(name, far, made_at, in_force, set_at=set_at) <= latest


@given(name=period_names(), made_at=moments, in_force=policies)
def test_a_policy_set_again_changes_nothing_that_it_made(
    name: KeyName, made_at: datetime, in_force: Policy
) -> None:
    promised = datetime(9000, 1, 1, tzinfo=UTC)
    first = due_at(name, promised, made_at, in_force, set_at=made_at)
    assert due_at(name, promised, made_at, in_force, set_at=made_at - DAY) == first
