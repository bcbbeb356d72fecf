"""The gate against DESIGN section 6 said once more, over everything that it decides from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import product

import pytest
from tests.alerts.matches import (
    NOON,
    alert_policy,
    entry_of,
    listed,
    passing,
    read_of,
    standing_of_county,
)

from fairplate.alerts.gate import (
    GateHold,
    Listed,
    ListStanding,
    Passing,
    Verdict,
    judge,
    second_engine_disagrees,
)
from fairplate.core.purposes import Purpose
from fairplate.hotlists.chance import chance_right
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import HeldBack, MatchHold, MatchKind, match_entry
from fairplate.policy.alert_figures import ENTRY_LIFE, SecondEngine
from fairplate.policy.rules import Policy

STOLEN, TOLL = Purpose.STOLEN_VEHICLE, Purpose.TOLL_OR_PARKING
ANY, NO_STOLEN = frozenset(Purpose), frozenset(Purpose) - {STOLEN}
LIFE = ENTRY_LIFE[STOLEN]
PLATES = {  # the entry's plate, by how the read ABC1234 fits it
    MatchKind.EXACT: "ABC1234",
    MatchKind.LOOK_ALIKE: "A8C1234",
    MatchKind.PATTERN: "ABC12?4",
}
SECONDS = (None, "", "ABC1234", "XYZ9876")


@dataclass(frozen=True)
class Case:
    """One point of the space; each value is what a rule looks at."""

    held: bool
    in_policy: bool
    in_list: bool
    is_stale: bool
    kind: MatchKind
    look_alikes: bool
    list_suspended: bool
    reader_suspended: bool
    is_old: bool
    from_video: bool
    frames: int
    is_likely: bool
    second: str | None
    hold_back: bool


def every_case() -> Iterator[Case]:
    yes_no = (False, True)
    return (
        Case(*values)
        for values in product(
            yes_no,
            yes_no,
            yes_no,
            yes_no,
            MatchKind,
            yes_no,
            yes_no,
            yes_no,
            yes_no,
            yes_no,
            (1, 2),
            yes_no,
            SECONDS,
            yes_no,
        )
    )


def expected(case: Case) -> set[str]:
    """Say the rules once more, as DESIGN section 6 and the policy word them."""
    rules = {
        "jurisdiction": case.held,  # whatever the match says stands
        "purpose": not (case.in_policy and case.in_list),
        "list-stale": case.is_stale,
        "look-alike": case.kind is MatchKind.LOOK_ALIKE and not case.look_alikes,
        "list-suspended": case.list_suspended,
        "reader-suspended": case.reader_suspended,
        "entry-too-old": case.is_old,
        "one-frame": case.from_video and case.frames == 1,
        "low-chance": not case.is_likely,
        # Two engines that both read the look-alike speak against the entry.
        "second-engine": case.hold_back
        and (
            case.second in ("", "XYZ9876")
            or (case.second == "ABC1234" and case.kind is MatchKind.LOOK_ALIKE)
        ),
    }
    return {reason for reason, holds in rules.items() if holds}


READS = {frames: read_of(frames=frames) for frames in (1, 2)}
LISTED = {
    (kind, frames): listed(entry_of(PLATES[kind]), READS[frames])
    for kind in MatchKind
    for frames in (1, 2)
}
HELD = HeldBack(MatchHold.JURISDICTION, "jurisdiction contradicts")


@cache
def chance_of(kind: MatchKind, frames: int) -> float:
    found = LISTED[kind, frames]
    return chance_right(READS[frames], found.match.entry, kind, found.circumstances)


@cache
def policy_of(bar: float, *, in_policy: bool, hold_back: bool) -> Policy:
    return alert_policy(
        purposes=ANY if in_policy else NO_STOLEN,
        least_chance=bar,
        second_engine=SecondEngine.HOLD_BACK if hold_back else SecondEngine.DOUBT,
    )


@cache
def standing_of(
    *, in_list: bool, look_alikes: bool, suspended: bool, is_stale: bool, is_old: bool
) -> ListStanding:
    return standing_of_county(
        purposes=ANY if in_list else NO_STOLEN,
        look_alikes=look_alikes,
        suspended=suspended,
        fresh_until=NOON if is_stale else NOON + timedelta(seconds=1),
        imported_at=NOON - LIFE if is_old else NOON - LIFE + timedelta(seconds=1),
    )


@cache
def listed_as(kind: MatchKind, frames: int, standing: ListStanding, *, held: bool) -> Listed:
    found = LISTED[kind, frames]
    match = replace(found.match, held_back=(HELD,) if held else ())
    return replace(found, match=match, standing=standing)


def made(case: Case) -> Verdict:
    chance = chance_of(case.kind, case.frames)
    policy = policy_of(
        chance if case.is_likely else chance + 0.001,
        in_policy=case.in_policy,
        hold_back=case.hold_back,
    )
    standing = standing_of(
        in_list=case.in_list,
        look_alikes=case.look_alikes,
        suspended=case.list_suspended,
        is_stale=case.is_stale,
        is_old=case.is_old,
    )
    seen = Passing(
        read=READS[case.frames],
        from_video=case.from_video,
        reader_suspended=case.reader_suspended,
        second_plate=case.second,
    )
    found = listed_as(case.kind, case.frames, standing, held=case.held)
    return judge(seen, found, policy, now=NOON)


def test_the_whole_space_is_judged_as_the_design_says() -> None:
    number = 0
    for case in every_case():
        verdict = made(case)
        reasons = [hold.reason.value for hold in verdict.held_back]
        assert len(reasons) == len(set(reasons)), case
        assert set(reasons) == expected(case), case
        number += 1
    assert number == 2**11 * 3 * 2 * 4


def test_a_clear_match_is_held_back_by_nothing() -> None:
    verdict = judge(passing(from_video=True), listed(), alert_policy(), now=NOON)
    assert verdict.held_back == ()
    assert verdict.chance > 0.8


@pytest.mark.parametrize("hold", MatchHold)
def test_what_the_match_holds_back_stays_held_back(hold: MatchHold) -> None:
    found = listed()
    match = replace(found.match, held_back=(HeldBack(hold, "a reason"),))
    verdict = judge(passing(), replace(found, match=match), alert_policy(), now=NOON)
    assert verdict.held_back == (HeldBack(hold, "a reason"),)


def test_every_reason_is_another_word() -> None:
    words = [one.value for one in (*GateHold, *MatchHold)]
    assert len(words) == len(set(words)) == 16


@pytest.mark.parametrize(
    ("valid_until", "imported", "reasons"),
    [
        (NOON, timedelta(0), {"entry-expired"}),  # not also as too old: it is one reason
        (NOON + timedelta(seconds=1), timedelta(0), set()),
        (None, LIFE - timedelta(seconds=1), set()),
        (None, LIFE, {"entry-too-old"}),
        (NOON + timedelta(days=1), LIFE, {"entry-too-old"}),
        (NOON, LIFE, {"entry-expired", "entry-too-old"}),
    ],
)
def test_an_entry_ends_by_its_own_word_or_by_its_purposes(
    valid_until: datetime | None, imported: timedelta, reasons: set[str]
) -> None:
    found = listed(
        entry_of(valid_until=valid_until),
        standing=standing_of_county(imported_at=NOON - imported),
    )
    verdict = judge(passing(), found, alert_policy(), now=NOON)
    assert {hold.reason.value for hold in verdict.held_back} == reasons


def test_a_policy_may_shorten_an_entrys_life() -> None:
    found = listed(standing=standing_of_county(imported_at=NOON - timedelta(days=2)))
    policy = alert_policy(entry_life=((STOLEN, timedelta(days=2)),))
    (hold,) = judge(passing(), found, policy, now=NOON).held_back
    assert hold.reason is GateHold.ENTRY_TOO_OLD
    assert "2026-11-23T12:00+00:00" in hold.told


@pytest.mark.parametrize("purpose", Purpose)
def test_each_purpose_must_be_the_policys_and_the_lists(purpose: Purpose) -> None:
    one, other = frozenset({purpose}), frozenset(Purpose) - {purpose}
    for of_policy, of_list in product((one, other), repeat=2):
        verdict = judge(
            passing(),
            listed(entry_of(purpose=purpose), standing=standing_of_county(purposes=of_list)),
            alert_policy(purposes=of_policy),
            now=NOON,
        )
        held = {hold.reason for hold in verdict.held_back}
        assert (GateHold.PURPOSE in held) is (purpose not in of_policy or purpose not in of_list)


def fitting(entry: str) -> Entry:
    return entry_of(entry)


@pytest.mark.parametrize(
    ("entry", "second", "disagrees"),
    [
        ("ABC1234", None, False),  # there is none, or it cannot tell
        ("ABC1234", "", True),
        ("ABC1234", "ABC1234", False),
        ("ABC1234", "A8C1234", True),  # also where it looks alike
        ("ABC1234", "ABC123", True),
        ("ABC1234", "ABC12345", True),
        ("AOC1034", "A0C1O34", False),
        ("ABC12?4", "ABC1254", False),
        ("ABC12?4", "A8C1254", True),
        ("ABC12?4", "ABC12", True),
    ],
)
def test_a_second_engine_agrees_with_the_entry_or_not(
    entry: str,
    second: str | None,
    disagrees: bool,  # noqa: FBT001 - a value of the table
) -> None:
    read = read_of(entry.replace("?", "5"))
    match = match_entry(read, fitting(entry), now=NOON)
    assert second_engine_disagrees(second, match) is disagrees


@pytest.mark.parametrize("rule", SecondEngine)
@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("", "a second engine finds no plate in the same picture"),
        ("XYZ9876", "a second engine reads XYZ9876 in the same picture"),
    ],
)
def test_a_second_engines_disagreement_is_a_doubt_whatever_it_decides(
    rule: SecondEngine, second: str, told: str
) -> None:
    found = listed()
    policy = alert_policy(second_engine=rule)
    verdict = judge(passing(second_plate=second), found, policy, now=NOON)
    assert verdict.doubts == (*found.match.doubts, told)
    held = verdict.held_back
    assert held == ((HeldBack(GateHold.SECOND_ENGINE, told),) if rule == "hold-back" else ())


def test_the_same_entry_says_the_same_again() -> None:
    first = judge(passing(), listed(), alert_policy(), now=NOON)
    assert judge(passing(), listed(), alert_policy(), now=NOON) == first


def test_no_reason_names_the_plate() -> None:
    standing = standing_of_county(
        purposes=NO_STOLEN, look_alikes=False, suspended=True, fresh_until=NOON,
        imported_at=NOON - LIFE,
    )  # fmt: skip
    read = read_of(frames=1)
    found = listed(entry_of("A8C1234"), read, standing)
    seen = passing(read, from_video=True, reader_suspended=True)
    policy = alert_policy(least_chance=0.9, purposes=frozenset({TOLL}))
    told = [str(hold) for hold in judge(seen, found, policy, now=NOON).held_back]
    assert len(told) == 8
    assert not [line for line in told if "ABC1234" in line or "A8C1234" in line]
