"""Keys: each made once, gone in time, and never made for longer than a policy lets it live.

A key's end is the one that was said when it was made, or the one that a later policy asks for.
Worked out anew here, from names and times alone.
"""

from array import array
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from struct import Struct
from typing import NamedTuple, TypeAlias

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault
from fairplate.verify.rules.moments import (
    DAY_MS,
    MINUTE_MS,
    SLACK_MS,
    millis,
    millis_of,
    spell,
)
from fairplate.verify.rules.policies import CEILING_MS, Policies, PolicyInForce
from fairplate.verify.rules.restores import Restores

GRACE_MS = 3 * MINUTE_MS
"""How late the end of a key may be told: a minute until somebody looks, and two for the work."""

LONGEST_CASE_MS = 366 * DAY_MS
"""A case's key is made for at most this long."""

_EARLIEST_MS = DAY_MS + SLACK_MS
"""How long before a period's start its key may be made: one period ahead, by a clock ahead."""

_CASE, _HITS = "case/", "hits/"
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAYS_KEPT = 4096
_DAY_MINUTES, _HOUR_MINUTES = 1440, 60
_LENGTHS = {"P1D": 0, "PT1H": 1, "PT10M": 2, "PT1M": 3}

KeyCode: TypeAlias = int | str
"""A key's name. Of a period: minutes since 1970, a bit for hits, two for the length."""


class _Living(NamedTuple):
    """A key that lives: when it was made and must be gone, which event made it.

    `told` is when its making was told last: a restored database tells it once more.
    """

    made: int
    destroy_by: int
    event: int
    told: int


_PACKED = Struct("<qqqq")  # half a million of them take a third of what objects take


class Keys:
    """The keys that live, and which were destroyed, in order."""

    def __init__(self, policies: Policies, restores: Restores) -> None:
        self._policies, self._restores = policies, restores
        self._living: dict[KeyCode, bytes] = {}
        self._gone_at = array("Q")
        self._gone: list[str] = []  # of cases
        self._gone_codes = array("q")  # of periods; -1 - place in `_gone` for a case
        self._forgotten: set[KeyCode] = set()
        self.made = self.destroyed = self.late = 0

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {
            "key.made": self._take_made,
            "key.destroyed": self._take_destroyed,
            "log.restored": self._take_restored,
        }

    @property
    def living(self) -> int:
        """How many keys live."""
        return len(self._living)

    def finish(self, now: int) -> Sequence[Finding]:
        """Say which keys should be gone at `now`, the checkpoint's time."""
        found = []
        for code, packed in self._living.items():
            living = _Living(*_PACKED.unpack(packed))
            due = self._due(code, living)
            if due + GRACE_MS < now:
                self.late += 1
                message = f"the key is still there; it had to be gone by {spell(due)}"
                found.append(fault("key-overdue", living.event, message))
        return found

    def _take_made(self, event: LoggedEvent) -> Sequence[Finding]:
        self.made += 1
        code = _code(event.public["key"])
        told, destroy_by = millis(event.at), millis_of(event.public["destroy_by"])
        at = told
        found = list(self._policies.require(event))
        packed = self._living.get(code)
        if packed is not None:
            known = _Living(*_PACKED.unpack(packed))
            # The policies since the first making count, whatever a second one says.
            destroy_by, at = min(destroy_by, known.destroy_by), min(at, known.made)
            if not self._restores.excuses(known.event):
                message = f"the key of event {known.event} was not destroyed before"
                found.append(fault("key-made-twice", event.index, message))
        if destroy_by > self._surely_right(code) and destroy_by > (
            latest := self._latest_end(code, at)
        ):
            message = f"it is made until {spell(destroy_by)}, {spell(latest)} is the latest"
            found.append(fault("key-lives-too-long", event.index, message))
        self._living[code] = _PACKED.pack(at, destroy_by, event.index, told)
        return found

    def _take_destroyed(self, event: LoggedEvent) -> Sequence[Finding]:
        self.destroyed += 1
        code = _code(event.public["key"])
        packed = self._living.pop(code, None)
        if packed is None:
            if code in self._forgotten:
                self._forgotten.discard(code)
                self._note_gone(code, event.index)
                return NO_FINDINGS
            message = "no event before it made the key, or one destroyed it"
            return [fault("key-not-living", event.index, message)]
        self._note_gone(code, event.index)
        living = _Living(*_PACKED.unpack(packed))
        found = _compare(event, living)
        due = self._due(code, living)
        if millis(event.at) > due + GRACE_MS:
            self.late += 1
            message = f"the key had to be gone by {spell(due)}"
            found.append(fault("key-destroyed-late", event.index, message))
        return found

    def _take_restored(self, event: LoggedEvent) -> Sequence[Finding]:
        """Let the database tell again of the ends that it no longer knew of."""
        if not self._restores.excuses(event.index - 1):
            return NO_FINDINGS  # no sound restore
        while self._gone_at and self._gone_at[-1] >= event.public["first"]:
            self._gone_at.pop()
            code = self._gone_codes.pop()
            self._forgotten.add(code if code >= 0 else self._gone.pop())
        return NO_FINDINGS

    def _note_gone(self, code: KeyCode, index: int) -> None:
        if isinstance(code, str):
            self._gone.append(code)
            code = -len(self._gone)
        self._gone_codes.append(code)
        self._gone_at.append(index)

    def _surely_right(self, code: KeyCode) -> int:
        """Return an end that is right under the policy in force; most keys have it."""
        policy = self._policies.last
        if policy is None or isinstance(code, str):
            return -1
        return _start_of(code) + _life(code, policy)

    def _latest_end(self, code: KeyCode, made: int) -> int:
        """Return the latest end that the key may be made for, whatever policy was in force."""
        if isinstance(code, str):
            return made + LONGEST_CASE_MS + SLACK_MS
        start = _start_of(code)
        # The event may come long after the making, if a crash came between.
        lives = [_life(code, policy) for policy in self._policies.since(start - _EARLIEST_MS)]
        return start + max(lives, default=CEILING_MS)

    def _due(self, code: KeyCode, living: _Living) -> int:
        """Return when the key must be gone, by its own end and by the policies since."""
        due = living.destroy_by
        if isinstance(code, str):
            return due
        last = self._policies.last
        if last is not None and last.since <= living.made:  # no policy came since
            return min(due, max(living.made, _start_of(code) + _life(code, last)))
        for asked, until in self._asked(code, living.made):
            # Where another policy came before anybody had to act, that one counts.
            if asked + GRACE_MS <= until:
                due = min(due, asked)
        return due

    def _asked(self, code: int, made: int) -> Iterator[tuple[int, int]]:
        start = _start_of(code)
        for policy in self._policies.since(made):
            from_then = max(policy.since, made)
            asked = start + _life(code, policy)
            if policy.none_kept_since is not None and made < policy.none_kept_since:
                asked = min(asked, policy.none_kept_since) if not _is_hits(code) else asked
            yield max(from_then, asked), policy.until


def _compare(event: LoggedEvent, living: _Living) -> list[Finding]:
    public = event.public
    made_at = public["made_at"]
    # A shorter life is no fault: a policy may have shortened it.
    longer = millis_of(public["destroy_by"]) > living.destroy_by
    makings = (living.made, living.told)
    if longer or (
        made_at is not None and all(abs(millis_of(made_at) - made) > SLACK_MS for made in makings)
    ):
        message = f"event {living.event} made the key with another time"
        return [fault("key-times-differ", event.index, message)]
    return []


def _life(code: int, policy: PolicyInForce) -> int:
    return policy.hits_life if _is_hits(code) else policy.reads_life


def _code(key: str) -> KeyCode:
    if key.startswith(_CASE):
        return key
    is_hits = key.startswith(_HITS)
    period = key.removeprefix(_HITS)  # 2026-11-23T00:00Z/P1D
    minutes = _minutes_of(period[:10]) + int(period[11:13]) * _HOUR_MINUTES + int(period[14:16])
    return minutes << 3 | is_hits << 2 | _LENGTHS[period[18:]]


@lru_cache(_DAYS_KEPT)
def _minutes_of(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - _EPOCH_DAY) * _DAY_MINUTES


def _start_of(code: int) -> int:
    return (code >> 3) * MINUTE_MS


def _is_hits(code: int) -> bool:
    return bool(code & 4)
