"""Random histories of a real vault that is looked after in time, and the log of its events."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from tests.vault.fuses import CrashError, Fuse
from tests.vault.history_model import DOCUMENTS, HOT, PLATES
from tests.vault.inspection import existing_keys, open_records
from tests.worlds import READERS, TestApproval, World, make_entry

from fairplate.audit.event_types import EventType
from fairplate.audit.events import make_event
from fairplate.audit.kinds import spell_time
from fairplate.core.errors import PolicyError
from fairplate.policy.rules import NEVER
from fairplate.storage.schema import events
from fairplate.vault.approval import Grant
from fairplate.vault.errors import KeyUnusableError
from fairplate.vault.expiry import destroy_key, prepare_keys, record_lost_keys
from fairplate.vault.holds import hold_hits, hold_reads, lift_hold
from fairplate.verify.events import EventReader
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.rules import LogRules
from fairplate.verify.rules.keys import GRACE_MS

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEPS = (MINUTE, 31 * MINUTE, 5 * HOUR, DAY, 11 * DAY, 35 * DAY)
AGES = (0 * MINUTE, 0 * MINUTE, 25 * MINUTE, 20 * HOUR, 5 * DAY, -MINUTE)
FUSES = st.one_of(st.none(), st.integers(0, 25))
READER = EventReader()


class Diligent(RuleBasedStateMachine):
    """A vault whose keys are destroyed in time, and the log of its events."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="fairplate-"))
        self.file = self.folder / "fairplate.db"
        shutil.copy(database, self.file)
        self.clock = Fuse()
        url, keys = f"sqlite:///{self.file}", self.folder / "keys"
        self.world = World(url, keys, self.clock, random_bytes=self.clock.random_bytes)
        self.world.list_hot(make_entry(HOT))
        self.published: list[bytes] = []  # before the last restore
        self.known = 0  # events of the database that are among them
        self.document = ""
        self.sent = self.cases = 0

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder)

    @initialize(name=st.sampled_from(sorted(DOCUMENTS)))
    def set_up(self, name: str) -> None:
        self.document = DOCUMENTS[name]
        self.world.set_up(self.document)

    @rule(
        reads=st.lists(
            st.tuples(st.sampled_from(PLATES), st.sampled_from(AGES)), min_size=1, max_size=4
        ),
        fuse=FUSES,
    )
    def take(self, reads: list[tuple[str, timedelta]], fuse: int | None) -> None:
        batch = []
        for plate, age in reads:
            self.sent += 1
            moment = self.clock.now - age
            batch.append(self.world.arriving(plate, f"{self.sent}", captured_at=moment))
        self._try(fuse, lambda: self.world.intake.take(batch))

    @rule(step=st.sampled_from(STEPS), late=st.booleans(), fuse=FUSES)
    def let_time_pass(self, step: timedelta, *, late: bool, fuse: int | None) -> None:
        """Look after the keys as the worker does; a killed one is started again within a minute."""
        until = self.clock.now + step
        grace = timedelta(milliseconds=GRACE_MS) if late else 0 * MINUTE
        while True:
            if not self._try(fuse, self.world.expire):
                fuse = None
                continue
            due = self.world.expire().next_due
            if due is None or due >= until:
                break
            self.clock.now = max(self.clock.now, due + grace)
        self.clock.now = max(until, self.clock.now)
        self.world.expire()

    @rule(fuse=FUSES)
    def prepare(self, fuse: int | None) -> None:
        policy = self.world.in_force().policy
        self._try(fuse, lambda: prepare_keys(self.world.vault, policy))

    @rule(name=st.sampled_from(sorted(DOCUMENTS)), fuse=FUSES, expired=st.booleans())
    def set_policy(self, name: str, fuse: int | None, *, expired: bool) -> None:
        self.clock.now += MINUTE
        if self._try(fuse, lambda: self.world.set_policy(DOCUMENTS[name])):
            self.document = DOCUMENTS[name]
        if expired:
            self.clock.now += MINUTE
            self.world.expire()

    @rule(plate=st.sampled_from(PLATES), fuse=FUSES)
    def look_back(self, plate: str, fuse: int | None) -> None:
        policy = self.world.in_force().policy
        if policy.non_hits_kept != NEVER:
            approval = self._next_case(policy.longest_look_back)
            self._try(fuse, lambda: self.world.look_back(plate, approval=approval))

    @rule(plate=st.sampled_from(PLATES), days=st.sampled_from((1, 40)), fuse=FUSES)
    def hold_reads(self, plate: str, days: int, fuse: int | None) -> None:
        policy, now = self.world.in_force().policy, self.clock.now
        if policy.non_hits_kept == NEVER:
            return
        approval = self._next_case(policy.longest_look_back)
        grant = Grant(
            plates=(plate,),
            reader_ids=READERS,
            captured_from=now - policy.longest_look_back,
            captured_until=now + HOUR,
        )
        ends = now + days * DAY
        self._try(fuse, lambda: hold_reads(self.world.vault, grant, approval, policy, until=ends))

    @rule(place=st.integers(0, 5), days=st.sampled_from((1, 40)), fuse=FUSES)
    def hold_hit(self, place: int, days: int, fuse: int | None) -> None:
        policy, records = self.world.in_force().policy, sorted(open_records(self.world))
        if not records:
            return
        approval = self._next_case(max(policy.longest_look_back, policy.lone_hit_kept))
        hit, ends = [records[place % len(records)]], self.clock.now + days * DAY
        self._try(fuse, lambda: hold_hits(self.world.vault, hit, approval, policy, until=ends))

    @rule(ago=st.integers(0, 3), fuse=FUSES)
    def lift_hold(self, ago: int, fuse: int | None) -> None:
        case = f"case-{max(1, self.cases - ago)}"
        self._try(fuse, lambda: lift_hold(self.world.vault, case))

    @rule(place=st.integers(0, 10), fuse=FUSES)
    def destroy_early(self, place: int, fuse: int | None) -> None:
        names = existing_keys(self.world)
        if names:
            name = names[place % len(names)]
            self._try(fuse, lambda: destroy_key(self.world.vault, name))

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    def lose_keyring(self) -> None:
        shutil.rmtree(self.folder / "keys")
        self.world.reopen(new=True)
        record_lost_keys(self.world.vault)

    @rule()
    def copy_database(self) -> None:
        self.world.close()  # then all is in one file
        shutil.copy(self.file, self.folder / "copy.db")
        self.world.restart()

    @rule()
    def restore_database(self) -> None:
        """Bring an old copy back as its operator must, with the published log and the policy."""
        if not (self.folder / "copy.db").exists():
            return
        log = self.log()
        self.world.close()
        shutil.copy(self.folder / "copy.db", self.file)
        (self.folder / "copy.db").unlink()  # the copy would know a log of before
        self.world.restart()
        stored = self._stored()
        first = len(self.published) + len(stored) - self.known
        public = {"first": first, "events": len(log) - first}
        told = make_event(
            EventType.LOG_RESTORED,
            at=self.clock.now,
            actor="system",
            public=public,
            private={},
            salt=bytes(32),
        )
        taken_back = [told.body] if public["events"] else []
        self.published, self.known = [*log, *taken_back], len(stored)
        self.world.set_policy(self.document)
        self.world.expire()

    @invariant()
    def check(self) -> None:
        assert self.judge() == []

    def judge(self) -> list[Finding]:
        rules, found = LogRules(), list[Finding]()
        for index, body in enumerate(self.log()):
            found.extend(rules.take(READER.read(index, body)))
        found.extend(rules.finish(self.clock.now, {}))
        return [finding for finding in found if finding.severity is Severity.FAULT]

    def log(self) -> list[bytes]:
        return [*self.published, *self._stored()[self.known :]]

    def _stored(self) -> list[bytes]:
        with self.world.database.reading() as connection:
            bodies = connection.execute(sa.select(events.c.body).order_by(events.c.id))
            return [bytes(body) for body in bodies.scalars()]

    def _next_case(self, reach: timedelta) -> TestApproval:
        """Open and approve a case as `cases/` will: with its events."""
        self.cases += 1
        now, case = self.clock.now, f"case-{self.cases}"
        approval = TestApproval(
            plates=frozenset(PLATES),
            case_id=case,
            captured_from=now - reach,
            captured_until=now + HOUR,
            expires_at=now + HOUR,
            hold_until=now + 40 * DAY,
        )
        opened = {
            "case": case,
            "purpose": approval.purpose.value,
            "plates": len(PLATES),
            "readers": len(READERS),
            "captured_from": spell_time(approval.captured_from),
            "captured_until": spell_time(approval.captured_until),
            "approvals": 1,
            "exigent": False,
        }
        private = {"plates": list(PLATES), "readers": list(READERS), "reference": "", "why": ""}
        approved = {"case": case, "expires_at": spell_time(approval.expires_at)}
        self._record(approval.asked_by, EventType.CASE_OPENED, opened, private)
        for person in approval.approved_by:
            self._record(person, EventType.CASE_APPROVED, approved, {"note": ""})
        return approval

    def _record(self, actor: str, event_type: EventType, public: Any, private: Any) -> None:
        recorder = replace(self.world.vault.recorder, actor=actor)
        with self.world.database.transaction() as connection:
            recorder.record(connection, event_type, public=public, private=private)

    def _try(self, fuse: int | None, act: Callable[[], object]) -> bool:
        """Do `act`, and say whether it came to an end; if not, another process goes on."""
        self.clock.left = fuse
        try:
            act()
        except CrashError:
            self.clock.left = None
            self.world.restart()
            return False
        except (PolicyError, KeyUnusableError):
            return True  # refused, as it must be
        finally:
            self.clock.left = None
        return True
