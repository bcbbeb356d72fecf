"""What people do with alerts: look, decide, say what came of it, suspend and lift."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from fairplate.alerts.decisions import (
    KeptAlert,
    decide,
    read_alert,
    read_alert_page,
    read_alerts,
    record_outcome,
)
from fairplate.alerts.ledger import (
    Record,
    Suspension,
    lift,
    read_record,
    read_suspensions,
    suspend,
)
from fairplate.alerts.live_lists import LiveLists
from fairplate.alerts.message import AlertMessage
from fairplate.alerts.outbox import put_alert, put_notice, withdraw_alert
from fairplate.alerts.raising import sum_held_back
from fairplate.alerts.rounds import run_round, suspension_notice, wrong_notice
from fairplate.audit.log import Recorder
from fairplate.audit.words import Decision, Outcome, Suspended, SuspendReason
from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.deployment.readers import read_readers
from fairplate.hotlists.register import read_lists
from fairplate.policy.rules import Policy
from fairplate.storage.database import Database
from fairplate.wiring.alerting import Alerting


@dataclass(frozen=True, slots=True)
class AlertBook:
    """The alerts of one deployment and what people found of them."""

    alerting: Alerting

    def all(self, *, only_undecided: bool = False, most: int = 100) -> tuple[KeptAlert, ...]:
        """Return alerts: undecided ones first, the oldest first."""
        with self._database.reading() as connection:
            return read_alerts(connection, only_undecided=only_undecided, most=most)

    def page(
        self, *, undecided: bool, after: tuple[datetime, str] | None, most: int
    ) -> tuple[KeptAlert, ...]:
        """Return the next alerts after one: undecided ones by age, or all, the newest first."""
        with self._database.reading() as connection:
            return read_alert_page(connection, undecided=undecided, after=after, most=most)

    def one(self, alert_id: str) -> KeptAlert:
        """Return one alert; InputError if there is none of that id."""
        with self._database.reading() as connection:
            return read_alert(connection, alert_id)

    def message(self, alert_id: str) -> AlertMessage | None:
        """Return what is to be compared; None if it is gone. VaultError if its key is closed."""
        with self._database.reading() as connection:
            return self.alerting.compose(connection, alert_id)

    def decide(self, alert_id: str, decision: Decision, note: str = "") -> KeptAlert:
        """Put a decision on record, and tell those whom it concerns.

        A confirmed alert is told to those whom it was held for, also if the policy that held it is
        another by now. Of a wrong one nobody is told any more but those who may know of it.
        """
        with self._database.transaction() as connection:
            policy = read_policy_in_force(connection).policy
            before = read_suspensions(connection)
            kept = decide(connection, self._recorder, policy, alert_id, decision, note=note)
            self._tell_suspended(connection, before)
            if decision is Decision.CONFIRMED:
                self._tell_the_rest(connection, kept)
            else:
                self._take_back(connection, alert_id, decision)
            return kept

    def record_outcome(self, alert_id: str, outcome: Outcome, note: str = "") -> KeptAlert:
        """Put on record what came of a confirmed alert."""
        with self._database.transaction() as connection:
            policy = read_policy_in_force(connection).policy
            before = read_suspensions(connection)
            kept = record_outcome(connection, self._recorder, policy, alert_id, outcome, note=note)
            self._tell_suspended(connection, before)
            return kept

    def suspend(self, what: Suspended, of: str, note: str) -> bool:
        """Let a list or reader raise no alerts; False if it is suspended already.

        Raises InputError if there is none of that id.
        """
        with self._database.transaction() as connection:
            is_list = what is Suspended.LIST
            known = read_lists(connection) if is_list else read_readers(connection, [of])
            if of not in known:
                expected = "a list that is set" if is_list else "a reader that is enrolled"
                raise InputError("alerting", what.value, expected=expected, found="none of that id")
            reason = SuspendReason.ASKED
            return suspend(connection, self._recorder, what, of, reason, note=note)

    def lift(self, what: Suspended, of: str, note: str) -> None:
        """Let a suspended list or reader raise alerts again."""
        with self._database.transaction() as connection:
            lift(connection, self._recorder, what, of, note)

    def suspensions(self) -> tuple[Suspension, ...]:
        """Return what raises no alerts now."""
        with self._database.reading() as connection:
            return read_suspensions(connection)

    def record(self, what: Suspended, of: str) -> Record:
        """Return what people found of the last alerts of a list or reader."""
        with self._database.reading() as connection:
            return read_record(connection, what, of)

    def held_back(self, *, days: int = 7) -> dict[tuple[str, str], int]:
        """Return how many matches were held back in the last days, by list and reason."""
        since: date = (self._recorder.clock() - timedelta(days=days)).date()
        with self._database.reading() as connection:
            return sum_held_back(connection, since=since)

    def run_round(self, lists: LiveLists) -> None:
        """Do what goes on by itself: expire, remind, tell of stale lists and of repeats."""
        subscribers = self.alerting.subscribers()
        run_round(self._database, self._recorder, lists, subscribers, self._policy())

    @property
    def _database(self) -> Database:
        return self.alerting.vault.database

    @property
    def _recorder(self) -> Recorder:
        return self.alerting.vault.recorder

    def _policy(self) -> Policy:
        with self._database.reading() as connection:
            return read_policy_in_force(connection).policy

    def _tell_the_rest(self, connection: sa.Connection, kept: KeptAlert) -> None:
        """Put a confirmed alert into the outbox of those who were not told before."""
        purpose = Purpose(kept.purpose)
        rest = tuple(
            one
            for one in self.alerting.subscribers()
            if one.wants(kept.list_id, purpose) and not one.dispatcher
        )
        known = read_lists(connection).get(kept.list_id)
        title = kept.list_id if known is None else known.definition.title
        put_alert(connection, kept.id, title, purpose, rest, now=self._recorder.clock())

    def _take_back(self, connection: sa.Connection, alert_id: str, decision: Decision) -> None:
        """Tell nobody of a wrong alert any more, and those who may know of it that it is wrong."""
        now = self._recorder.clock()
        names = withdraw_alert(connection, alert_id, at=now)
        told = tuple(one for one in self.alerting.subscribers() if one.name in names)
        put_notice(connection, f"wrong-{alert_id}", wrong_notice(alert_id, decision, now), told)

    def _tell_suspended(self, connection: sa.Connection, before: tuple[Suspension, ...]) -> None:
        known = {(one.what, one.id) for one in before}
        noticed = [each for each in self.alerting.subscribers() if each.notices]
        for one in read_suspensions(connection):
            if (one.what, one.id) in known:
                continue
            record = read_record(connection, one.what, one.id)
            notice = suspension_notice(
                one.what, one.id, record.wrong, record.decided, self._recorder.clock()
            )
            told = tuple(
                each
                for each in noticed
                if one.what is Suspended.READER or each.lists is None or one.id in each.lists
            )
            key = f"off-{one.what}-{notice.at:%Y%m%d%H%M%S%f}"  # keys have 64 characters at most
            put_notice(connection, key, notice, told)
