"""What an approved case is to the vault, and every reason why a grant may not be used.

Decides from values alone. Leaves to `cases/` how a case comes to be approved; whatever that
decides, nothing is opened here that this page refuses.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.look_back import LookBack, Refusal, reasons_against
from fairplate.policy.rules import Policy, is_past

MOST_PLATES = 5
"""Plates a case may name: more would be a list, and lists are hot lists."""


class Approval(Protocol):
    """An approved case. Plates are patterns as in `candidates.py`; people are pseudonyms."""

    @property
    def case_id(self) -> str:
        """The case, as `CaseKeyName` takes it."""
        ...

    @property
    def purpose(self) -> Purpose:
        """Why."""
        ...

    @property
    def reference(self) -> str:
        """The reference that the policy asks of the purpose."""
        ...

    @property
    def plates(self) -> frozenset[str]:
        """The plates, as patterns."""
        ...

    @property
    def reader_ids(self) -> frozenset[str]:
        """The readers."""
        ...

    @property
    def captured_from(self) -> datetime:
        """The first moment of capture."""
        ...

    @property
    def captured_until(self) -> datetime:
        """The first moment of capture that is not approved."""
        ...

    @property
    def expires_at(self) -> datetime:
        """When the approval ends."""
        ...

    @property
    def hold_until(self) -> datetime | None:
        """Until when the case may hold what it reaches; None: not past its time."""
        ...

    @property
    def asked_by(self) -> str:
        """Who asked."""
        ...

    @property
    def approved_by(self) -> frozenset[str]:
        """Who approved."""
        ...

    @property
    def exigent(self) -> bool:
        """Whether it is searched first and approved afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is to be opened: reads of these plates at these readers, captured in [from, until)."""

    plates: tuple[str, ...] = field(repr=False)
    reader_ids: tuple[str, ...]
    captured_from: datetime
    captured_until: datetime

    def __post_init__(self) -> None:
        """Refuse what names nothing, or a crowd."""
        if not 0 < len(set(self.plates)) == len(self.plates) <= MOST_PLATES:
            expected = f"1 to {MOST_PLATES} different ones"
            raise InputError("grant", "plates", expected=expected, found=f"{len(self.plates)}")
        if not 0 < len(set(self.reader_ids)) == len(self.reader_ids):
            raise InputError("grant", "readers", expected="different ones", found="none or doubles")
        for name in ("captured_from", "captured_until"):
            require_aware(getattr(self, name), where="grant", field=name)
        if self.captured_from >= self.captured_until:
            expected = "captured_from before captured_until"
            raise InputError("grant", "times", expected=expected, found="another order")


class Beyond(StrEnum):
    """Why a grant goes beyond its approval; the value is the word in messages."""

    EXPIRED = "approval-expired"
    PLATES = "plates-not-approved"
    READERS = "readers-not-approved"
    TIMES = "times-not-approved"


def require_grant(grant: Grant, approval: Approval, policy: Policy, *, now: datetime) -> None:
    """Raise PolicyError with every reason why `grant` may not be used at `now` (aware)."""
    _refuse(*_beyond(grant, approval, now), *_against(grant, approval, policy, now))


def require_grant_of_hits(
    grant: Grant, approval: Approval, policy: Policy, *, now: datetime
) -> None:
    """Raise as `require_grant` does; hits are also there where no other read is kept."""
    # A camera's clock may be ahead of ours, and so may the capture of what is kept already.
    excused = {Refusal.TOO_FAR_BACK, Refusal.IN_FUTURE}
    if approval.purpose is not Purpose.TEST:  # nothing is ever kept for a test, hits neither
        excused.add(Refusal.NOTHING_KEPT)
    against = _against(grant, approval, policy, now)
    _refuse(
        *_beyond(grant, approval, now), *(reason for reason in against if reason not in excused)
    )


def _beyond(grant: Grant, approval: Approval, now: datetime) -> list[Beyond]:
    found = {
        Beyond.EXPIRED: is_past(approval.expires_at, now),
        Beyond.PLATES: not approval.plates.issuperset(grant.plates),
        Beyond.READERS: not approval.reader_ids.issuperset(grant.reader_ids),
        Beyond.TIMES: grant.captured_from < approval.captured_from
        or grant.captured_until > approval.captured_until,
    }
    return [reason for reason, stands in found.items() if stands]


def _against(
    grant: Grant, approval: Approval, policy: Policy, now: datetime
) -> tuple[Refusal, ...]:
    asked = LookBack(
        purpose=approval.purpose,
        reference=approval.reference,
        since=grant.captured_from,
        asked_by=approval.asked_by,
        approved_by=approval.approved_by,
        exigent=approval.exigent,
    )
    return reasons_against(policy, asked, now=now)


def _refuse(*reasons: Beyond | Refusal) -> None:
    if reasons:
        found = ", ".join(reason.value for reason in reasons)
        raise PolicyError(f"grant: expected one within its approval, found {found}")
