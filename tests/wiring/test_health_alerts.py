"""The health check of hot lists and messages: what keeps an alert from reaching somebody."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.cli.alert_parts import (
    LIST,
    PLATE,
    READER,
    add_settings,
    definition,
    deliver,
    pass_by,
    set_up,
)
from tests.deployments import ACTOR, clock_at, now, publish_at
from tests.worlds import policy_document

from fairplate.alerts.backlog import LATELY, LONGEST_WAIT
from fairplate.audit.words import Suspended
from fairplate.storage.schema import hot_lists, list_chunks
from fairplate.wiring import Check, CheckUp, check_deployment, opened_deployment

Deploy = Callable[..., Path]
FILE_ONLY = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
MAIL = """
[channels.mail]
kind = "email"
host = "127.0.0.1"
port = 1
sender = "alerts@example.org"

[subscribers.desk]
channel = "mail"
address = "desk@example.org"
"""


def check(folder: Path, at: datetime | None = None) -> CheckUp:
    return check_deployment(folder, clock=clock_at(at))


def problems(folder: Path, at: datetime | None = None) -> list[str]:
    return check(folder, at).problems


def alter(folder: Path, statement: sa.Executable) -> None:
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.transaction() as connection,
    ):
        connection.execute(statement)


def test_nothing_is_told_of_a_list_that_alerts(deploy: Deploy) -> None:
    folder = deploy()
    set_up(folder)
    add_settings(folder, MAIL)
    pass_by(folder, PLATE)
    found = check(folder)
    assert (found.problems, found.checked) == ([], list(Check))


@FILE_ONLY
def test_a_stale_list_is_told_from_the_moment_it_is(deploy: Deploy) -> None:
    imported = now() - 3 * HOUR
    folder = deploy(at=imported)
    set_up(folder, at=imported, document=definition(more='refresh = "2 hours"'))
    assert problems(folder, imported + 2 * HOUR - SECOND) == []
    (told,) = problems(folder, imported + 2 * HOUR)
    due = (imported + 2 * HOUR).isoformat(timespec="minutes")
    assert told == (
        f"hot list {LIST}: expected another batch by {due}, found none: it raises no alerts"
    )


@FILE_ONLY
def test_a_list_is_stale_by_the_policy_in_force(deploy: Deploy) -> None:
    imported = now() - 3 * HOUR
    folder = deploy(at=imported)
    set_up(folder, at=imported)
    assert problems(folder) == []
    refreshed = '[hot_lists_refreshed]\nvalue = "2 hours"\nsource = "a test"\nstatute_read = false'
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.set_policy(f"{policy_document()}\n{refreshed}\n")
        deployment.publish_log()
    (told,) = problems(folder)
    assert told.startswith(f"hot list {LIST}: expected another batch by ")


@pytest.mark.parametrize(("what", "of"), [(Suspended.LIST, LIST), (Suspended.READER, READER)])
def test_what_is_suspended_is_told_until_it_is_lifted(
    deploy: Deploy, what: Suspended, of: str
) -> None:
    folder = deploy()
    set_up(folder)
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.alerts.suspend(what, of, "a test")
        deployment.publish_log()
    (told,) = problems(folder)
    assert told.startswith(f"{what} {of}: expected it to raise alerts, found it suspended since 20")
    assert told.endswith(" (asked): `fairplate alert lift`")
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.alerts.lift(what, of, "a test")
        deployment.publish_log()
    assert problems(folder) == []


def test_entries_that_were_altered_are_told(deploy: Deploy) -> None:
    folder = deploy()
    set_up(folder)
    set_up(folder, document=definition("other"), readers=())
    with opened_deployment(folder, actor=ACTOR) as deployment:
        batch = next(one for one in deployment.hot_lists.all() if one.id == LIST).batch_id
    altered = sa.update(list_chunks).where(list_chunks.c.batch_id == batch)
    alter(folder, altered.values(sealed=bytes(200)))
    (told,) = problems(folder)
    assert told.startswith(f"hot list {LIST}: expected what this deployment's key sealed for it")
    alter(folder, sa.delete(list_chunks).where(list_chunks.c.batch_id == batch))
    (told,) = problems(folder)
    assert told.startswith(f"hot list {LIST}: expected 1 entries, found 0")
    assert PLATE not in told
    (folder / "log-keys" / "private-parts.key").chmod(0o644)
    assert [told.partition(":")[0] for told in problems(folder)] == [
        f"{folder}/log-keys/private-parts.key"
    ]


@FILE_ONLY
def test_a_definition_that_was_altered_is_told_and_the_others_checked(deploy: Deploy) -> None:
    imported = now() - 3 * HOUR
    folder = deploy(at=imported)
    set_up(folder, at=imported)
    other = definition("other", more='refresh = "2 hours"')
    set_up(folder, at=imported, document=other, readers=())
    alter(folder, sa.update(hot_lists).where(hot_lists.c.id == LIST).values(document="x"))
    altered, stale = problems(folder)
    assert altered.startswith(f"hot list {LIST}: ")
    assert stale.startswith("hot list other: expected another batch by ")


def test_messages_that_wait_are_told_after_a_while(deploy: Deploy) -> None:
    folder = deploy()
    set_up(folder)
    add_settings(folder, MAIL)
    raised = now()
    pass_by(folder, PLATE, at=raised)
    deliver(folder, at=raised + SECOND)
    publish_at(folder)
    assert [told for told in problems(folder, raised + LONGEST_WAIT) if "mail" in told] == []
    told = [one for one in problems(folder, raised + LONGEST_WAIT + SECOND) if "mail" in one]
    waiting = "expected every message accepted within 10 min, found 1 waiting, the first for 10 min"
    said = "the SMTP server cannot be reached (Connection refused)"
    assert told == [f"channel mail: {waiting} (the last said: {said})"]


def test_messages_that_were_given_up_are_told_for_a_day(deploy: Deploy) -> None:
    folder = deploy()
    set_up(folder)
    add_settings(folder, MAIL)
    raised = now() - 2 * DAY
    pass_by(folder, PLATE, at=raised)
    given_up = raised + DAY + HOUR
    deliver(folder, at=given_up)  # a day after it was raised nobody tries again
    publish_at(folder)
    told = [one for one in problems(folder, given_up + LATELY - SECOND) if "channel" in one]
    assert [one.partition(" (")[0] for one in told] == [
        "channel mail: expected no message given up in a day, found 1"
    ]
    assert [one for one in problems(folder, given_up + LATELY) if "channel" in one] == []


@FILE_ONLY
def test_every_channel_and_subscriber_that_cannot_be_used_is_told(deploy: Deploy) -> None:
    folder = deploy()
    set_up(folder)
    add_settings(
        folder,
        MAIL.replace('kind = "email"', 'kind = "pigeon"')
        + '\n[channels.hook]\nkind = "webhook"\nsecret_file = "missing"\n'
        + '\n[channels.post]\nkind = "email"\nhost = "h"\nsender = "a@example.org"\n'
        + '\n[subscribers.chief]\nchannel = "post"\naddress = "no mailbox"\n'
        + '\n[subscribers.night]\nchannel = "none"\naddress = "a@example.org"\n',
    )
    assert [told.partition(": expected")[0] for told in problems(folder)] == [
        "channels.mail: kind",
        "channels.hook: secret_file",
        "subscribers.chief: address",
        "subscribers.night: channel",
    ]


@FILE_ONLY
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", []),
        ('lists = ["town"]', []),
        ('lists = ["other"]', ["stolen-vehicle, missing-or-endangered-person, site-access"]),
        ('purposes = ["site-access"]', ["stolen-vehicle, missing-or-endangered-person"]),
    ],
)
def test_a_list_of_whose_alerts_nobody_is_told_is_told(
    deploy: Deploy, more: str, told: list[str]
) -> None:
    folder = deploy()
    set_up(folder)
    add_settings(folder, f"{MAIL}{more}\n")
    assert problems(folder) == [
        f"hot list {LIST}: expected somebody to be told of its alerts, found no subscriber for "
        f"{purposes}"
        for purposes in told
    ]


@FILE_ONLY
def test_without_subscribers_people_look_themselves(deploy: Deploy) -> None:
    folder = deploy()
    set_up(folder)
    add_settings(folder, MAIL.partition("[subscribers")[0])
    assert problems(folder) == []


@FILE_ONLY
@pytest.mark.parametrize("dispatcher", ["false", "true"])
def test_where_alerts_are_held_a_dispatcher_must_be_told(deploy: Deploy, dispatcher: str) -> None:
    two_looks = '[two_looks]\nvalue = "held-until-confirmed"\nsource = "x"\nstatute_read = false'
    folder = deploy(f"{policy_document()}\n{two_looks}\n")
    set_up(folder)
    add_settings(folder, f"{MAIL}dispatcher = {dispatcher}\n")
    told = [one.partition(", found")[0] for one in problems(folder)]
    held = [f"hot list {LIST}: expected a dispatcher to be told of its alerts"]
    assert told == ([] if dispatcher == "true" else held)
