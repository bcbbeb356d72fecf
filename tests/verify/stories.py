"""Logs told event by event, as Fairplate writes them, for what the rules make of them."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.verify.log_folders import make_witness

from fairplate.audit.event_types import EventType
from fairplate.audit.events import make_event
from fairplate.audit.forms import FORMS
from fairplate.audit.kinds import spell_time
from fairplate.verify.events import EventReader
from fairplate.verify.findings import Finding
from fairplate.verify.rules import LogRules, WitnessedNote
from fairplate.verify.sampling import pick_searches

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
MIDNIGHT = START.replace(hour=0)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = "2026-11"
NOTE = b"the witnessed note, whose bytes nobody could choose"
WITNESSES = tuple(
    str(make_witness(f"{name}.example.org", number).verifier)
    for number, name in enumerate(("council", "paper"), start=1)
)
DAY_KEY = "2026-11-02T00:00Z/P1D"
OFFICER, APPROVER, OTHER_APPROVER = "user:officer", "user:approver", "user:chief"
ADMINISTRATOR, AUDITOR = "user:admin", "user:auditor"
READER = EventReader()

_TEXT = "what only an auditor is shown"


@dataclass(slots=True)
class Story:
    """Events so far; each is told a second after the one before it."""

    now: datetime = START
    entries: list[bytes] = field(default_factory=list)
    witnessed: dict[str, WitnessedNote] = field(default_factory=dict)
    keys: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Of each key that was made: the index of its making, and when it must be gone."""
    searches: list[int] = field(default_factory=list)
    """The indices of all uses of grants."""

    def tell(self, event_type: EventType, /, actor: str = "system", **public: Any) -> int:
        """Tell of an act with these public fields, and return the event's index."""
        self.now += SECOND
        spelled = {
            name: spell_time(value) if isinstance(value, datetime) else value
            for name, value in public.items()
        }
        event = make_event(
            event_type,
            at=self.now,
            actor=actor,
            public=spelled,
            private=_private(event_type, spelled),
            salt=bytes(32),
        )
        self.entries.append(event.body)
        return len(self.entries) - 1

    def wait(self, time: timedelta) -> None:
        self.now += time

    def check(self, after: timedelta = MINUTE) -> list[Finding]:
        """Return what the rules find if the checkpoint is signed `after` the last event."""
        return self.judge(after)[0]

    def judge(self, after: timedelta = MINUTE) -> tuple[list[Finding], LogRules]:
        rules = LogRules()
        found: list[Finding] = []
        sizes = {note.size for note in self.witnessed.values()}
        for index, entry in enumerate(self.entries):
            if index in sizes:
                rules.mark(index)
            found.extend(rules.take(READER.read(index, entry)))
        if len(self.entries) in sizes:
            rules.mark(len(self.entries))
        for note in self.witnessed.values():
            found.extend(rules.compare_times(note.size, note.time))
        found.extend(rules.finish(self.now + after, self.witnessed))
        return found, rules

    # What Fairplate does, a method an act.

    def set_policy(self, **changes: Any) -> int:
        public = {
            "name": "trial",
            "document": hashlib.sha256(_TEXT.encode()).hexdigest(),
            "non_hits_kept_s": int(30 * DAY / SECOND),
            "hits_kept_s": int(60 * DAY / SECOND),
            "longest_look_back_s": int(30 * DAY / SECOND),
            "approvals": 1,
            "exigent": True,
            "purposes": ["court-order", "missing-or-endangered-person", "stolen-vehicle"],
        }
        return self.tell(EventType.POLICY_SET, ADMINISTRATOR, **(public | changes))

    def make_key(self, key: str = DAY_KEY, destroy_by: datetime | None = None) -> int:
        due = MIDNIGHT + 30 * DAY if destroy_by is None else destroy_by
        index = self.tell(EventType.KEY_MADE, key=key, destroy_by=due)
        self.keys[key] = index, due
        return index

    def destroy_key(self, key: str, reason: str = "due", **changes: Any) -> int:
        made, due = self.keys[key]
        public = {"key": key, "destroy_by": due, "made_at": self.time_of(made), "reason": reason}
        return self.tell(EventType.KEY_DESTROYED, **(public | changes))

    def time_of(self, index: int) -> datetime:
        return READER.read(index, self.entries[index]).at

    def open_case(self, case: str, *, actor: str = OFFICER, **changes: Any) -> int:
        public = {
            "case": case,
            "purpose": "stolen-vehicle",
            "plates": 1,
            "readers": 2,
            "captured_from": self.now - 5 * DAY,
            "captured_until": self.now + DAY,
            "approvals": 1,
            "exigent": False,
        }
        return self.tell(EventType.CASE_OPENED, actor, **(public | changes))

    def approve(self, case: str, actor: str = APPROVER, expires_at: datetime | None = None) -> int:
        expires = expires_at or self.now + 10 * DAY
        return self.tell(EventType.CASE_APPROVED, actor, case=case, expires_at=expires)

    def refuse(self, case: str, actor: str = APPROVER) -> int:
        return self.tell(EventType.CASE_REFUSED, actor, case=case)

    def close(self, case: str) -> int:
        return self.tell(EventType.CASE_CLOSED, OFFICER, case=case, reason="done")

    def use_grant(self, case: str, *, actor: str = OFFICER, **changes: Any) -> int:
        public = {
            "case": case,
            "purpose": "stolen-vehicle",
            "plates": 1,
            "candidates": 1,
            "readers": 2,
            "periods": 1,
            "first_period": DAY_KEY,
            "last_period": DAY_KEY,
            "exigent": False,
            "asked_by": actor,
            "approved_by": [APPROVER],
        }
        self.searches.append(self.tell(EventType.GRANT_USED, actor, **(public | changes)))
        return self.searches[-1]

    def search(self, case: str, **changes: Any) -> int:
        public = {"case": case, "purpose": "stolen-vehicle", "plates": 1, "readers": 2, "found": 0}
        return self.tell(EventType.CASE_SEARCHED, OFFICER, **(public | changes))

    def hold(self, case: str, until: datetime | None = None) -> int:
        due = until or self.now + DAY
        return self.tell(EventType.HOLD_PLACED, OFFICER, case=case, records=1, until=due)

    def export(self, case: str | None, actor: str = OFFICER, what: str = "case-file") -> int:
        file = None if case is None else "export-1"
        return self.tell(EventType.EXPORT_MADE, actor, what=what, case=case, export=file, items=1)

    def report(self, case: str, actor: str = OFFICER) -> int:
        return self.tell(EventType.SUBJECT_REPORTED, actor, case=case, reads=1, hits=0)

    def set_list(
        self, name: str, *purposes: str, refreshed: timedelta | None = None, **changes: Any
    ) -> int:
        """Make a hot list, or change it; without purposes it is for all that the tests need."""
        public = {
            "list": name,
            "purposes": sorted(purposes or ("court-order", "stolen-vehicle", "toll-or-parking")),
            "look_alikes": True,
            "refreshed_s": None if refreshed is None else refreshed // SECOND,
            "definition": hashlib.sha256(_TEXT.encode()).hexdigest(),
        }
        return self.tell(EventType.LIST_SET, ADMINISTRATOR, **(public | changes))

    def retire_list(self, name: str) -> int:
        return self.tell(EventType.LIST_RETIRED, ADMINISTRATOR, list=name)

    def import_batch(
        self, name: str, *purposes: str, fresh_for: timedelta | None = None, **changes: Any
    ) -> int:
        public = {
            "list": name,
            "batch": f"{name}-{len(self.entries)}",
            "format": "csv",
            "entries": 3,
            "added": 3,
            "changed": 0,
            "removed": 0,
            "purposes": sorted(purposes or ("stolen-vehicle",)),
            "fresh_until": None if fresh_for is None else self.now + SECOND + fresh_for,
        }
        return self.tell(EventType.BATCH_IMPORTED, **(public | changes))

    def tell_stale(self, name: str, due: datetime | None = None) -> int:
        return self.tell(EventType.LIST_STALE, list=name, due=due or self.now)

    def suspend(
        self, name: str, what: str = "list", reason: str = "wrong-alert-rate", **changes: Any
    ) -> int:
        public = {"what": what, "id": name, "reason": reason, "wrong": 4, "decided": 12}
        return self.tell(EventType.ALERTING_SUSPENDED, **(public | changes))

    def lift(self, name: str, what: str = "list", actor: str = ADMINISTRATOR) -> int:
        return self.tell(EventType.ALERTING_LIFTED, actor, what=what, id=name)

    def raise_alert(
        self, alert: str, purpose: str = "stolen-vehicle", *, of: str = "stolen", **changes: Any
    ) -> int:
        public = {
            "alert": alert,
            "list": of,
            "purpose": purpose,
            "match": "exact",
            "chance_permille": 990,
        }
        return self.tell(EventType.ALERT_RAISED, **(public | changes))

    def decide(self, alert: str, decision: str = "confirmed") -> int:
        return self.tell(EventType.ALERT_DECIDED, "user:operator", alert=alert, decision=decision)

    def follow_up(self, alert: str, outcome: str = "found") -> int:
        return self.tell(EventType.ALERT_OUTCOME, "user:operator", alert=alert, outcome=outcome)

    def enrol(self, reader: str) -> int:
        return self.tell(EventType.READER_ENROLLED, ADMINISTRATOR, reader=reader)

    def disable(self, reader: str) -> int:
        return self.tell(EventType.READER_DISABLED, ADMINISTRATOR, reader=reader)

    def key(self, reader: str) -> int:
        return self.tell(EventType.READER_KEYED, ADMINISTRATOR, reader=reader, ended=0)

    def invite(self, user: str, role: str, actor: str = "cli:1000") -> int:
        return self.tell(EventType.USER_INVITED, actor, user=user, role=role)

    def change_role(
        self, user: str, was: str | None, role: str | None, actor: str = ADMINISTRATOR
    ) -> int:
        return self.tell(EventType.USER_ROLE_CHANGED, actor, user=user, was=was, role=role)

    def add_witness(self, key: str, quorum: int) -> int:
        return self.tell(EventType.WITNESS_ADDED, ADMINISTRATOR, key=key, quorum=quorum)

    def remove_witness(self, key: str, quorum: int) -> int:
        return self.tell(EventType.WITNESS_REMOVED, ADMINISTRATOR, key=key, quorum=quorum)

    def restore(self, first: int, events: int) -> int:
        return self.tell(EventType.LOG_RESTORED, first=first, events=events)

    def witness(self, month: str = MONTH, data: bytes = NOTE) -> None:
        """Let witnesses sign what is there by now, as the first of `month`."""
        self.witnessed[month] = WitnessedNote(month, len(self.entries), data, self.now)

    def picks(self, month: str = MONTH) -> list[int]:
        """Return what is picked of all searches before the witnessed checkpoint."""
        note = self.witnessed[month]
        return pick_searches(note.data, [one for one in self.searches if one < note.size])

    def draw(self, month: str = MONTH, **changes: Any) -> int:
        public = {
            "month": month,
            "size": self.witnessed[month].size,
            "searches": len([one for one in self.searches if one < self.witnessed[month].size]),
            "picks": self.picks(month),
        }
        return self.tell(EventType.REVIEWS_DRAWN, **(public | changes))

    def review(self, search: int, actor: str = AUDITOR) -> int:
        return self.tell(EventType.REVIEW_DONE, actor, search=search, finding="in-order")


def begin() -> Story:
    """Return an honest story in which all that may happen has happened, and some goes on.

    Open cases: `approved` (it has been searched once) and `asked`. Ended ones: `refused`, `closed`.
    Alerts: `raised`, `confirmed`, `wrong`, `done`. Readers: `gate` enrolled, `old` disabled.
    Lists: `stolen` never stale, `hourly` refreshed every hour, `empty` without a batch, `retired`,
    `noisy` suspended. The reader `gate` was suspended, and is no more.
    """
    story = Story()
    story.set_policy()
    for reader in ("gate", "old"):
        story.enrol(reader)
    story.disable("old")
    story.invite(ADMINISTRATOR, "administrator")
    story.invite("user:lea", "operator", ADMINISTRATOR)
    story.add_witness(WITNESSES[0], 1)
    story.make_key()
    story.make_key(f"hits/{DAY_KEY}", MIDNIGHT + 60 * DAY)
    for name in ("stolen", "empty", "retired", "noisy"):
        story.set_list(name)
    story.set_list("hourly", refreshed=HOUR)
    for name in ("stolen", "retired", "noisy"):
        story.import_batch(name)
    story.import_batch("hourly", fresh_for=HOUR)
    story.retire_list("retired")
    story.suspend("gate", "reader")
    story.lift("gate", "reader")
    story.suspend("noisy")
    for alert in ("raised", "confirmed", "wrong", "done"):
        story.raise_alert(alert)
    story.decide("confirmed")
    story.decide("wrong", "wrong-plate")
    story.decide("done")
    story.follow_up("done")
    for case in ("approved", "asked", "refused", "closed"):
        story.open_case(case)
    story.refuse("refused")
    for case in ("approved", "closed"):
        story.approve(case)
        story.use_grant(case)
        story.search(case)
    story.make_key("case/closed", story.now + 2 * DAY)
    story.hold("closed", story.now + DAY)
    story.tell(EventType.HOLD_LIFTED, case="closed", records=1)
    story.destroy_key("case/closed", "case-ended")
    story.export("closed")
    story.close("closed")
    story.tell(EventType.EVENT_OPENED, AUDITOR, event=0)
    return story


def _private(event_type: EventType, public: dict[str, Any]) -> dict[str, Any]:
    """Return private parts of the right form, which agree with the public ones."""
    private: dict[str, Any] = {}
    for one in FORMS[event_type].private:
        name, kind = one.name, one.kind.name
        if kind.startswith("list of "):
            item = {"list of record": "0" * 32, "list of id": "gate"}.get(kind, _TEXT)
            private[name] = [item] * public.get(name, 1)
        else:
            examples = {"digest or null": None, "time": "2026-11-02T08:00:00.000Z", "id": "gate"}
            private[name] = examples.get(kind, _TEXT)
    return private
