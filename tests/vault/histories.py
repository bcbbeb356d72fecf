"""Random histories of a vault: reads, time, policies, holds, crashes, old copies.

After each step all that opens, by a grant and to whoever has database and keyring, is held against
the model.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

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
from tests.vault.history_model import DOCUMENTS, HOT, PLATES, Copy, Held, Model, Stored, read_policy
from tests.vault.inspection import (
    Identity,
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
from fairplate.vault.errors import KeyDueError
from fairplate.vault.expiry import destroy_key, prepare_keys
from fairplate.vault.holds import hold_hits, hold_reads, lift_hold
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName, parse_key_name
from fairplate.vault.keyring import EXISTING
from fairplate.vault.register import due_now, find_living_key, read_living_keys

_Id = TypeVar("_Id", Identity, str)

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
        grant = Grant(
            plates=(plate,),
            reader_ids=READERS,
            captured_from=now - policy.longest_look_back,
            captured_until=now + HOUR,
        )
        found = {what for what in self._reach() if what[2] == plate}
        until = now + days * DAY
        approval = self._next_case(until)

        def hold() -> Iterable[str]:
            return hold_reads(self.world.vault, grant, approval, policy, until=until).record_ids

        if policy.non_hits_kept == NEVER:
            with pytest.raises(PolicyError):
                hold()
            return
        if not found:
            assert not hold()
            return
        ids: list[str] = []
        if self._ends(fuse, lambda: ids.extend(hold())):
            held = {record_id: open_records(self.world)[record_id][1] for record_id in ids}
            assert not Counter(held.values()) - Counter(found)
            assert all(self._has_ended(what[3]) for what in found - set(held.values()))
            self.model.hold(held, CaseKeyName(approval.case_id))

    @rule(place=st.integers(0, 5), days=st.sampled_from((1, 40)), fuse=FUSES)
    def hold_hit(self, place: int, days: int, fuse: int | None) -> None:
        policy, now = self.model.stored.policy, self.clock.now
        opened = open_records(self.world)
        if not opened:
            return
        record_id = sorted(opened)[place % len(opened)]
        until, ids = now + days * DAY, list[str]()
        approval = self._next_case(until)

        def hold() -> None:
            ids.extend(hold_hits(self.world.vault, [record_id], approval, policy, until=until))

        try:
            ended = self._ends(fuse, hold)
        except KeyDueError:
            assert self._is_over(opened[record_id][0])
            return
        if ended:
            assert not self._is_over(opened[record_id][0])
            assert (ids == [record_id]) == opened[record_id][0].startswith("hits/")
            self.model.hold({ids[0]: opened[record_id][1]}, CaseKeyName(approval.case_id))

    def _is_over(self, name: str) -> bool:
        """Say whether a hits key must be gone: by the register, or by the policy in force."""
        parsed = parse_key_name(name, where="test")
        with self.world.database.reading() as connection:
            key = find_living_key(connection, parsed)
        if key is None or key.destroy_by <= self.clock.now:
            return True
        if not isinstance(parsed, HitsKeyName):
            return False
        return parsed.period.start + self.model.stored.policy.lone_hit_kept <= self.clock.now

    def _has_ended(self, captured_at: datetime) -> bool:
        """Say whether a period that holds `captured_at` should have no key any more."""
        with self.world.database.reading() as connection:
            keys = read_living_keys(connection)
        return any(
            due_now(key, self.model.stored.policy) <= self.clock.now
            for key in keys
            if isinstance(key.name, Period) and key.name.start <= captured_at < key.name.end
        )

    def _next_case(self, until: datetime) -> TestApproval:
        self.cases += 1
        case_id = f"case-{self.cases}"
        self.model.expect_case(CaseKeyName(case_id), self.clock.now, until)
        return TestApproval(plates=frozenset(PLATES), case_id=case_id)

    @precondition(lambda self: self.cases)
    @rule(ago=st.integers(0, 5), fuse=FUSES)
    def lift_hold(self, ago: int, fuse: int | None) -> None:
        case_id = f"case-{max(1, self.cases - ago)}"
        self.model.excused.add(CaseKeyName(case_id))
        self._ends(fuse, lambda: lift_hold(self.world.vault, case_id))

    @rule(place=st.integers(0, 10), fuse=FUSES)
    def destroy_early(self, place: int, fuse: int | None) -> None:
        names = self._existing()
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

    def _existing(self) -> list[KeyName]:
        listed = self.world.keyring.keys()
        return [key.name for key in listed if key.state in EXISTING]

    def _open(self) -> Counter[Identity]:
        periods = [name for name in self.model.made if isinstance(name, Period)]
        return open_every_read(self.world, periods, PLATES)

    def _reach(self) -> Counter[Identity]:
        """Return what a grant must open: what opens at all, as far back as the policy lets."""
        policy = self.model.stored.policy
        since = self.clock.now - policy.longest_look_back
        if policy.non_hits_kept == NEVER:
            return Counter()
        return Counter(what for what in self._open() if what[3] >= since)

    @invariant()
    def check(self) -> None:
        now, model = self.clock.now, self.model
        model.note_keys(self._existing(), now)
        opened = self._open()
        self._check_held(opened, model.stored.reads)
        if model.stored.policy.non_hits_kept == NEVER:
            with pytest.raises(PolicyError):
                self.world.look_back(*PLATES)
        else:
            found = self.world.look_back(*PLATES)
            assert found.damaged == ()
            shown, reach = Counter(map(identity, found.reads)), self._reach()
            assert not shown - reach
            for what in reach - shown:  # only what should be gone, and waits for the next round
                assert self._has_ended(what[3])
        records = open_records(self.world)
        ids = Counter(records.keys())
        self._check_held(ids, model.stored.records)
        for record_id, (key, what) in records.items():
            held = model.stored.records[record_id]
            assert (key, what) == (str(held.key), held.what)

    def _check_held(self, opened: Counter[_Id], stored: Mapping[_Id, Held]) -> None:
        now = self.clock.now
        assert set(opened.values()) <= {1}
        assert opened.keys() <= stored.keys()
        assert self.model.must_open(stored, now) <= opened.keys()
        for what in opened:
            assert stored[what].key not in self.model.gone
            assert not (self.expired and stored[what].must_close <= now)
