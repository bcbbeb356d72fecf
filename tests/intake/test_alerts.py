"""A read that matches raises its alert in the transaction that stores it, or nothing is stored."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.alerts.alert_worlds import MAIL, WANTED, AlertWorld, alert_document, mail_to
from tests.intake.stored import added_rows, count_rows, everything, outcomes
from tests.worlds import READERS, make_read

from fairplate.audit.words import Suspended
from fairplate.core.reads import Box
from fairplate.storage.schema import kept_records

HIT_PARTS = 4  # read, matches, crop, blurred
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""For what is decided before anything is stored."""


def test_an_alert_its_message_and_its_event_come_with_the_read(alert_world: AlertWorld) -> None:
    before = count_rows(alert_world.world)
    (taken,) = alert_world.take(alert_world.arriving())
    (alert,), (message,) = alert_world.alerts(), alert_world.outbox()
    assert taken.outcome == "sealed"
    assert taken.alerts == (alert.id,)
    assert taken.hit is not None
    assert (alert.record_id, alert.list_id, alert.reader_id, alert.purpose, alert.state) == (
        taken.hit.record_id, "county", READERS[0], "stolen-vehicle", "unconfirmed",
    )  # fmt: skip
    assert (message.alert_id, message.key, message.subscriber, message.state) == (
        alert.id, f"{alert.id}-anna", "anna", "waiting",
    )  # fmt: skip
    (event,) = alert_world.events()
    assert event == {
        "type": "alert.raised", "actor": "system", "alert": alert.id, "list": "county",
        "purpose": "stolen-vehicle", "match": "exact", "chance_permille": alert.chance_permille,
    }  # fmt: skip
    added = added_rows(alert_world.world, before)
    assert {name: added[name] for name in ("alerts", "outbox", "kept_records", "sealed_reads")} == {
        "alerts": 1, "outbox": 1, "kept_records": HIT_PARTS, "sealed_reads": 1,
    }  # fmt: skip
    assert alert_world.woken == [alert_world.now]


def test_a_read_that_matches_nothing_tells_nobody(alert_world: AlertWorld) -> None:
    (taken,) = alert_world.take(alert_world.arriving("XYZ9876"))
    assert (taken.outcome, taken.hit, taken.alerts) == ("sealed", None, ())
    assert (alert_world.alerts(), alert_world.outbox(), alert_world.woken) == ([], [], [])


def test_nothing_is_stored_where_the_alert_cannot_be(alert_world: AlertWorld) -> None:
    with alert_world.world.database.transaction() as connection:
        connection.execute(sa.text("ALTER TABLE outbox RENAME TO outbox_away"))
    intake, arriving = alert_world.intake(), alert_world.arriving()
    with pytest.raises(sa.exc.DBAPIError):
        intake.take([arriving])
    with alert_world.world.database.transaction() as connection:
        connection.execute(sa.text("ALTER TABLE outbox_away RENAME TO outbox"))
    assert (alert_world.alerts(), alert_world.events(), alert_world.woken) == ([], [], [])
    assert not {"sealed_reads", "receipts", "counts", "kept_records", "held_back"} & set(
        count_rows(alert_world.world)
    )
    (taken,) = intake.take([arriving])  # sent again, it is new
    assert (taken.outcome, len(taken.alerts)) == ("sealed", 1)


def test_sent_again_it_raises_nothing_more(alert_world: AlertWorld) -> None:
    intake, arriving = alert_world.intake(), alert_world.arriving()
    intake.take([arriving])
    before = count_rows(alert_world.world)
    (again,) = intake.take([arriving])
    assert (again.outcome, again.hit, again.alerts) == ("duplicate", None, ())
    added = added_rows(alert_world.world, before)
    assert set(added) == {"counts"}
    assert alert_world.alerts()[0].repeats == 0


def test_twice_in_one_batch_is_one_alert(alert_world: AlertWorld) -> None:
    arriving = alert_world.arriving()
    taken = alert_world.take(arriving, arriving, alert_world.arriving())
    assert outcomes(taken) == ["sealed", "duplicate", "sealed"]
    assert [len(one.alerts) for one in taken] == [1, 0, 0]
    assert alert_world.alerts()[0].repeats == 1


def test_of_a_repeat_no_second_record_is_kept(alert_world: AlertWorld) -> None:
    alert_world.raise_one()
    before = count_rows(alert_world.world)
    (again,) = alert_world.take(alert_world.arriving())
    assert (again.outcome, again.hit, again.alerts) == ("sealed", None, ())
    assert "kept_records" not in added_rows(alert_world.world, before)
    assert alert_world.held_back() == {("county", "repeat"): 1}


def test_two_lists_raise_two_alerts_that_share_the_record(alert_world: AlertWorld) -> None:
    alert_world.put_list(name="state")
    (taken,) = alert_world.take(alert_world.arriving())
    first, second = alert_world.alerts()
    assert set(taken.alerts) == {first.id, second.id}
    assert {first.list_id, second.list_id} == {"county", "state"}
    assert taken.hit is not None
    assert first.record_id == second.record_id == taken.hit.record_id
    assert len(alert_world.rows(kept_records)) == HIT_PARTS


@ON_ONE
def test_two_purposes_of_one_list_raise_two_alerts(alert_world: AlertWorld) -> None:
    alert_world.subscribers = {
        "desk": mail_to("desk", purposes=["missing-or-endangered-person"]),
        "tolls": mail_to("tolls", purposes=["toll-or-parking"]),
    }
    alert_world.put_list(
        [f"{WANTED},toll-or-parking,T1", f"{WANTED},missing-or-endangered-person,M1"]
    )
    alert_world.take(alert_world.arriving())
    assert {one.purpose for one in alert_world.alerts()} == {
        "toll-or-parking", "missing-or-endangered-person",
    }  # fmt: skip
    assert sorted(name for name, _ in alert_world.told()) == ["desk", "tolls"]
    book = alert_world.book()
    references = {one.purpose: book.message(one.id) for one in alert_world.alerts()}
    assert {purpose: told.reference for purpose, told in references.items() if told} == {
        "toll-or-parking": "T1", "missing-or-endangered-person": "M1",
    }  # fmt: skip


@ON_ONE
def test_only_held_back_keeps_no_record_and_counts_each_reason(alert_world: AlertWorld) -> None:
    alert_world.put_list([f"{WANTED},stolen-vehicle,1,us-ny,motorcycle"])
    read = replace(make_read(WANTED, READERS[0]), region="us-ca", frames=1)
    (taken,) = alert_world.take(alert_world.arriving(read=read, from_video=True))
    assert (taken.outcome, taken.hit, taken.alerts) == ("sealed", None, ())
    assert alert_world.held_back() == {("county", "jurisdiction"): 1, ("county", "one-frame"): 1}
    assert alert_world.outbox() == []


def test_counts_of_a_batch_are_added_up(alert_world: AlertWorld) -> None:
    alert_world.put_list(look_alikes="false")
    reads = [alert_world.arriving("A8C1234", reader) for reader in (*READERS, READERS[0])]
    alert_world.take(*reads)
    assert alert_world.held_back() == {("county", "look-alike"): 3}
    alert_world.take(alert_world.arriving("A8C1234"))
    assert alert_world.held_back() == {("county", "look-alike"): 4}


@ON_ONE
def test_a_hit_that_cannot_be_kept_raises_no_alert(alert_world: AlertWorld) -> None:
    """Its key is due before it arrives: nothing could be compared."""
    arriving = alert_world.arriving(captured_at=alert_world.now - timedelta(days=2))
    (taken,) = alert_world.take(arriving)
    assert (taken.outcome, taken.hit, taken.alerts) == ("sealed", None, ())
    assert alert_world.held_back() == {("county", "no-key"): 1}


def test_what_the_lists_in_memory_do_not_know_yet_still_holds(alert_world: AlertWorld) -> None:
    lists = alert_world.live()
    intake, book = alert_world.intake(lists), alert_world.book()
    book.suspend(Suspended.LIST, "county", "too many are wrong")
    (taken,) = intake.take([alert_world.arriving()])
    assert taken.alerts == ()
    book.lift(Suspended.LIST, "county", "mended")
    book.suspend(Suspended.READER, READERS[0], "it was turned")
    (taken,) = intake.take([alert_world.arriving()])
    assert taken.alerts == ()
    assert alert_world.held_back() == {
        ("county", "list-suspended"): 1, ("county", "reader-suspended"): 1,
    }  # fmt: skip
    (other,) = intake.take([alert_world.arriving(reader_id=READERS[1])])
    assert len(other.alerts) == 1


def test_a_test_is_told_and_nothing_of_it_is_kept(alert_world: AlertWorld) -> None:
    alert_world.put_list([f"{WANTED},test,T1"])
    (taken,) = alert_world.take(alert_world.arriving())
    (alert,) = alert_world.alerts()
    assert (taken.outcome, taken.hit, taken.alerts) == ("dropped", None, (alert.id,))
    assert alert.record_id is None
    assert not {"kept_records", "sealed_reads"} & set(count_rows(alert_world.world))
    message = alert_world.book().message(alert.id)
    assert message is not None
    assert (message.plate, message.reference) == (WANTED, "T1")
    assert message.crop is not None


@ON_ONE
def test_a_test_leaves_no_word_in_the_record_of_a_hit(alert_world: AlertWorld) -> None:
    alert_world.put_list([f"{WANTED},test,PROBE"], name="tests")
    (taken,) = alert_world.take(alert_world.arriving())
    assert len(taken.alerts) == 2
    assert taken.hit is not None
    assert [match.entry.purpose for match in taken.hit.matches] == ["stolen-vehicle"]
    by_list = {one.list_id: one for one in alert_world.alerts()}
    assert by_list["tests"].record_id is None
    for name, reference in (("tests", "PROBE"), ("county", "2026/17")):
        message = alert_world.book().message(by_list[name].id)
        assert message is not None
        assert message.reference == reference


@ON_ONE
def test_the_direction_and_pictures_are_told(alert_world: AlertWorld) -> None:
    arriving = alert_world.arriving(direction="northbound", other_boxes=(Box(1, 1, 40, 20),))
    alert_world.take(arriving)
    message = alert_world.book().message(alert_world.alerts()[0].id)
    assert message is not None
    assert message.direction == "northbound"
    assert message.crop is not None
    assert message.blurred is not None
    assert (message.reader_name, message.list_title) == ("Reader gate-north", "List county")


@ON_ONE
def test_an_alert_without_a_picture_says_so(alert_world: AlertWorld) -> None:
    alert_world.take(alert_world.arriving(picture=None))
    message = alert_world.book().message(alert_world.alerts()[0].id)
    assert message is not None
    assert (message.crop, message.blurred) == (None, None)


@ON_ONE
@pytest.mark.parametrize("second", ["XYZ9876", "", WANTED, None])
@pytest.mark.parametrize("rule", ["doubt", "hold-back"])
def test_a_second_engine_looks_at_what_passed(
    alert_world: AlertWorld, rule: str, second: str | None
) -> None:
    asked = []

    def look(picture: bytes, box: Box) -> str | None:
        asked.append((picture, box))
        return second

    alert_world.second_engine = look
    alert_world.world.set_policy(alert_document(second_engine=f'"{rule}"'))
    arriving = alert_world.arriving()
    taken, *_ = alert_world.take(arriving, alert_world.arriving("XYZ9876"))
    assert asked == [(arriving.picture, arriving.read.box)]  # not at a read that matches nothing
    disagrees = second in ("XYZ9876", "")
    if disagrees and rule == "hold-back":
        assert taken.alerts == ()
        assert alert_world.held_back() == {("county", "second-engine"): 1}
        return
    message = alert_world.book().message(taken.alerts[0])
    assert message is not None
    assert any("a second engine" in doubt for doubt in message.doubts) is disagrees


@ON_ONE
def test_a_second_engine_has_nothing_to_look_at_without_a_picture(alert_world: AlertWorld) -> None:
    def look(_picture: bytes, _box: Box) -> str | None:
        raise AssertionError

    alert_world.second_engine = look
    (taken,) = alert_world.take(alert_world.arriving(picture=None))
    assert len(taken.alerts) == 1


def test_nobody_finds_the_plate_in_what_is_stored(alert_world: AlertWorld) -> None:
    """Read, entry, reference and whom to call: in no row, no file, no event."""
    alert_world.put_list([f"{WANTED},stolen-vehicle,SECRET-REF"])
    alert_world.put_list([f"{WANTED},test,SECRET-TEST"], name="tests")
    alert_world.take(alert_world.arriving(), alert_world.arriving("A8C1234", READERS[1]))
    assert len(alert_world.alerts()) == 4
    stored = everything(alert_world.world)
    for secret in (WANTED, "A8C1234", "SECRET-REF", "SECRET-TEST"):
        for spelled in (secret.encode(), secret.lower().encode(), secret.encode("utf-16-le")):
            assert spelled not in stored
    assert b"@example.org" not in stored


@ON_ONE
@pytest.mark.parametrize(
    ("rule", "names"),
    [("told-unconfirmed", ["anna", "dispatch"]), ("held-until-confirmed", ["dispatch"])],
)
def test_the_two_look_rule_decides_who_is_told_at_once(
    alert_world: AlertWorld, rule: str, names: list[str]
) -> None:
    alert_world.subscribers = {
        "anna": mail_to("anna"),
        "dispatch": mail_to("dispatch", dispatcher=True),
        "other": mail_to("other", lists=["state"]),
    }
    alert_world.world.set_policy(alert_document(two_looks=f'"{rule}"'))
    alert_world.take(alert_world.arriving())
    assert sorted(name for name, _ in alert_world.told()) == names


@ON_ONE
def test_no_subscriber_at_all_still_raises(alert_world: AlertWorld) -> None:
    alert_world.subscribers, alert_world.channels = {}, {"mail": MAIL}
    (taken,) = alert_world.take(alert_world.arriving())
    assert len(taken.alerts) == 1
    assert alert_world.outbox() == []


def test_a_batch_is_judged_under_the_policy_it_commits_under(alert_world: AlertWorld) -> None:
    intake = alert_world.intake()
    intake.take([alert_world.arriving("XYZ9876")])  # the setting is known by now
    alert_world.world.set_policy(alert_document(two_looks='"held-until-confirmed"'))
    intake.take([alert_world.arriving()])
    assert alert_world.told() == []
