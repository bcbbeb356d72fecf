"""When entries end and lists are stale: never later than entry, list or policy says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import ENTRY_LIFE, QUIET_PURPOSES
from fairplate.policy.hot_lists import entry_ends, entry_life, list_fresh_until
from fairplate.policy.presets import load_preset

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
STRICT = load_preset("strict")
SPANS = st.timedeltas(timedelta(minutes=1), 900 * DAY)


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_has_a_longest_life_that_a_policy_may_only_shorten(purpose: Purpose) -> None:
    longest = ENTRY_LIFE[purpose]
    assert timedelta(0) < longest <= 365 * DAY
    assert entry_life(STRICT, purpose) == longest
    shorter = replace(STRICT, entry_life=((purpose, longest - TICK),))
    for other in Purpose:
        assert entry_life(shorter, other) == ENTRY_LIFE[other] - TICK * (other is purpose)
    with pytest.raises(PolicyError, match=f"entry_life: expected at most .* for {purpose}"):
        replace(STRICT, entry_life=((purpose, longest + TICK),))
    with pytest.raises(InputError, match="found none at all"):
        replace(STRICT, entry_life=((purpose, timedelta(0)),))


@given(st.sampled_from(Purpose), st.none() | SPANS)
def test_an_entry_ends_by_its_own_word_or_by_the_policys(
    purpose: Purpose, said: timedelta | None
) -> None:
    longest = NOON + ENTRY_LIFE[purpose]
    ends = entry_ends(STRICT, purpose, NOON, None if said is None else NOON + said)
    assert ends == (longest if said is None else min(longest, NOON + said))
    assert ends.utcoffset() == timedelta(0)


@given(st.none() | SPANS, st.none() | SPANS)
def test_a_list_is_stale_by_the_sooner_of_its_own_and_the_policys_figure(
    own: timedelta | None, everyones: timedelta | None
) -> None:
    policy = replace(STRICT, hot_lists_refreshed=everyones)
    stale = list_fresh_until(policy, own, NOON)
    spans = [span for span in (own, everyones) if span is not None]
    assert stale == (NOON + min(spans) if spans else None)


def test_times_are_told_in_utc() -> None:
    there = timezone(timedelta(hours=9))
    at = NOON.astimezone(there)
    for found in (
        entry_ends(STRICT, Purpose.TEST, at, None),
        entry_ends(STRICT, Purpose.TEST, NOON, at),
        list_fresh_until(STRICT, DAY, at),
    ):
        assert found is not None
        assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), NOON.replace(tzinfo=None)])
def test_times_without_a_zone_or_beyond_the_calendar_are_refused(at: datetime) -> None:
    with pytest.raises(InputError, match="imported_at"):
        entry_ends(STRICT, Purpose.TEST, at, None)
    with pytest.raises(InputError, match="imported_at"):
        list_fresh_until(STRICT, DAY, at)


def test_only_what_can_wait_until_morning_may_be_quiet() -> None:
    assert {Purpose.SITE_ACCESS, Purpose.TOLL_OR_PARKING, Purpose.TEST} == QUIET_PURPOSES


@pytest.mark.parametrize(
    ("figure", "good", "bad"),
    [
        ("repeat_window", (5, 24 * 60), (0, 4.999, 24 * 60.001)),
        ("wrong_alerts", (0.01, 0.5), (0, 0.0099, 0.501, 1.5, float("nan"))),
        ("least_chance", (0, 0.9), (-0.01, 0.901, float("nan"))),
    ],
)
def test_figures_of_alerts_have_their_bounds(
    figure: str, good: tuple[float, ...], bad: tuple[float, ...]
) -> None:
    def value(number: float) -> float | timedelta:
        return timedelta(minutes=number) if figure == "repeat_window" else number

    for number in good:
        changed = replace(STRICT, **{figure: value(number)})  # type: ignore[arg-type]  # by name
        assert getattr(changed, figure) == value(number)
    for number in bad:
        with pytest.raises((InputError, PolicyError), match=f"policy strict: {figure}: expected"):
            replace(STRICT, **{figure: value(number)})  # type: ignore[arg-type]  # by name
