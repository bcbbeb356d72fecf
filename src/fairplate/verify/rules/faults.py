"""What a rule is, and how it words a fault."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding, Severity

Rule: TypeAlias = Callable[[LoggedEvent], Sequence[Finding]]
"""Takes one event of its type, after all earlier ones, and returns what is wrong with it."""

RulesByType: TypeAlias = Mapping[str, Rule]

NO_FINDINGS: tuple[Finding, ...] = ()


def fault(code: str, index: int, message: str) -> Finding:
    """Return the fault found at the event at `index`; `message` quotes nothing private."""
    return Finding(code, f"event {index}", message)


def notice(code: str, index: int, message: str) -> Finding:
    """Return what is worth knowing of the event at `index`, though no rule is broken."""
    return Finding(code, f"event {index}", message, Severity.NOTICE)
