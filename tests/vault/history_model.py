"""What a history of a vault must have come to: the model that random histories are held against.

Two moments bound each read, hit and held record: until `least` of its key, the shortest that any
policy since the key's making left it, it must open; from `must_close` on, once an expiry has run,
it must not. Neither is asked of the vault.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tests.vault.inspection import Identity, sent_identity
from tests.worlds import TestApproval, policy_document

from fairplate.intake import Arriving, Outcome, Taken
from fairplate.policy.arrivals import hits_period, read_life, read_period
from fairplate.policy.document import check_policy
from fairplate.policy.rules import NEVER, Policy
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName

HOT = "HOT100"
PLATES = (HOT, "AAA111", "BBB222", "CCC333")
DOCUMENTS = {
    f"{non_hits}, hits {hits}": policy_document(non_hits, hits)
    for non_hits, hits in (
        ("30 days", "1 day"),
        ("10 days", "10 days"),
        ("1 day", "30 minutes"),
        ("3 hours", "1 day"),
        ("30 minutes", "3 hours"),
        ("never", "3 hours"),
    )
}


_Id = TypeVar("_Id", Identity, str)


@dataclass(slots=True)
class Held:
    """Something that lies under a key: what it is, the key, and when it must be gone."""

    what: Identity
    key: KeyName
    must_close: datetime


@dataclass(slots=True)
class Stored:
    """What the database holds, and the policy in it; goes back with an old copy."""

    policy: Policy
    policy_set_at: datetime
    reads: dict[Identity, Held] = field(default_factory=dict)
    records: dict[str, Held] = field(default_factory=dict)


@dataclass(slots=True)
class Model:
    """`stored` goes back with the database; what is known of keys never does."""

    stored: Stored
    least: dict[KeyName, datetime] = field(default_factory=dict)
    made: dict[KeyName, datetime] = field(default_factory=dict)
    excused: set[KeyName] = field(default_factory=set)  # somebody asked for their end
    seen: set[KeyName] = field(default_factory=set)
    gone: set[KeyName] = field(default_factory=set)

    def copy_stored(self) -> Stored:
        return copy.deepcopy(self.stored)

    def set_policy(self, policy: Policy, now: datetime) -> None:
        self.stored.policy, self.stored.policy_set_at = policy, now
        for name in self.least:
            self.least[name] = min(self.least[name], self._end(name))

    def restore(self, stored: Stored) -> None:
        self.stored = copy.deepcopy(stored)
        self.set_policy(stored.policy, stored.policy_set_at)

    def expect_keys(self, names: Iterable[KeyName], now: datetime) -> None:
        """Know the keys that may be made now, whether what makes them comes to an end or not."""
        for name in names:
            self.made.setdefault(name, now)
            self.least[name] = min(self.least.get(name, self._end(name)), self._end(name))

    def add(self, batch: Iterable[Arriving], taken: Iterable[Taken]) -> None:
        policy = self.stored.policy
        for one, became in zip(batch, taken, strict=True):
            what = sent_identity(one)
            if became.outcome is Outcome.SEALED:
                period = read_period(policy, one.captured_at)
                self.stored.reads[what] = Held(what, period, period.start + read_life(policy))
            if became.hit is not None:
                name = HitsKeyName(hits_period(policy, one.captured_at))
                end = name.period.start + policy.lone_hit_kept
                self.stored.records[became.hit.record_id] = Held(what, name, end)

    def expect_case(self, name: CaseKeyName, now: datetime, until: datetime) -> None:
        self.made[name], self.least[name] = now, until

    def hold(self, what: Mapping[str, Identity], name: CaseKeyName) -> None:
        for record_id, identity in what.items():
            self.stored.records[record_id] = Held(identity, name, self.least[name])

    def expire(self) -> None:
        """From now on the policy in force binds all that is stored."""
        for held in (*self.stored.reads.values(), *self.stored.records.values()):
            held.must_close = min(held.must_close, self._end(held.key))

    def note_keys(self, existing: Iterable[KeyName], now: datetime) -> None:
        """Hold what the keyring has against what it had: no key goes too soon, or comes back."""
        existing = set(existing)
        lost = self.seen - existing - self.gone
        assert {n for n in lost if self.least[n] > now and n not in self.excused} == set()
        assert existing & self.gone == set()
        self.gone |= lost
        self.seen |= existing

    def must_open(self, stored: Mapping[_Id, Held], now: datetime) -> set[_Id]:
        return {
            one
            for one, held in stored.items()
            if now < self.least[held.key] and held.key not in self.gone | self.excused
        }

    def check(
        self, opened: Mapping[_Id, int], stored: Mapping[_Id, Held], now: datetime, *, expired: bool
    ) -> None:
        """Hold what opens to whoever has database and keyring against what may be stored."""
        assert set(opened.values()) <= {1}
        assert opened.keys() <= stored.keys()
        assert self.must_open(stored, now) <= opened.keys()
        for what in opened:
            assert stored[what].key not in self.gone
            assert not (expired and stored[what].must_close <= now)

    def may_open(self, held: Held, now: datetime) -> bool:
        """Say whether a grant may reach it: expiry or not, what policies said counts."""
        return now < min(held.must_close, self._end(held.key))

    def _end(self, name: KeyName) -> datetime:
        """Return when the policy in force wants the key called `name` gone."""
        policy = self.stored.policy
        if isinstance(name, CaseKeyName):
            return self.least[name]
        if isinstance(name, HitsKeyName):
            return name.period.start + policy.lone_hit_kept
        end = name.start + read_life(policy)
        made = self.made.get(name)
        if policy.non_hits_kept == NEVER and made is not None and made < self.stored.policy_set_at:
            return min(end, self.stored.policy_set_at)
        return end


@dataclass(frozen=True, slots=True)
class Copy:
    """An old copy of the database, and what was in it."""

    file: Path
    stored: Stored


def read_policy(name: str) -> Policy:
    return check_policy(DOCUMENTS[name], where="test").require()


def approve(plates: Iterable[str], now: datetime) -> TestApproval:
    """Return an approval of all that a policy may still keep at `now`."""
    return TestApproval(
        plates=frozenset(plates),
        captured_from=now - timedelta(days=100),
        captured_until=now + timedelta(days=1),
        expires_at=now + timedelta(days=1),
    )
