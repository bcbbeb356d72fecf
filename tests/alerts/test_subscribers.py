from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from tests.alerts.matches import NOON

from fairplate.alerts.subscribers import QuietHours, Subscriber, read_subscriber
from fairplate.core.errors import FairplateError
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import QUIET_PURPOSES

BERLIN = ZoneInfo("Europe/Berlin")
TABLE = {"channel": "mail", "address": "anna@example.org"}
MINUTE = timedelta(minutes=1)
SPANS = [("22:00", "07:00"), ("00:00", "06:00"), ("01:30", "02:30"), ("02:15", "02:45"),
         ("23:00", "02:30"), ("07:00", "00:00"), ("12:00", "11:59")]  # fmt: skip
DAYS = {  # in Berlin: an ordinary day, the one with 23 hours, and the one with 25
    "ordinary": datetime(2026, 11, 22, 20, tzinfo=UTC),
    "spring": datetime(2026, 3, 28, 20, tzinfo=UTC),
    "autumn": datetime(2026, 10, 24, 20, tzinfo=UTC),
}


def quiet(start: str, end: str, zone: ZoneInfo = BERLIN) -> QuietHours:
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end), zone)


def is_within(hours: QuietHours, at: time) -> bool:
    """Say by the wall clock alone whether it is quiet."""
    if hours.start < hours.end:
        return hours.start <= at < hours.end
    return at >= hours.start or at < hours.end


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(("start", "end"), SPANS)
def test_every_minute_of_two_days(day: str, start: str, end: str) -> None:
    """Quiet exactly by the wall clock, and until the clock shows the end; never until the past."""
    hours = quiet(start, end)
    for minute in range(48 * 60):
        now = DAYS[day] + minute * MINUTE
        ends_at = hours.end_at(now)
        local = now.astimezone(BERLIN)
        assert (ends_at is not None) is is_within(hours, local.time()), local
        if ends_at is None:
            continue
        in_utc = ends_at.astimezone(UTC)
        assert now < in_utc <= now + timedelta(hours=25), local
        # A time that the clock skips comes an hour later by the wall.
        skipped = in_utc.astimezone(BERLIN).replace(tzinfo=None) != ends_at.replace(tzinfo=None)
        assert ends_at.time() == hours.end
        assert not skipped or day == "spring"


def test_the_second_of_two_equal_hours_is_quiet_too() -> None:
    hours = quiet("01:30", "02:30")
    first, second = (datetime(2026, 10, 25, at, 15, tzinfo=UTC) for at in (0, 1))
    assert [one.astimezone(BERLIN).time() for one in (first, second)] == [time(2, 15)] * 2
    ends = [hours.end_at(one) for one in (first, second)]
    assert [one and one.astimezone(UTC).time() for one in ends] == [time(0, 30), time(1, 30)]


def test_each_person_has_their_own_zone() -> None:
    now = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    ends = {
        zone: quiet("22:00", "07:00", ZoneInfo(zone)).end_at(now)
        for zone in ("UTC", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu")
    }
    assert {zone: end and end.astimezone(UTC).isoformat() for zone, end in ends.items()} == {
        "UTC": "2026-11-24T07:00:00+00:00",
        "America/New_York": None,
        "Asia/Tokyo": None,  # half past seven
        "Asia/Kathmandu": "2026-11-24T01:15:00+00:00",
    }


@pytest.mark.parametrize("purpose", [*Purpose, None])
def test_quiet_hours_hold_only_what_can_wait(purpose: Purpose | None) -> None:
    night = datetime(2026, 11, 23, 23, tzinfo=UTC)
    person = read_subscriber("anna", {**TABLE, "quiet_hours": "22:00-07:00", "zone": "UTC"})
    waits = purpose is None or purpose in QUIET_PURPOSES
    morning = datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert person.due_at(purpose, night) == (morning if waits else night)
    assert person.due_at(purpose, NOON) == NOON
    awake = read_subscriber("bert", TABLE)
    assert awake.due_at(purpose, night) == night


def test_nobody_may_be_deaf_where_lives_hang_on_it() -> None:
    assert {Purpose.SITE_ACCESS, Purpose.TOLL_OR_PARKING, Purpose.TEST} == QUIET_PURPOSES


def test_who_wants_which_alerts() -> None:
    lists = (None, frozenset({"a"}), frozenset({"a", "b"}))
    purposes = (None, frozenset({Purpose.TEST}))
    asked = product(("a", "b", "c"), (Purpose.TEST, Purpose.COURT_ORDER))
    for of_lists, of_purposes, (list_id, purpose) in product(lists, purposes, list(asked)):
        person = Subscriber(
            name="anna", channel="mail", address="a@b", lists=of_lists, purposes=of_purposes
        )
        wants = (not of_lists or list_id in of_lists) and (
            not of_purposes or purpose in of_purposes
        )
        assert person.wants(list_id, purpose) is wants


def test_a_table_with_everything() -> None:
    person = read_subscriber(
        "desk-1",
        {**TABLE, "lists": ["county"], "purposes": ["test"], "quiet_hours": "22:00-07:00",
         "zone": "Europe/Berlin", "dispatcher": True, "notices": False},
    )  # fmt: skip
    assert person == Subscriber(
        name="desk-1", channel="mail", address="anna@example.org", lists=frozenset({"county"}),
        purposes=frozenset({Purpose.TEST}), quiet=quiet("22:00", "07:00"), dispatcher=True,
        notices=False,
    )  # fmt: skip
    plain = read_subscriber("anna", TABLE)
    assert (plain.lists, plain.purposes, plain.quiet) == (None, None, None)
    assert (plain.dispatcher, plain.notices) == (False, True)


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("Anna", {}, "name"),
        ("a_b", {}, "name"),
        ("-a", {}, "name"),
        ("12", {}, "name"),
        ("a" * 33, {}, "name"),
        ("anna", {"adress": "x"}, "'adress'"),
        ("anna", {"channel": 5}, "channel"),
        ("anna", {"address": ""}, "address"),
        ("anna", {"lists": []}, "lists"),
        ("anna", {"lists": "county"}, "lists"),
        ("anna", {"purposes": [1]}, "purposes"),
        ("anna", {"purposes": ["speeding"]}, "purposes"),
        ("anna", {"dispatcher": "yes"}, "dispatcher"),
        ("anna", {"notices": 1}, "notices"),
        ("anna", {"zone": "UTC"}, "zone"),
        ("anna", {"quiet_hours": "22:00-07:00"}, "zone"),
        ("anna", {"quiet_hours": "22-7", "zone": "UTC"}, "quiet_hours"),
        ("anna", {"quiet_hours": "24:00-07:00", "zone": "UTC"}, "quiet_hours"),
        ("anna", {"quiet_hours": "07:00-07:00", "zone": "UTC"}, "quiet_hours"),
        ("anna", {"quiet_hours": "22:00-07:00", "zone": "Berlin"}, "zone"),
        ("anna", {"quiet_hours": "22:00-07:00", "zone": "../UTC"}, "zone"),
        ("anna", {"quiet_hours": "22:00-07:00", "zone": "Europe"}, "zone"),
    ],
)
def test_what_is_no_subscriber(name: str, more: Mapping[str, object], said: str) -> None:
    with pytest.raises(FairplateError) as refused:
        read_subscriber(name, {**TABLE, **more})
    assert said in str(refused.value)
    assert "anna@example.org" not in str(refused.value)


def test_the_address_is_not_shown() -> None:
    assert "example.org" not in repr(read_subscriber("anna", TABLE))
