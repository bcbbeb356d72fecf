"""Gives the entries of a log to the reader of events and to the rules, in order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairplate.verify.errors import LogFormatError
from fairplate.verify.events import EventError, EventReader, LoggedEvent
from fairplate.verify.finding_list import FindingList
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.notes import VerifierKey, parse_verifier_key
from fairplate.verify.rules import LogRules, WitnessedNote


@dataclass(frozen=True, slots=True)
class OnRecord:
    """Which witnesses the events before some size ever named, and how many must sign."""

    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    complete: bool = True
    """Whether all those events were read."""


class EventCheck:
    """Takes the entries once from first to last."""

    def __init__(
        self, findings: FindingList, *, marks: Iterable[int] = (), wanted: Collection[int] = ()
    ) -> None:
        """Remember what is on record at the sizes `marks`, and the events at `wanted`."""
        self._findings = findings
        self._reader = EventReader()
        self._rules = LogRules()
        self._marks = sorted(set(marks))
        self._wanted = frozenset(wanted)
        self._unread = 0
        self.on_record_at: dict[int, OnRecord] = {}
        self.kept: dict[int, LoggedEvent] = {}

    def take(self, first: int, entries: Sequence[bytes | None]) -> None:
        """Read the entries from index `first` on; None is one that cannot be had."""
        start = 0
        while self._marks and self._marks[0] <= first + len(entries):
            mark = self._marks.pop(0)
            self._read(first + start, entries[start : mark - first])
            self.on_record_at[mark] = self.on_record
            self._rules.mark(mark)
            start = mark - first
        self._read(first + start, entries[start:] if start else entries)

    def _read(self, first: int, entries: Sequence[bytes | None]) -> None:
        read, apply, wanted = self._reader.read, self._rules.take, self._wanted
        for index, entry in enumerate(entries, first):
            if entry is None:
                self._unread += 1
                continue
            try:
                event = read(index, entry)
            except EventError as error:
                self._unread += 1
                self._findings.add(Finding(error.code, f"event {index}", str(error)))
                continue
            for finding in apply(event):
                self._findings.add(finding)
            if index in wanted:
                self.kept[index] = event

    def compare_times(self, size: int, time: datetime) -> None:
        """Hold the times of events against a checkpoint of `size`, one of the marks."""
        self._findings.extend(self._rules.compare_times(size, time))

    def finish(self, now: datetime | None, witnessed: Mapping[str, WitnessedNote]) -> None:
        """Say what only the end of the log tells; `now` is the checkpoint's time, if it has one."""
        if now is not None:
            self._findings.extend(self._rules.finish(now, witnessed))
        if self._unread:
            message = f"{self._unread} events could not be read; other findings may follow from it"
            self._findings.add(Finding("rules-incomplete", "events", message, Severity.NOTICE))

    @property
    def on_record(self) -> OnRecord:
        """The witnesses named so far, and the quorum in force."""
        keys = []
        for spelling in sorted(self._rules.witness_keys):
            try:
                keys.append(parse_verifier_key(spelling))
            except LogFormatError:
                continue  # the rules speak of it; nothing can be signed by it
        return OnRecord(tuple(keys), self._rules.quorum, complete=not self._unread)

    @property
    def facts(self) -> Mapping[str, int | str]:
        """Numbers for the report."""
        return self._rules.facts()
