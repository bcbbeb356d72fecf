"""What the verifier says: findings, each with a code that never changes its meaning."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stands against the log."""

    FAULT = "fault"  # the log, or what it tells, is not as it must be: exit code 1
    NOTICE = "notice"  # worth knowing; a log without faults may have notices


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `where` names a file below the log's folder, or `event 17`."""

    code: str
    where: str
    message: str
    severity: Severity = Severity.FAULT
