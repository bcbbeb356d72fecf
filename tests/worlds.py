"""A whole vault with a clock of its own, for tests and for the programs that tests kill.

Everything is real: the database, the file keyring, the intake. Only the time is set by hand.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairplate.audit.log import Recorder
from fairplate.audit.private_parts import PrivatePartsKey
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.deployment.policy_in_force import PolicyInForce, read_policy_in_force, set_policy
from fairplate.deployment.readers import enrol_reader
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import HotListIndex
from fairplate.intake import Arriving, Intake
from fairplate.policy.arrivals import FURTHEST_AHEAD
from fairplate.policy.document import check_policy
from fairplate.storage.database import Database, open_database
from fairplate.vault.approval import Grant
from fairplate.vault.expiry import Expired, expire
from fairplate.vault.grants import Opened, use_grant
from fairplate.vault.health import find_key_problems, read_key_statuses
from fairplate.vault.keyring import Keyring, KeyringOptions
from fairplate.vault.keyrings import KEYRINGS
from fairplate.vault.vault import Vault

PRIVATE_PARTS = PrivatePartsKey(bytes(range(32)))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
READERS = ("gate-north", "gate-south")


@dataclass(slots=True)
class SetClock:
    """A clock that stands until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@dataclass(frozen=True, slots=True, kw_only=True)
class TestApproval:
    """An approved case as `cases/` will give them."""

    __test__ = False

    plates: frozenset[str]
    reader_ids: frozenset[str] = frozenset(READERS)
    captured_from: datetime = NOON - timedelta(days=400)
    captured_until: datetime = NOON + timedelta(days=400)
    expires_at: datetime = NOON + timedelta(days=400)
    case_id: str = "theft-17"
    purpose: Purpose = Purpose.STOLEN_VEHICLE
    reference: str = "2026/17"
    hold_until: datetime | None = NOON + timedelta(days=400)
    asked_by: str = "officer-1"
    approved_by: frozenset[str] = frozenset({"approver-1"})
    exigent: bool = False


def policy_document(
    non_hits: str = "30 days", hits: str = "1 day", name: str = "trial", approvals: int = 1
) -> str:
    """Return a policy as TOML; the look-back reaches as far as reads are kept."""
    figures = {
        "non_hits_kept": f'"{non_hits}"',
        "hits_kept": f'"{hits}"',
        "purposes": str([purpose.value for purpose in Purpose]).replace("'", '"'),
        "approvals": str(approvals),
        "longest_look_back": f'"{non_hits}"',
        "exigent": "false",
    }
    head = f'name = "{name}"\ntitle = "Trial"\njurisdiction = "none"\nnotes = ["A test."]\n'
    tables = (
        f'[{figure}]\nvalue = {value}\nsource = "a test"\nstatute_read = false\n'
        for figure, value in figures.items()
    )
    document = head + "\n".join(tables)
    check_policy(document, where="test").require()
    return document


def make_read(plate: str, reader_id: str = READERS[0]) -> PlateRead:
    return PlateRead(
        source=reader_id,
        plate=plate,
        confidence=0.97,
        characters=tuple(Character(char, 0.97) for char in plate),
        box=Box(100, 200, 180, 224),
        frames=2,
    )


def make_entry(plate: str, purpose: Purpose = Purpose.STOLEN_VEHICLE) -> Entry:
    return Entry(
        plate=plate,
        jurisdiction=None,
        vehicle=VehicleType.UNKNOWN,
        purpose=purpose,
        reference="2026/17",
        source="list",
        line=2,
    )


@dataclass(slots=True)
class World:
    """One deployment without its settings; `restart` is what a new process would find.

    `keys` is the keyring's directory, which is made unless it is there.
    """

    url: str
    keys: Path
    clock: SetClock = field(default_factory=SetClock)
    hot: tuple[Entry, ...] = ()
    random_bytes: Callable[[int], bytes] = os.urandom
    database: Database = field(init=False)
    keyring: Keyring = field(init=False)
    vault: Vault = field(init=False)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        self.restart(new=not self.keys.exists())

    def restart(self, *, new: bool = False) -> None:
        """Open everything anew, as a new process does."""
        if not new:
            self.close()
        self.database = open_database(self.url)
        self.reopen(new=new)

    def reopen(self, *, new: bool = False) -> None:
        """Open the keyring anew, and forget what is not on a disk; the database stays as it is."""
        options = KeyringOptions(self.keys, self.clock, self.random_bytes)
        kind = KEYRINGS["file"]
        self.keyring = kind.create(options) if new else kind.open(options)
        recorder = Recorder(self.clock, self.random_bytes, "system", PRIVATE_PARTS)
        self.vault = Vault(self.database, self.keyring, recorder)
        self.intake = Intake(self.vault, HotListIndex(self.hot))

    def close(self) -> None:
        if hasattr(self, "database"):
            self.database.close()

    def set_up(self, document: str | None = None) -> None:
        """Put a policy in force and enrol the readers."""
        self.set_policy(document or policy_document())
        with self.database.transaction() as connection:
            for reader_id in READERS:
                enrol_reader(connection, self.vault.recorder, reader_id, f"Reader {reader_id}")

    def set_policy(self, document: str) -> None:
        with self.database.transaction() as connection:
            set_policy(connection, self.vault.recorder, document)

    def list_hot(self, *entries: Entry) -> None:
        """Put `entries` on the hot list of the intake."""
        self.hot = entries
        self.intake = Intake(self.vault, HotListIndex(entries))

    def arriving(
        self,
        plate: str,
        read_id: str,
        reader_id: str = READERS[0],
        captured_at: datetime | None = None,
        picture: bytes | None = None,
    ) -> Arriving:
        read = make_read(plate, reader_id)
        return Arriving(read_id, reader_id, captured_at or self.clock(), read, picture)

    def in_force(self) -> PolicyInForce:
        with self.database.reading() as connection:
            return read_policy_in_force(connection)

    def expire(self) -> Expired:
        in_force = self.in_force()
        return expire(self.vault, in_force.policy, set_at=in_force.set_at)

    def key_problems(self) -> list[str]:
        """Return what a health check tells of the keys."""
        in_force = self.in_force()
        statuses = read_key_statuses(self.vault, in_force.policy, set_at=in_force.set_at)
        told = tuple(self.keyring.problems())
        return list(find_key_problems(statuses, told, now=self.clock.now))

    def look_back(
        self,
        *plates: str,
        readers: tuple[str, ...] = READERS,
        since: datetime | None = None,
        until: datetime | None = None,
        approval: TestApproval | None = None,
    ) -> Opened:
        """Use a grant for `plates` as far back as the policy lets."""
        policy = self.in_force().policy
        grant = Grant(
            plates=plates,
            reader_ids=readers,
            captured_from=since or self.clock() - policy.longest_look_back,
            captured_until=until or self.clock() + FURTHEST_AHEAD + timedelta(minutes=1),
        )
        approval = approval or TestApproval(plates=frozenset(plates))
        return use_grant(self.vault, grant, approval, policy)
