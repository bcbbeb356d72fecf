"""The health of hot lists and alerts: whether a match would become an alert and reach somebody.

Decides what stands in the way of that. Leaves to `hotlists/health.py` when a list is stale, to
`alerts/backlog.py` when a message waits too long. Connects to no channel, and changes nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from fairplate.alerts.backlog import find_outbox_problems, read_backlogs
from fairplate.alerts.ledger import read_suspensions
from fairplate.alerts.subscribers import Subscriber
from fairplate.audit.log_keys import read_log_keys
from fairplate.core.errors import FairplateError, InputError, StorageError
from fairplate.hotlists.chunks import ListsKey
from fairplate.hotlists.health import find_list_problems
from fairplate.hotlists.register import KeptList, hold_to_policy, read_lists
from fairplate.hotlists.stored_chunks import read_marks
from fairplate.policy.alert_figures import TwoLooks
from fairplate.policy.rules import Policy
from fairplate.settings import Settings
from fairplate.storage.database import Database
from fairplate.wiring.check_up import Check, CheckUp
from fairplate.wiring.subscriptions import channels_of, subscribers_of


def check_lists(
    report: CheckUp, settings: Settings, database: Database, policy: Policy | None, now: datetime
) -> None:
    """Tell of each list and reader that raises no alerts; policy None: it cannot be read."""
    with report.checking(Check.LISTS), database.reading() as connection:
        altered: list[InputError] = []
        lists = list(read_lists(connection, problems=altered).values())
        report.problems += map(str, altered)
        if policy is not None:
            lists = [hold_to_policy(kept, policy) for kept in lists]
        report.problems += find_list_problems(lists, now=now)
        report.problems += _damaged(connection, settings, lists)
        report.problems += [
            f"{one.what} {one.id}: expected it to raise alerts, found it suspended since "
            f"{one.since.isoformat(timespec='minutes')} ({one.reason}): `fairplate alert lift`"
            for one in read_suspensions(connection)
        ]


def check_outbox(
    report: CheckUp, settings: Settings, database: Database, policy: Policy | None, now: datetime
) -> None:
    """Tell of channels and subscribers that cannot be used, and of messages that wait."""
    with report.checking(Check.OUTBOX), database.reading() as connection:
        report.problems += find_outbox_problems(read_backlogs(connection, now=now), now=now)
        # A channel that cannot be used is told once, not for each who subscribed to it.
        unusable = list(dict.fromkeys(_unusable(settings)))
        report.problems += unusable
        if policy is not None and not unusable:
            lists = read_lists(connection, problems=[]).values()
            report.problems += find_untold(lists, subscribers_of(settings), policy)


def find_untold(
    lists: Iterable[KeptList], subscribers: Iterable[Subscriber], policy: Policy
) -> Iterator[str]:
    """Yield a sentence for each list of whose alerts nobody is told who could confirm them.

    Where nobody subscribed at all, alerts are looked for by `fairplate alert list`: that is no
    fault.
    """
    everybody = tuple(subscribers)
    is_held = policy.two_looks is TwoLooks.HELD_UNTIL_CONFIRMED
    told = [one for one in everybody if one.dispatcher or not is_held]
    who = "a dispatcher" if is_held else "somebody"
    for kept in lists:
        permitted = [one for one in kept.definition.purposes if one in policy.purposes]
        untold = [
            purpose for purpose in permitted if not any(one.wants(kept.id, purpose) for one in told)
        ]
        if everybody and kept.entries and untold:
            yield (
                f"hot list {kept.id}: expected {who} to be told of its alerts, found no subscriber "
                f"for {', '.join(untold)}"
            )


def _damaged(
    connection: sa.Connection, settings: Settings, lists: Iterable[KeptList]
) -> Iterator[str]:
    """Yield what is wrong with entries that cannot be read."""
    with suppress(FairplateError):  # the check of the log tells of its keys
        key = ListsKey(read_log_keys(settings.log_keys).private_parts.secret)
        for kept in lists:
            try:
                read_marks(connection, key, kept)
            except StorageError as error:
                yield str(error)


def _unusable(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with each channel and each subscriber."""
    for name, table in settings.channels.items():
        try:
            for channel in channels_of(replace(settings, channels={name: table})).values():
                channel.close()
        except FairplateError as error:
            yield str(error)
    for name, table in settings.subscribers.items():
        try:
            subscribers_of(replace(settings, subscribers={name: table}))
        except FairplateError as error:
            yield str(error)
