"""Who may do what with a case, and when: every reason against it. Pure.

Decides what may be opened, approved, refused, searched and closed. The vault looks once more for
itself (`vault/approval.py`): nothing that this page forgets is opened there.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from fairplate.cases.case import Asked, Case, State
from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.look_back import LookBack, Refusal, reasons_against
from fairplate.policy.rules import NON_HIT_CEILING, Policy
from fairplate.vault.approval import MOST_PLATES
from fairplate.vault.candidates import UNKNOWN, parse_pattern

LONGEST_OPEN = timedelta(days=30)
APPROVED_FOR = timedelta(days=7)
"""An approval ends after so long, and with the case at the latest."""

LONGEST_WHY = 2_000
LONGEST_REFERENCE = 100
MOST_READERS = 1_000


class Against(StrEnum):
    """Why something may not be done; the value is the word in messages."""

    OWN = "own-case"
    NOT_OWN = "case-of-another"
    BLOCKED = "approval-overdue"
    VOTED = "approved-already"
    WAITING = "approvals-missing"
    REFUSED = "case-refused"
    ENDED = "case-ended"
    CLOSED = "case-closed"
    PURPOSE = "case-for-another-purpose"
    NOT_ONE_PLATE = "not-one-whole-plate"


_OVER = {
    State.REFUSED: Against.REFUSED,
    State.ENDED: Against.ENDED,
    State.CLOSED: Against.CLOSED,
}


def parse_plates(texts: Collection[str]) -> frozenset[str]:
    """Return plates as patterns; InputError as `parse_pattern` has it."""
    return frozenset(parse_pattern(text, where="case") for text in texts)


def require_asked(
    asked: Asked,
    policy: Policy,
    *,
    person: str,
    readers: Collection[str],
    blocked: bool,
    now: datetime,
) -> None:
    """Raise unless `person` may open a case for `asked` at `now`; `readers` are all there are.

    InputError for what no case may say, PolicyError for what the policy or an overdue approval
    forbids. Approvals are not asked for: they come later.
    """
    _require_form(asked, readers, now)
    if blocked:
        _refuse("open", Against.BLOCKED)
    look_back = LookBack(
        purpose=asked.purpose,
        reference=asked.reference,
        since=asked.captured_from,
        asked_by=person,
        exigent=asked.exigent,
    )
    reasons = reasons_against(policy, look_back, now=now)
    _refuse("open", *(one for one in reasons if one is not Refusal.NOT_APPROVED))


def require_vote(case: Case, *, person: str, now: datetime, refuses: bool = False) -> None:
    """Raise PolicyError unless `person` may approve `case` at `now`, or refuse it.

    A case that owes approvals for an emergency search takes them after its end, too.
    """
    state = case.state(now)
    reasons: list[Against] = []
    if person == case.opened_by:
        reasons.append(Against.OWN)
    if state in _OVER and not (case.owes_approval and state is not State.REFUSED):
        reasons.append(_OVER[state])
    if not refuses and any(vote.person == person for vote in case.approvals(now)):
        reasons.append(Against.VOTED)
    _refuse("vote", *reasons)


def approval_end(case: Case, now: datetime) -> datetime:
    """Return when an approval that is given at `now` ends.

    One that an emergency search owes and that comes after the case's end is over at once: it says
    that the search was right, and opens nothing.
    """
    return max(min(now + APPROVED_FOR, case.asked.ends_at), now + timedelta(microseconds=1))


def hold_end(case: Case, now: datetime) -> datetime | None:
    """Return until when `case` may hold what it finds at `now`; None: it may not.

    Only a case that asked for that, and that others approve of: an emergency holds nothing. Never
    past its end, nor past the 90 days for which a read that matched nothing may live at all.
    """
    end = min(case.asked.ends_at, case.asked.captured_from + NON_HIT_CEILING)
    holds = case.asked.hold and case.state(now) is State.APPROVED
    return end if holds and now < end else None


def require_search(case: Case, *, person: str, blocked: bool, now: datetime) -> None:
    """Raise PolicyError unless `person` may search under `case` at `now`."""
    state = case.state(now)
    reasons: list[Against] = []
    if person != case.opened_by:
        reasons.append(Against.NOT_OWN)
    if blocked:
        reasons.append(Against.BLOCKED)
    if state in _OVER:
        reasons.append(_OVER[state])
    elif state is State.WAITING:
        reasons.append(Against.WAITING)
    _refuse("search", *reasons)


class Rule(Protocol):
    """Raises PolicyError unless `person` may open what `case` reaches at `now`."""

    def __call__(self, case: Case, *, person: str, blocked: bool, now: datetime) -> None:
        """Judge."""
        ...


def require_export(case: Case, *, person: str, blocked: bool, now: datetime) -> None:
    """Raise PolicyError unless `person` may take out what `case` finds at `now`.

    Paper goes on to others, so an emergency waits for the approvals that it owes.
    """
    require_search(case, person=person, blocked=blocked, now=now)
    if not case.is_approved(now):
        _refuse("export", Against.WAITING)


def require_report(case: Case, *, person: str, blocked: bool, now: datetime) -> None:
    """Raise PolicyError unless `person` may tell a driver at `now` what `case` finds.

    The case is for that alone, and for one plate without unknown characters: the driver's own.
    """
    reasons: list[Against] = []
    if case.asked.purpose is not Purpose.SUBJECT_ACCESS:
        reasons.append(Against.PURPOSE)
    asked = case.asked
    one = len(asked.plates) == 1 and not any(UNKNOWN in plate for plate in asked.plates)
    if not one or asked.look_alikes:
        reasons.append(Against.NOT_ONE_PLATE)
    _refuse("report", *reasons)
    require_export(case, person=person, blocked=blocked, now=now)


def find_report_case(cases: Collection[Case], plate: str, *, person: str, now: datetime) -> Case:
    """Return the last of `person`'s own cases by which a driver may be told of `plate`.

    Raises PolicyError if there is none.
    """
    for case in sorted(cases, key=lambda one: one.opened_at, reverse=True):
        try:
            require_report(case, person=person, blocked=False, now=now)
        except PolicyError:
            continue
        if case.asked.plates == {plate}:
            return case
    raise PolicyError(
        "case: report: expected an approved case of yours, for subject-access and that plate "
        "alone, found none"
    )


def require_close(case: Case, *, person: str) -> None:
    """Raise PolicyError unless `person` may close `case`: its opener may, at any time, once."""
    reasons: list[Against] = []
    if person != case.opened_by:
        reasons.append(Against.NOT_OWN)
    if case.closed_at is not None:
        reasons.append(Against.CLOSED)
    _refuse("close", *reasons)


def _require_form(asked: Asked, readers: Collection[str], now: datetime) -> None:
    if not 0 < len(asked.plates) <= MOST_PLATES:
        expected = f"1 to {MOST_PLATES} different ones"
        raise InputError("case", "plates", expected=expected, found=f"{len(asked.plates)}")
    for plate in asked.plates:
        if parse_pattern(plate, where="case") != plate:
            raise InputError("case", "plates", expected="normalised ones", found="another spelling")
    unknown = sum(one not in readers for one in asked.reader_ids)
    if unknown or not 0 < len(asked.reader_ids) <= MOST_READERS:
        expected = f"1 to {MOST_READERS} that are known here"
        found = f"{unknown} unknown" if unknown else f"{len(asked.reader_ids)}"
        raise InputError("case", "readers", expected=expected, found=found)
    if not asked.captured_from < asked.captured_until:
        raise InputError("case", "days", expected="a first before a last", found="another order")
    if not now < asked.ends_at <= now + LONGEST_OPEN:
        expected = f"an end within {LONGEST_OPEN.days} days"
        raise InputError("case", "ends_at", expected=expected, found="another time")
    for name, text, longest in (
        ("why", asked.why, LONGEST_WHY),
        ("reference", asked.reference, LONGEST_REFERENCE),
    ):
        if not text.strip() or len(text) > longest or "\0" in text:
            expected = f"1 to {longest} characters"
            raise InputError("case", name, expected=expected, found="another text")


def _refuse(what: str, *reasons: Against | Refusal) -> None:
    if reasons:
        found = ", ".join(reason.value for reason in reasons)
        raise PolicyError(f"case: {what}: expected nothing against it, found {found}")
