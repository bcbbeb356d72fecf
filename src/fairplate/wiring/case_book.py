"""What people do with cases: open, approve, refuse, search and close; and what ends by itself."""

from dataclasses import dataclass

from fairplate.cases.case import Asked, Case
from fairplate.cases.sealing import CasesKey
from fairplate.cases.search import search_case
from fairplate.cases.store import CaseStore
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.deployment.readers import read_readers
from fairplate.vault.grants import Opened
from fairplate.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class CaseBook:
    """The cases of one deployment. `person` is always who acts, as a pseudonym."""

    vault: Vault

    @property
    def store(self) -> CaseStore:
        """The cases in the database."""
        recorder = self.vault.recorder
        return CaseStore(CasesKey(recorder.private_parts.secret), recorder)

    def open(self, asked: Asked, *, person: str) -> Case:
        """Ask to look back."""
        with self.vault.database.transaction() as connection:
            policy = read_policy_in_force(connection).policy
            readers = read_readers(connection, asked.reader_ids)
            return self.store.open(connection, asked, policy, person=person, readers=readers)

    def approve(self, case_id: str, *, person: str, note: str = "") -> Case:
        """Say yes to somebody else's case."""
        with self.vault.database.transaction() as connection:
            return self.store.approve(connection, case_id, person=person, note=note)

    def refuse(self, case_id: str, *, person: str, note: str) -> Case:
        """Say no to somebody else's case, and why."""
        with self.vault.database.transaction() as connection:
            return self.store.refuse(connection, case_id, person=person, note=note)

    def search(self, case_id: str, *, person: str) -> Opened:
        """Return the reads that one's own case reaches; each search is on record."""
        with self.vault.database.reading() as connection:
            policy = read_policy_in_force(connection).policy
        return search_case(self.vault, self.store, case_id, policy, person=person)

    def close(self, case_id: str, *, person: str) -> Case:
        """End one's own case before its time."""
        with self.vault.database.transaction() as connection:
            return self.store.close(connection, case_id, person=person)

    def close_due(self) -> tuple[Case, ...]:
        """Close every case whose time is over."""
        with self.vault.database.transaction() as connection:
            return self.store.close_due(connection)

    def one(self, case_id: str) -> Case:
        """Return one case; InputError if there is none of that id."""
        with self.vault.database.reading() as connection:
            return self.store.one(connection, case_id)

    def all(self, *, open_only: bool = False) -> tuple[Case, ...]:
        """Return every case, or those that are not closed, the oldest first."""
        with self.vault.database.reading() as connection:
            return self.store.all(connection, open_only=open_only)
