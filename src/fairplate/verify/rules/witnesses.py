"""Witnesses on record: who is asked to countersign, and how many make a quorum."""

from collections.abc import Sequence

from fairplate.verify.errors import LogFormatError
from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.notes import KeyType, parse_verifier_key
from fairplate.verify.rules.faults import RulesByType, fault
from fairplate.verify.rules.restores import Restores


class Witnesses:
    """Those that are asked now, by the spelling of their keys, and the quorum in force."""

    def __init__(self, restores: Restores) -> None:
        self._restores = restores
        self._asked: dict[str, int] = {}
        self._removed: dict[str, int] = {}
        self.quorum = 0

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {"witness.added": self._take_added, "witness.removed": self._take_removed}

    @property
    def keys(self) -> set[str]:
        """The keys of those that are asked now."""
        return set(self._asked)

    def _take_added(self, event: LoggedEvent) -> Sequence[Finding]:
        key, found = event.public["key"], []
        index = self._asked.get(key)
        self._asked[key] = event.index
        if index is not None and not self._restores.excuses(index):
            message = f"event {index} added it before"
            found.append(fault("witness-added-twice", event.index, message))
        try:
            wrong = parse_verifier_key(key).type is not KeyType.COSIGNATURE
        except LogFormatError:
            wrong = True
        if wrong:
            message = "its key is no C2SP verifier key for cosignatures"
            found.append(fault("witness-key-wrong", event.index, message))
        return [*found, *self._judge_quorum(event)]

    def _take_removed(self, event: LoggedEvent) -> Sequence[Finding]:
        key, found = event.public["key"], []
        known = self._asked.pop(key, None) is not None
        if not known and not self._restores.excuses(self._removed.get(key, -1)):
            message = "the witness was not asked"
            found.append(fault("witness-unknown", event.index, message))
        self._removed[key] = event.index
        return [*found, *self._judge_quorum(event)]

    def _judge_quorum(self, event: LoggedEvent) -> Sequence[Finding]:
        self.quorum = event.public["quorum"]
        if self.quorum <= len(self._asked):
            return ()
        message = f"it asks for {self.quorum} of {len(self._asked)} witnesses"
        return [fault("quorum-too-large", event.index, message)]
