"""What the desk decides before the transaction, and what it counts in it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.alerts.alert_worlds import WANTED, AlertWorld, alert_document
from tests.alerts.matches import alert_policy
from tests.intake.stored import make_picture
from tests.worlds import READERS, make_read

from fairplate.alerts.keeping import HeldCounts
from fairplate.alerts.raising import AlertDesk, Judged, Seen, count_held_back, sum_held_back
from fairplate.core.reads import Box
from fairplate.policy.alert_figures import SecondEngine

ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def desk_of(world: AlertWorld) -> AlertDesk:
    return world.alerting().desk(world.live(), second_engine=world.second_engine)


def judged(world: AlertWorld, plate: str = WANTED, **values: object) -> Judged:
    seen = Seen(
        read=make_read(plate), reader_id=READERS[0], captured_at=world.now, picture=make_picture()
    )
    changed = replace(seen, **values)  # type: ignore[arg-type] - the names are the fields'
    return desk_of(world).judge(changed, alert_policy(), now=world.now)


def found(world: AlertWorld, plate: str = WANTED) -> tuple[list[str], list[str]]:
    """Return the references of what passed and of what was held back."""
    one = judged(world, read=replace(make_read(plate), region="us-ca"))
    return tuple(  # type: ignore[return-value] - of two lists
        [verdict.listed.match.entry.reference for verdict in verdicts]
        for verdicts in (one.passed, one.held)
    )


@ON_ONE
def test_the_best_of_each_list_and_purpose_passes(alert_world: AlertWorld) -> None:
    alert_world.put_list(
        [
            "A8C1234,stolen-vehicle,look-alike",
            f"{WANTED},stolen-vehicle,exact",
            "ABC12?4,stolen-vehicle,pattern",
            f"{WANTED},court-order,order",
            f"{WANTED},stolen-plate,held,us-ny",
        ]
    )
    alert_world.put_list(["A8C1234,stolen-vehicle,other"], name="state")
    assert found(alert_world) == (["exact", "order", "other"], ["held"])
    assert found(alert_world, "XYZ9876") == ([], [])


@ON_ONE
def test_what_is_held_back_hides_nothing_that_passes(alert_world: AlertWorld) -> None:
    """The exact entry is not in force yet; the look-alike one is."""
    alert_world.put_list(
        [f"{WANTED},stolen-vehicle,exact,us-ny", "A8C1234,stolen-vehicle,look-alike"]
    )
    read = replace(make_read(WANTED), region="us-ca")
    one = judged(alert_world, read=read)
    assert [verdict.listed.match.entry.reference for verdict in one.passed] == ["look-alike"]
    assert one.held == ()  # that list raised what it could


@ON_ONE
def test_the_second_engine_is_asked_once_and_only_if_it_matters(alert_world: AlertWorld) -> None:
    asked: list[Box] = []

    def look(_picture: bytes, box: Box) -> str:
        asked.append(box)
        return ""

    alert_world.second_engine = look
    alert_world.put_list([f"{WANTED},stolen-vehicle,1", f"{WANTED},court-order,2"])
    one = judged(alert_world)
    assert len(asked) == 1
    assert all("finds no plate" in verdict.doubts[-1] for verdict in one.passed)
    judged(alert_world, picture=None)
    judged(alert_world, read=replace(make_read(WANTED), frames=1), from_video=True)
    assert len(asked) == 1
    policy = alert_policy(second_engine=SecondEngine.HOLD_BACK)
    held = desk_of(alert_world).judge(one.seen, policy, now=alert_world.now)
    assert (len(held.passed), len(held.held)) == (0, 2)


def test_counts_add_up_by_list_reader_reason_and_day(alert_world: AlertWorld) -> None:
    first, second = date(2026, 11, 22), date(2026, 11, 23)
    database = alert_world.world.database
    for day, number in ((first, 1), (second, 2), (second, 3)):
        held: HeldCounts = HeldCounts(
            {("county", "gate", "repeat"): number, ("state", "gate", "repeat"): 10 * number,
             ("county", "other", "purpose"): 1}
        )  # fmt: skip
        with database.transaction() as connection:
            count_held_back(connection, day, held)
            count_held_back(connection, day, HeldCounts())
    with database.reading() as connection:
        assert sum_held_back(connection, since=first) == {
            ("county", "purpose"): 3, ("county", "repeat"): 6, ("state", "repeat"): 60,
        }  # fmt: skip
        assert sum_held_back(connection, since=second)["county", "repeat"] == 5
        assert sum_held_back(connection, since=date(2026, 11, 24)) == {}


@ON_ONE
@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"least_chance": "90"}, "low-chance"),
        ({"entry_life": '{ stolen-vehicle = "1 day" }'}, "entry-too-old"),
        ({"hot_lists_refreshed": '"1 hour"'}, "list-stale"),
    ],
)
def test_the_policys_figures_hold_back(
    alert_world: AlertWorld, figures: dict[str, str], reason: str
) -> None:
    alert_world.world.set_policy(alert_document(**figures))
    alert_world.put_list()
    alert_world.move(timedelta(days=1))
    (taken,) = alert_world.take(alert_world.arriving())
    assert taken.alerts == ()
    assert ("county", reason) in alert_world.held_back()


@ON_ONE
def test_a_chance_is_cut_and_not_rounded(alert_world: AlertWorld) -> None:
    alert_world.raise_one()
    (alert,) = alert_world.alerts()
    (verdict,) = judged(alert_world).passed
    assert alert.chance_permille == int(verdict.chance * 1000) < verdict.chance * 1000
