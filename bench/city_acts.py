"""Acts of a made-up city, in the order of time, as the events of a log tell them.

The same for the same seed, and as the rules of the log want them: whatever they are, they are no
measure of what a city does.
"""

import hashlib
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from fairplate.audit.canonical import JsonValue
from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.core.periods import period_at
from fairplate.core.purposes import Purpose

START = datetime(2022, 1, 3, tzinfo=UTC)
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
KEPT, LOOK_BACK = 30 * DAY, 7 * DAY
REFRESHED = 6 * 60 * MINUTE
"""Batches come every hour, one in twenty is refused: six such in a row would make a stale list."""
ALERTS_A_DAY, CASES_A_DAY, FAILURES_A_DAY = 250, 60, 5
READERS = tuple(f"reader-{number:03}" for number in range(100))
OFFICERS = tuple(f"user:officer-{number:02}" for number in range(40))
APPROVERS = tuple(f"user:approver-{number}" for number in range(8))
SYSTEM, ADMINISTRATOR = "system", "cli:1000"
POLICY = 'name = "city"\n' + "# what a policy file says, about as long as one\n" * 40
PURPOSES = sorted((Purpose.STOLEN_VEHICLE, Purpose.COURT_ORDER, Purpose.CRIME_INVESTIGATION))


@dataclass(frozen=True, slots=True)
class Act:
    """One act, as `Recorder.record` and `make_event` take it."""

    at: datetime
    actor: str
    type: EventType
    public: Mapping[str, JsonValue]
    private: Mapping[str, JsonValue]


def city_acts(seed: int = 1) -> Iterator[Act]:
    """Yield acts without end."""
    return _City(Random(seed)).acts()  # noqa: S311 - not for keys


class _City:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._waiting: list[tuple[datetime, int, Act]] = []

    def acts(self) -> Iterator[Act]:
        """Plan each day, and yield what is planned up to its end."""
        self._begin()
        for number in count():
            day = START + number * DAY
            self._plan_day(day, quarter=number % 90 == 0)
            while self._waiting and self._waiting[0][0] < day + DAY:
                yield heapq.heappop(self._waiting)[2]

    def _plan(
        self,
        at: datetime,
        actor: str,
        event_type: EventType,
        public: Mapping[str, JsonValue],
        private: Mapping[str, JsonValue] | None = None,
    ) -> None:
        act = Act(at, actor, event_type, public, private or {})
        heapq.heappush(self._waiting, (at, next(self._numbers), act))

    def _begin(self) -> None:
        self._plan_policy(START)
        for reader in READERS:
            private: dict[str, JsonValue] = {"name": f"Gate of {reader}, inbound"}
            public: dict[str, JsonValue] = {"reader": reader}
            self._plan(START, ADMINISTRATOR, EventType.READER_ENROLLED, public, private)
        definition = 'title = "Stolen vehicles"\n' + "# what a list's definition says\n" * 10
        made: dict[str, JsonValue] = {
            "list": "stolen",
            "purposes": PURPOSES,
            "look_alikes": True,
            "refreshed_s": int(REFRESHED.total_seconds()),
            "definition": hashlib.sha256(definition.encode()).hexdigest(),
        }
        self._plan(START, ADMINISTRATOR, EventType.LIST_SET, made, {"definition": definition})
        self._plan_keys(START, START)

    def _plan_policy(self, at: datetime) -> None:
        public: dict[str, JsonValue] = {
            "name": "city",
            "document": hashlib.sha256(POLICY.encode()).hexdigest(),
            "non_hits_kept_s": int(KEPT.total_seconds()),
            "hits_kept_s": int(KEPT.total_seconds()),
            "longest_look_back_s": int(KEPT.total_seconds()),
            "approvals": 1,
            "exigent": False,
            "purposes": PURPOSES,
        }
        self._plan(at, ADMINISTRATOR, EventType.POLICY_SET, public, {"document": POLICY})

    def _plan_day(self, day: datetime, *, quarter: bool) -> None:
        if quarter and day > START:
            self._plan_policy(day + 9 * 60 * MINUTE)
        self._plan_keys(day + 23 * 60 * MINUTE, day + DAY)
        public: dict[str, JsonValue] = {"size_bytes": self._random.randrange(10**9, 10**10)}
        private: dict[str, JsonValue] = {"place": "/srv/backups/nightly"}
        self._plan(day + 180 * MINUTE, SYSTEM, EventType.BACKUP_MADE, public, private)
        for hour in range(24):
            self._plan_batch(day + hour * 60 * MINUTE + SECOND)
        for _ in range(FAILURES_A_DAY):
            failed: dict[str, JsonValue] = {"user": self._one(OFFICERS), "reason": "secret"}
            address: dict[str, JsonValue] = {"address": "192.0.2.17"}
            self._plan(self._moment(day), SYSTEM, EventType.SIGN_IN_FAILED, failed, address)
        for _ in range(ALERTS_A_DAY):
            self._plan_alert(self._moment(day))
        for _ in range(CASES_A_DAY):
            self._plan_case(self._moment(day))

    def _plan_keys(self, made_at: datetime, day: datetime) -> None:
        """Make the keys of a day, and destroy them when they are due."""
        for kind in ("", "hits/"):
            key = f"{kind}{period_at(day, DAY)}"
            due = day + KEPT
            public: dict[str, JsonValue] = {"key": key, "destroy_by": spell_time(due)}
            self._plan(made_at, SYSTEM, EventType.KEY_MADE, public)
            gone = public | {"made_at": spell_time(made_at), "reason": "due"}
            self._plan(due, SYSTEM, EventType.KEY_DESTROYED, gone)

    def _plan_batch(self, at: datetime) -> None:
        number = next(self._numbers)
        source: dict[str, JsonValue] = {"source": f"/srv/lists/stolen-{number}.csv"}
        if number % 20 == 0:
            wrong: dict[str, JsonValue] = {
                "list": "stolen",
                "format": "csv",
                "rows": 60_000,
                "bad_rows": self._random.randrange(1, 100),
            }
            self._plan(at, SYSTEM, EventType.BATCH_REJECTED, wrong, source)
            return
        public: dict[str, JsonValue] = {
            "list": "stolen",
            "batch": f"stolen-{number}",
            "format": "csv",
            "entries": 60_000 + self._random.randrange(1000),
            "added": self._random.randrange(100),
            "changed": self._random.randrange(10),
            "removed": self._random.randrange(100),
            "purposes": PURPOSES,
            "fresh_until": spell_time(at + REFRESHED),
        }
        self._plan(at, SYSTEM, EventType.BATCH_IMPORTED, public, source)

    def _plan_alert(self, at: datetime) -> None:
        alert: dict[str, JsonValue] = {"alert": f"alert-{next(self._numbers)}"}
        officer = self._one(OFFICERS)
        raised = alert | {
            "list": "stolen",
            "purpose": self._one(PURPOSES),
            "match": self._one(("exact", "look-alike")),
            "chance_permille": self._random.randrange(1001),
        }
        private: dict[str, JsonValue] = {
            "plate": self._plate(),
            "entries": ["2026/17/0042"],
            "reader": self._one(READERS),
            "captured_at": spell_time(at - SECOND),
        }
        self._plan(at, SYSTEM, EventType.ALERT_RAISED, raised, private)
        right = self._random.random() < 0.6  # noqa: PLR2004 - made up
        decided = alert | {"decision": "confirmed" if right else "wrong-plate"}
        note: dict[str, JsonValue] = {"note": ""}
        self._plan(at + 2 * MINUTE, officer, EventType.ALERT_DECIDED, decided, note)
        if right:
            outcome = alert | {"outcome": self._one(("found", "not-found"))}
            self._plan(at + 40 * MINUTE, officer, EventType.ALERT_OUTCOME, outcome, note)

    def _plan_case(self, at: datetime) -> None:
        case: dict[str, JsonValue] = {"case": f"case-{next(self._numbers)}"}
        officer, approver = self._one(OFFICERS), self._one(APPROVERS)
        purpose, plate = self._one(PURPOSES), self._plate()
        readers = sorted(self._random.sample(READERS, 10))
        asked: dict[str, JsonValue] = {"plates": [plate], "readers": readers}
        reference: dict[str, JsonValue] = {"reference": f"2026/17/{next(self._numbers)}"}
        why: dict[str, JsonValue] = {"why": "taken at night"}
        of_case = case | {"purpose": purpose, "plates": 1, "readers": len(readers)}
        opened = of_case | {
            "captured_from": spell_time(at - LOOK_BACK),
            "captured_until": spell_time(at),
            "approvals": 1,
            "exigent": False,
        }
        self._plan(at, officer, EventType.CASE_OPENED, opened, asked | reference | why)
        approved_at = at + 10 * MINUTE
        if self._random.random() < 0.05:  # noqa: PLR2004 - made up
            refused: dict[str, JsonValue] = {"note": "no reference"}
            self._plan(approved_at, approver, EventType.CASE_REFUSED, case, refused)
            closed = case | {"reason": "withdrawn"}
            self._plan(approved_at + MINUTE, officer, EventType.CASE_CLOSED, closed)
            return
        approved = case | {"expires_at": spell_time(at + 2 * DAY)}
        self._plan(approved_at, approver, EventType.CASE_APPROVED, approved, {"note": ""})
        used = of_case | {
            "candidates": self._random.randrange(1, 9),
            "periods": LOOK_BACK // DAY + 1,
            "first_period": str(period_at(at - LOOK_BACK, DAY)),
            "last_period": str(period_at(at, DAY)),
            "exigent": False,
            "asked_by": officer,
            "approved_by": [approver],
        }
        for number in range(self._random.randrange(1, 3)):
            used_at = approved_at + (15 + number) * MINUTE
            self._plan(used_at, officer, EventType.GRANT_USED, used, asked | reference)
            searched = of_case | {"found": self._random.randrange(20)}
            self._plan(used_at + SECOND, officer, EventType.CASE_SEARCHED, searched, asked)
        self._plan(at + DAY, officer, EventType.CASE_CLOSED, case | {"reason": "done"})

    def _moment(self, day: datetime) -> datetime:
        return day + timedelta(milliseconds=self._random.randrange(24 * 3600 * 1000))

    def _one(self, words: tuple[str, ...] | list[Purpose]) -> str:
        return str(self._random.choice(words))

    def _plate(self) -> str:
        return f"BGT{self._random.randrange(10_000):04}"
