"""What people do with cases: open, approve, refuse, search and close; and what ends by itself."""

from dataclasses import dataclass

from fairplate.cases.case import Asked, Case
from fairplate.cases.case_file import FileFormat
from fairplate.cases.exports import Export, export_case
from fairplate.cases.rules import find_report_case, require_export, require_report
from fairplate.cases.sealing import CasesKey
from fairplate.cases.search import CaseSearch, Found, search_case
from fairplate.cases.store import CaseStore
from fairplate.cases.subject_report import SubjectReport, report_subject
from fairplate.core.errors import InputError
from fairplate.core.plates import normalise_plate
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.deployment.readers import read_readers
from fairplate.policy.rules import Policy
from fairplate.vault.holds import find_held_cases, lift_hold
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
            case = self.store.refuse(connection, case_id, person=person, note=note)
        lift_hold(self.vault, case_id)
        return case

    def search(self, case_id: str, *, person: str) -> Found:
        """Return the reads that one's own case reaches; each search is on record."""
        return search_case(self.vault, self.store, case_id, self._policy(), person=person)

    def export(self, case_id: str, form: FileFormat, *, person: str, given_to: str) -> Export:
        """Return the results of one's own approved case as a document, which is on record."""
        policy = self._policy()
        search = CaseSearch(self.vault, self.store, case_id, policy, person, require_export)
        return export_case(search, form, given_to=given_to)

    def report_subject(self, plate: str, *, person: str) -> SubjectReport:
        """Return what a driver may be told of their plate, under one's own case for that."""
        policy, plate = self._policy(), normalise_plate(plate, where="case", field="plate")
        now = self.vault.recorder.clock()
        case = find_report_case(self.all(open_only=True), plate, person=person, now=now)
        search = CaseSearch(self.vault, self.store, case.id, policy, person, require_report)
        return report_subject(search)

    def close(self, case_id: str, *, person: str) -> Case:
        """End one's own case before its time."""
        with self.vault.database.transaction() as connection:
            case = self.store.close(connection, case_id, person=person)
        lift_hold(self.vault, case_id)
        return case

    def close_due(self) -> tuple[Case, ...]:
        """Close every case whose time is over, and destroy what cases hold that came to an end.

        Also what one holds that was closed or refused before, if a crash came in between.
        """
        with self.vault.database.transaction() as connection:
            closed = self.store.close_due(connection)
        for case_id in find_held_cases(self.vault):
            if self._has_ended(case_id):
                lift_hold(self.vault, case_id)
        return closed

    def one(self, case_id: str) -> Case:
        """Return one case; InputError if there is none of that id."""
        with self.vault.database.reading() as connection:
            return self.store.one(connection, case_id)

    def all(self, *, open_only: bool = False) -> tuple[Case, ...]:
        """Return every case, or those that are not closed, the oldest first."""
        with self.vault.database.reading() as connection:
            return self.store.all(connection, open_only=open_only)

    def _has_ended(self, case_id: str) -> bool:
        try:
            case = self.one(case_id)
        except InputError:
            return False  # a database that was restored lacks it; its key ends by itself
        return case.closed_at is not None or case.is_refused

    def _policy(self) -> Policy:
        with self.vault.database.reading() as connection:
            return read_policy_in_force(connection).policy
