"""`/api/v1/cases`: asking to look back, saying yes or no, and looking.

Decides who sees what a case asks for: whoever opened it, and approvers. Everybody else sees that
it is there, for what, and how it stands. Results are shown to whoever opened the case; each time is
a search that is on record.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from fairplate.audit.words import Role
from fairplate.cases.case import Asked, Case
from fairplate.cases.case_fields import asked_fields, case_fields, read_fields
from fairplate.cases.rules import (
    LONGEST_OPEN,
    LONGEST_REFERENCE,
    LONGEST_WHY,
    MOST_READERS,
    parse_plates,
)
from fairplate.core.errors import UnknownIdError
from fairplate.core.purposes import Purpose
from fairplate.web.api.acting import do
from fairplate.web.api.paging import Cursor, Limit, page_of
from fairplate.web.sign_in.access import person_of
from fairplate.web.sign_in.answers import Sent, shown_as

if TYPE_CHECKING:
    from datetime import datetime

    from fairplate.deployment.people import Person
    from fairplate.wiring import Deployment

_MOST_SENT_PLATES = 50
_LONGEST_PLATE = 100
_LONGEST_ID = 64

router = APIRouter(tags=["Cases"])

Note = Annotated[str, Field(max_length=LONGEST_WHY)]


class KnownCase(BaseModel):
    """One case as a list tells it."""

    id: str
    state: str
    purpose: str
    opened_by: str
    opened_at: str
    ends_at: str
    approvals: int
    needed: int
    exigent: bool
    overdue: bool


class KnownCases(BaseModel):
    """One page of cases; `next` null: there are no more."""

    cases: list[KnownCase]
    next: str | None


class AskedFor(BaseModel):
    """What a case asks for. Plates are patterns: `?` is an unknown character."""

    reference: str
    why: str
    plates: list[str]
    readers: list[str]
    captured_from: str
    captured_until: str
    look_alikes: bool
    hold: bool


class WholeCase(KnownCase):
    """A case; `asked` null: it is for whoever opened it, and for approvers, to see."""

    asked: AskedFor | None


class NewCase(Sent):
    """What is asked for: which plates, where, when, what for and why."""

    model_config = shown_as(
        purpose="stolen-vehicle",
        reference="2026-004711",
        why="Taken from a car park in the night.",
        plates=["TEST123"],
        readers=["north-gate"],
        captured_from="2026-11-20T08:00:00Z",
        captured_until="2026-11-21T08:00:00Z",
        days=7,
    )

    purpose: Purpose
    reference: Annotated[str, Field(min_length=1, max_length=LONGEST_REFERENCE)]
    why: Annotated[str, Field(min_length=1, max_length=LONGEST_WHY)]
    plates: Annotated[
        list[Annotated[str, Field(max_length=_LONGEST_PLATE)]],
        Field(min_length=1, max_length=_MOST_SENT_PLATES),
    ]
    readers: Annotated[
        list[Annotated[str, Field(max_length=_LONGEST_ID)]],
        Field(min_length=1, max_length=MOST_READERS),
    ]
    captured_from: AwareDatetime
    captured_until: AwareDatetime
    days: Annotated[int, Field(ge=1, le=LONGEST_OPEN.days)] = 7
    exigent: bool = False
    look_alikes: bool = False
    hold: bool = False


class Yes(Sent):
    """What else there is to say."""

    model_config = shown_as(note="")

    note: Note = ""


class No(Sent):
    """Why not."""

    model_config = shown_as(note="The reference is another case's.")

    note: Annotated[str, Field(min_length=1, max_length=LONGEST_WHY)]


class FoundRead(BaseModel):
    """One read that a case reaches."""

    captured_at: str
    reader: str
    plate: str
    confidence: float
    region: str | None


class Results(BaseModel):
    """What a search found: at most `limit` reads from the first on, and how many there are.

    `complete` false: some spellings were left out. `damaged` and `lost_periods`: reads that do not
    open any more.
    """

    found: int
    reads: list[FoundRead]
    complete: bool
    damaged: int
    lost_periods: list[str]


@router.get("/api/v1/cases", summary="List cases")
async def get_cases(
    request: Request, *, closed: bool = False, cursor: Cursor = None, limit: Limit = 50
) -> KnownCases:
    """Return the cases that are not closed, or all; without plates."""
    found, now = await do(request, lambda it: (it.cases.all(open_only=not closed), it.now()))
    page, following = page_of(found, _place, cursor, limit)
    return KnownCases(
        cases=[KnownCase.model_validate(case_fields(one, now)) for one in page], next=following
    )


@router.post("/api/v1/cases", status_code=201, summary="Ask to look back")
async def post_cases(request: Request, sent: NewCase) -> WholeCase:
    """Open a case; nothing is searched yet."""
    person = person_of(request)

    def work(it: "Deployment") -> Case:
        asked = Asked(
            purpose=sent.purpose,
            reference=sent.reference,
            why=sent.why,
            plates=parse_plates(sent.plates),
            reader_ids=frozenset(one.replace("\0", " ") for one in sent.readers),
            captured_from=sent.captured_from,
            captured_until=sent.captured_until,
            ends_at=it.now() + timedelta(days=sent.days),
            exigent=sent.exigent,
            look_alikes=sent.look_alikes,
            hold=sent.hold,
        )
        return it.cases.open(asked, person=person.id)

    case = await do(request, work)
    return _whole(case, person, case.opened_at)


@router.get("/api/v1/cases/{case_id}", summary="Show a case")
async def get_case(request: Request, case_id: str) -> WholeCase:
    """Return a case, with what it asks for to whoever may see that."""
    case, now = await do(request, lambda it: (it.cases.one(_id(case_id)), it.now()))
    return _whole(case, person_of(request), now)


@router.post("/api/v1/cases/{case_id}/approval", summary="Say yes to a case")
async def post_approval(request: Request, case_id: str, sent: Yes) -> WholeCase:
    """Approve somebody else's case, for seven days at most."""
    person = person_of(request)
    case, now = await do(
        request,
        lambda it: (it.cases.approve(_id(case_id), person=person.id, note=sent.note), it.now()),
    )
    return _whole(case, person, now)


@router.post("/api/v1/cases/{case_id}/refusal", summary="Say no to a case")
async def post_refusal(request: Request, case_id: str, sent: No) -> WholeCase:
    """Refuse somebody else's case; one no is enough."""
    person = person_of(request)
    case, now = await do(
        request,
        lambda it: (it.cases.refuse(_id(case_id), person=person.id, note=sent.note), it.now()),
    )
    return _whole(case, person, now)


@router.post("/api/v1/cases/{case_id}/searches", summary="Look back, once it is approved")
async def post_searches(request: Request, case_id: str, limit: Limit = 200) -> Results:
    """Return the reads that one's own case reaches. It is in the log before it runs."""
    person = person_of(request)
    opened = await do(request, lambda it: it.cases.search(_id(case_id), person=person.id))
    return Results(
        found=len(opened.reads),
        reads=[FoundRead.model_validate(read_fields(one)) for one in opened.reads[:limit]],
        complete=opened.complete,
        damaged=len(opened.damaged),
        lost_periods=[str(one) for one in opened.lost],
    )


@router.post("/api/v1/cases/{case_id}/closing", summary="End one's own case")
async def post_closing(request: Request, case_id: str) -> WholeCase:
    """Close one's own case before its time."""
    person = person_of(request)
    case, now = await do(
        request, lambda it: (it.cases.close(_id(case_id), person=person.id), it.now())
    )
    return _whole(case, person, now)


def may_see_asked(case: Case, person: "Person") -> bool:
    """Say whether somebody may see what a case asks for."""
    return person.role is Role.APPROVER or case.opened_by == person.id


def _whole(case: Case, person: "Person", now: "datetime") -> WholeCase:
    asked = AskedFor.model_validate(asked_fields(case)) if may_see_asked(case, person) else None
    return WholeCase.model_validate({**case_fields(case, now), "asked": asked})


def _place(case: Case) -> str:
    return f"{case.opened_at.timestamp():020.6f} {case.id}"


def _id(case_id: str) -> str:
    """Return an id that a database takes; UnknownIdError for any other text."""
    if not case_id.isascii() or "\0" in case_id:
        raise UnknownIdError("case", expected="one of a case here")
    return case_id
