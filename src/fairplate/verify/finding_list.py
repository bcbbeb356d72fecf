"""The findings of one check in the order they were made, so many of a kind and no more."""

from collections import Counter
from collections.abc import Iterable

from fairplate.verify.findings import Finding, Severity

MOST_OF_A_KIND = 100
"""Of one code. What comes after is counted: a log that is all wrong must not fill the memory."""


class FindingList:
    """Takes findings; says each once."""

    def __init__(self) -> None:
        self._kept: dict[Finding, None] = {}
        self._number: Counter[tuple[str, Severity]] = Counter()
        self._more: Counter[tuple[str, Severity]] = Counter()
        self._places: set[str] = set()

    def add(self, finding: Finding) -> None:
        """Take one, unless it is there."""
        if finding in self._kept:
            return
        kind = finding.code, finding.severity
        if self._number[kind] < MOST_OF_A_KIND:
            self._number[kind] += 1
            self._kept[finding] = None
            self._places.add(finding.where)
        else:
            self._more[kind] += 1

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several."""
        for finding in findings:
            self.add(finding)

    def speaks_of(self, where: str) -> bool:
        """Say whether a finding that was kept is about this place."""
        return where in self._places

    def all(self) -> tuple[Finding, ...]:
        """Return them, and after them a line for each kind of which more were left out."""
        left_out = [
            Finding(code, "everywhere", f"{number} more, left out here", severity)
            for (code, severity), number in self._more.items()
        ]
        return (*self._kept, *left_out)
