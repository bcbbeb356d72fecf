"""Readers: enrolled once at a time, disabled and given keys only while enrolled.

A disabled one may come back.
"""

from collections.abc import Sequence

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault
from fairplate.verify.rules.restores import Restores


class Readers:
    """Every reader: whether it is enrolled, and the index of the event that made it so."""

    def __init__(self, restores: Restores) -> None:
        self._restores = restores
        self._readers: dict[str, tuple[bool, int]] = {}

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {
            "reader.enrolled": self._take_enrolled,
            "reader.disabled": self._take_disabled,
            "reader.keyed": self._take_keyed,
        }

    @property
    def enrolled(self) -> int:
        """How many are enrolled."""
        return sum(enrolled for enrolled, _ in self._readers.values())

    def _take_enrolled(self, event: LoggedEvent) -> Sequence[Finding]:
        enrolled, index = self._readers.get(event.public["reader"], (False, 0))
        self._readers[event.public["reader"]] = True, event.index
        if enrolled and not self._restores.excuses(index):
            message = f"event {index} enrolled it before"
            return [fault("reader-enrolled-twice", event.index, message)]
        return NO_FINDINGS

    def _take_disabled(self, event: LoggedEvent) -> Sequence[Finding]:
        enrolled, index = self._readers.get(event.public["reader"], (False, -1))
        self._readers[event.public["reader"]] = False, event.index
        if not enrolled and not self._restores.excuses(index):
            message = "the reader was not enrolled"
            return [fault("reader-not-enrolled", event.index, message)]
        return NO_FINDINGS

    def _take_keyed(self, event: LoggedEvent) -> Sequence[Finding]:
        enrolled, index = self._readers.get(event.public["reader"], (False, -1))
        if enrolled or self._restores.excuses(index):
            return NO_FINDINGS
        return [fault("reader-not-enrolled", event.index, "the reader was not enrolled")]
