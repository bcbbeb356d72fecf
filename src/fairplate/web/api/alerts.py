"""`/api/v1/alerts`: alerts as they stand, what there is to compare, and what people found.

The list tells no plate; one alert tells everything that the message to its subscribers tells.
"""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from fairplate.alerts.alert_fields import alert_fields
from fairplate.alerts.message_json import message_json
from fairplate.audit.words import Decision, Outcome
from fairplate.core.errors import InputError, UnknownIdError
from fairplate.web.api.acting import do
from fairplate.web.api.paging import Cursor, Limit, decode_place, encode_cursor
from fairplate.web.problems import Problem
from fairplate.web.sign_in.answers import Sent, shown_as

if TYPE_CHECKING:
    from fairplate.alerts.decisions import KeptAlert
    from fairplate.alerts.message import AlertMessage
    from fairplate.wiring import Deployment

LONGEST_NOTE = 2_000
Note = Annotated[str, Field(max_length=LONGEST_NOTE)]

router = APIRouter(tags=["Alerts"])


class KnownAlert(BaseModel):
    """One alert; `state` is `unconfirmed`, or what a person found."""

    id: str
    raised_at: str
    reader: str
    list: str
    purpose: str
    chance: float
    state: str
    ends_at: str
    repeats: int
    decided_at: str | None
    decided_by: str | None
    outcome: str | None


class KnownAlerts(BaseModel):
    """One page of alerts; `next` null: there are no more."""

    alerts: list[KnownAlert]
    next: str | None


class WholeAlert(KnownAlert):
    """An alert with all there is to compare; `message` null: it is destroyed."""

    message: dict[str, Any] | None
    pictures: list[str]


class NewDecision(Sent):
    """What a person saw on comparing."""

    model_config = shown_as(decision="confirmed", note="")

    decision: Annotated[Decision, Field(description="Never `expired`: nobody sees that")]
    note: Note = ""


class NewOutcome(Sent):
    """What came of a confirmed alert."""

    model_config = shown_as(outcome="found", note="")

    outcome: Outcome
    note: Note = ""


@router.get("/api/v1/alerts", summary="List alerts")
async def get_alerts(
    request: Request, *, undecided: bool = True, cursor: Cursor = None, limit: Limit = 50
) -> KnownAlerts:
    """Return the undecided ones, the oldest first; or all, the newest first."""
    after = decode_place(cursor)
    found = await do(
        request, lambda it: it.alerts.page(undecided=undecided, after=after, most=limit + 1)
    )
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return KnownAlerts(
        alerts=[_known(one) for one in page],
        next=None if last is None else encode_cursor(last.raised_at.isoformat(), last.id),
    )


@router.get("/api/v1/alerts/{alert_id}", summary="Show what is to be compared")
async def get_alert(request: Request, alert_id: str) -> WholeAlert:
    """Return an alert with the read, the entry and the doubts; the plate is among that."""
    kept, message = await do(request, lambda it: (_one(it, alert_id), _compose(it, alert_id)))
    told: dict[str, Any] | None = None
    if message is not None:
        told = json.loads(message_json(message, key=kept.id, pictures=False))
    pictures = [] if message is None else [name for name, _ in _pictures(message)]
    return WholeAlert.model_validate({**alert_fields(kept), "message": told, "pictures": pictures})


@router.get(
    "/api/v1/alerts/{alert_id}/pictures/{name}",
    summary="Show one of its pictures",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The picture"}},
)
async def get_alert_picture(
    request: Request, alert_id: str, name: Literal["crop", "blurred"]
) -> Response:
    """Return the plate's picture (`crop`), or the whole one with all else made unreadable."""

    def work(it: "Deployment") -> "AlertMessage | None":
        _one(it, alert_id)
        return _compose(it, alert_id)

    message = await do(request, work)
    picture = None if message is None else dict(_pictures(message)).get(name)
    if picture is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such picture, or no more")
    return Response(picture, media_type="image/jpeg")


@router.post("/api/v1/alerts/{alert_id}/decision", summary="Say what you saw")
async def post_decision(request: Request, alert_id: str, sent: NewDecision) -> KnownAlert:
    """Put a decision on record. The first one counts and stays: a second is told who was first."""
    return _known(
        await do(request, lambda it: it.alerts.decide(_id(alert_id), sent.decision, sent.note))
    )


@router.post("/api/v1/alerts/{alert_id}/outcome", summary="Say what came of it")
async def post_outcome(request: Request, alert_id: str, sent: NewOutcome) -> KnownAlert:
    """Put on record what came of a confirmed alert; told once, it stays."""
    return _known(
        await do(
            request, lambda it: it.alerts.record_outcome(_id(alert_id), sent.outcome, sent.note)
        )
    )


def _known(alert: "KeptAlert") -> KnownAlert:
    return KnownAlert.model_validate(alert_fields(alert))


def _id(alert_id: str) -> str:
    """Return an id that a database takes; UnknownIdError for any other text."""
    if not alert_id.isascii() or "\0" in alert_id:
        raise UnknownIdError("alert", expected="one that was raised")
    return alert_id


def _one(it: "Deployment", alert_id: str) -> "KeptAlert":
    return it.alerts.one(_id(alert_id))


def _compose(it: "Deployment", alert_id: str) -> "AlertMessage | None":
    try:
        return it.alerts.message(_id(alert_id))
    except InputError:  # its record went with its key
        return None


def _pictures(message: "AlertMessage") -> list[tuple[str, bytes]]:
    given = (("crop", message.crop), ("blurred", message.blurred))
    return [(name, picture) for name, picture in given if picture is not None]
