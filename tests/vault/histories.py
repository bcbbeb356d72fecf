"""Random histories of a vault: reads, time, policies, holds, crashes, old copies.

After each step all that opens, by a grant and to whoever has database and keyring, is held against
the model.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from tests.vault.fuses import CrashError, Fuse
from tests.vault.history_model import (
    DOCUMENTS,
    HOT,
    PLATES,
    Copy,
    Model,
    Stored,
    approve,
    read_policy,
)
from tests.vault.inspection import (
    Identity,
    existing_keys,
    identity,
    open_every_read,
    open_records,
    require_nothing_left,
    sent_identity,
)
from tests.worlds import READERS, TestApproval, World, make_entry

from fairplate.core.errors import PolicyError
from fairplate.core.periods import Period, period_at
from fairplate.intake import Arriving, Outcome, Taken
from fairplate.policy.arrivals import Refused, hits_period, read_period
from fairplate.policy.rules import NEVER
from fairplate.vault.approval import Grant
from fairplate.vault.errors import KeyUnusableError
from fairplate.vault.expiry import destroy_key, prepare_keys
from fairplate.vault.holds import HeldReads, hold_hits, hold_reads, lift_hold
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
STEPS = (MINUTE, 7 * MINUTE, 31 * MINUTE, HOUR, 5 * HOUR, DAY, 4 * DAY, 11 * DAY)
AGES = (0 * MINUTE, 0 * MINUTE, MINUTE, 25 * MINUTE, 2 * HOUR, 20 * HOUR, 5 * DAY, -MINUTE, -HOUR)
FUSES = st.one_of(st.none(), st.none(), st.integers(0, 25))
"""After how many looks at the clock and uses of randomness the process ends; None: it does not."""


class History(RuleBasedStateMachine):
    """A vault and all that may happen to it, each time under the eyes of `check`."""

    def __init__(self, make_url: Callable[[Path], str]) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="fairplate-"))
        self.clock = Fuse()
        keys, url = self.folder / "keys", make_url(self.folder / "fairplate.db")
        self.world = World(url, keys, self.clock, random_bytes=self.clock.random_bytes)
        self.world.list_hot(make_entry(HOT))
        self.sent: list[Arriving] = []
        self.copies: list[Copy] = []
        self.cases = 0
        self.expired = False

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder)

    @initialize(name=st.sampled_from(sorted(DOCUMENTS)))
    def set_up(self, name: str) -> None:
        self.world.set_up(DOCUMENTS[name])
        self.model = Model(Stored(read_policy(name), self.clock.now))

    @rule(
        reads=st.lists(
            st.tuples(
                st.sampled_from(PLATES),
                st.sampled_from((*READERS * 3, "stranger")),
                st.sampled_from(AGES),
            ),
            min_size=1,
            max_size=4,
        ),
        fuse=FUSES,
    )
    def take(self, reads: list[tuple[str, str, timedelta]], fuse: int | None) -> None:
        now, first = self.clock.now, len(self.sent)
        batch = [
            self.world.arriving(plate, f"{first + at}", reader_id, now - age)
            for at, (plate, reader_id, age) in enumerate(reads)
        ]
        self.sent += batch
        self._take([*batch, batch[-1]], fuse)

    @precondition(lambda self: self.sent)
    @rule(ago=st.lists(st.integers(0, 30), min_size=1, max_size=3), fuse=FUSES)
    def send_again(self, ago: list[int], fuse: int | None) -> None:
        self._take([self.sent[-1 - number % len(self.sent)] for number in ago], fuse)

    def _take(self, batch: list[Arriving], fuse: int | None) -> None:
        known = self.model.must_open(self.model.stored.reads, self.clock.now)
        self._expect_keys(batch)
        taken: list[Taken] = []
        if self._ends(fuse, lambda: taken.extend(self.world.intake.take(batch))):
            for one, became in zip(batch, taken, strict=True):
                if sent_identity(one) in known:
                    assert became.outcome in {Outcome.DUPLICATE, Refused.TOO_OLD}
            self.model.add(batch, taken)

    def _expect_keys(self, batch: Iterable[Arriving]) -> None:
        policy, names = self.model.stored.policy, set[KeyName]()
        for one in batch:
            names.add(read_period(policy, one.captured_at))
            if one.read.plate == HOT:
                names.add(HitsKeyName(hits_period(policy, one.captured_at)))
        self.model.expect_keys(names, self.clock.now)

    @rule(step=st.sampled_from(STEPS))
    def let_time_pass(self, step: timedelta) -> None:
        self.clock.move(step)
        self.expired = False

    @rule(fuse=FUSES)
    def expire(self, fuse: int | None) -> None:
        problems: list[object] = []
        if self._ends(fuse, lambda: problems.extend(self.world.expire().problems)):
            assert problems == []
            require_nothing_left(self.world)
            self.model.expire()
            self.expired = True

    @rule(fuse=FUSES)
    def prepare_keys(self, fuse: int | None) -> None:
        policy, now = self.model.stored.policy, self.clock.now
        reads, hits = read_period(policy, now), hits_period(policy, now)
        after, hits_after = (period_at(each.end, each.length) for each in (reads, hits))
        self.model.expect_keys(
            {reads, after, HitsKeyName(hits), HitsKeyName(hits_after)}, self.clock.now
        )
        problems: list[object] = []
        self._ends(fuse, lambda: problems.extend(prepare_keys(self.world.vault, policy)))
        assert problems == []

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule(name=st.sampled_from(sorted(DOCUMENTS)), fuse=FUSES)
    def set_policy(self, name: str, fuse: int | None) -> None:
        self.clock.move(SECOND)  # no two things happen at the same moment
        if self._ends(fuse, lambda: self.world.set_policy(DOCUMENTS[name])):
            self.model.set_policy(read_policy(name), self.clock.now)
        self.clock.move(SECOND)
        self.expired = False

    @rule(plate=st.sampled_from(PLATES), days=st.sampled_from((1, 40)), fuse=FUSES)
    def hold_reads(self, plate: str, days: int, fuse: int | None) -> None:
        policy, now = self.model.stored.policy, self.clock.now
        since, until = now - policy.longest_look_back, now + HOUR
        grant = Grant(
            plates=(plate,), reader_ids=READERS, captured_from=since, captured_until=until
        )
        ends = now + days * DAY
        approval = self._next_case(ends)
        held: list[HeldReads] = []

        def hold() -> None:
            held.append(hold_reads(self.world.vault, grant, approval, policy, until=ends))

        if policy.non_hits_kept == NEVER:
            with pytest.raises(PolicyError):
                hold()
        elif self._ends(fuse, hold):
            records = open_records(self.world)
            found = {record_id: records[record_id][1] for record_id in held[0].record_ids}
            assert Counter(found.values()) == self._find(plate)
            self.model.hold(found, CaseKeyName(approval.case_id))

    @rule(place=st.integers(0, 5), days=st.sampled_from((1, 40)), fuse=FUSES)
    def hold_hit(self, place: int, days: int, fuse: int | None) -> None:
        policy, opened = self.model.stored.policy, open_records(self.world)
        if not opened:
            return
        record_id = sorted(opened)[place % len(opened)]
        ends, ids = self.clock.now + days * DAY, list[str]()
        approval = self._next_case(ends)

        def hold() -> None:
            ids.extend(hold_hits(self.world.vault, [record_id], approval, policy, until=ends))

        try:
            ended = self._ends(fuse, hold)
        except KeyUnusableError:
            assert record_id not in self.model.must_open(self.model.stored.records, self.clock.now)
            return
        if ended:
            assert (ids == [record_id]) == opened[record_id][0].startswith("hits/")
            self.model.hold({ids[0]: opened[record_id][1]}, CaseKeyName(approval.case_id))

    def _next_case(self, ends: datetime) -> TestApproval:
        self.cases += 1
        case_id = f"case-{self.cases}"
        self.model.expect_case(CaseKeyName(case_id), self.clock.now, ends)
        return replace(approve(PLATES, self.clock.now), case_id=case_id, hold_until=ends)

    def _find(self, *plates: str) -> Counter[Identity]:
        found = self.world.look_back(*plates, approval=approve(PLATES, self.clock.now))
        assert found.damaged == ()
        return Counter(map(identity, found.reads))

    @precondition(lambda self: self.cases)
    @rule(ago=st.integers(0, 5), fuse=FUSES)
    def lift_hold(self, ago: int, fuse: int | None) -> None:
        case_id = f"case-{max(1, self.cases - ago)}"
        self.model.excused.add(CaseKeyName(case_id))
        self._ends(fuse, lambda: lift_hold(self.world.vault, case_id))

    @rule(place=st.integers(0, 10), fuse=FUSES)
    def destroy_early(self, place: int, fuse: int | None) -> None:
        names = existing_keys(self.world)
        if names:
            name = names[place % len(names)]
            self.model.excused.add(name)
            self._ends(fuse, lambda: destroy_key(self.world.vault, name))

    @precondition(lambda self: not self.world.database.is_postgresql)
    @rule()
    def copy_database(self) -> None:
        file = self.folder / f"copy-{len(self.copies)}"
        self.world.close()  # then all is in one file
        shutil.copy(self.folder / "fairplate.db", file)
        self.copies.append(Copy(file, self.model.copy_stored()))

    @precondition(lambda self: self.copies)
    @rule(ago=st.integers(0, 3))
    def restore_database(self, ago: int) -> None:
        copy = self.copies[-1 - ago % len(self.copies)]
        self.world.close()
        shutil.copy(copy.file, self.folder / "fairplate.db")
        self.world.restart()
        self.model.restore(copy.stored)
        self.expire(None)

    def _ends(self, fuse: int | None, act: Callable[[], object]) -> bool:
        """Do `act`, and say whether it came to its end; if not, another process goes on."""
        self.clock.left = fuse
        try:
            act()
        except CrashError:
            self.clock.left = None
            self.world.restart()
            return False
        finally:
            self.clock.left = None
        return True

    def _open(self) -> Counter[Identity]:
        periods = [name for name in self.model.made if isinstance(name, Period)]
        return open_every_read(self.world, periods, PLATES)

    @invariant()
    def check(self) -> None:
        now, model = self.clock.now, self.model
        model.note_keys(existing_keys(self.world), now)
        opened = self._open()
        model.check(opened, model.stored.reads, now, expired=self.expired)
        if model.stored.policy.non_hits_kept == NEVER:
            with pytest.raises(PolicyError):
                self._find(*PLATES)
        else:
            found = self._find(*PLATES)
            since = now - model.stored.policy.longest_look_back
            must_open = model.must_open(model.stored.reads, now)
            assert {what for what in must_open if what[3] >= since} <= found.keys()
            assert found <= opened
            assert all(model.may_open(model.stored.reads[what], now) for what in found)
        records = open_records(self.world)
        ids = Counter(records.keys())
        model.check(ids, model.stored.records, now, expired=self.expired)
        for record_id, (key, what) in records.items():
            held = model.stored.records[record_id]
            assert (key, what) == (str(held.key), held.what)
