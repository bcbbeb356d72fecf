"""`POST /hooks/{vendor}/{reader}`: what cameras and vendors' software push, as they send it.

Decides what a camera is answered. 200 means: do not send this again. That is also so for a payload
that is not understood: most cameras hold back all later events until one is accepted, so that one
odd payload would silence them. It is told in the log and counted. 503 means: send it again.
"""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from fairplate.ingest.arrival import Arrival, Unread, make_arrivals
from fairplate.ingest.limits import MAX_BODY_BYTES
from fairplate.ingest.understanding import understand
from fairplate.ingest.vendor import Payload, PayloadError
from fairplate.ingest.vendors import VENDORS
from fairplate.intake import Taken
from fairplate.web.api.reads import outcome_word
from fairplate.web.logs import log_problem
from fairplate.web.parts import Parts, parts_of
from fairplate.web.passing import Step
from fairplate.web.problems import Problem

NOT_UNDERSTOOD = "not-understood"
_BODY = {"required": True, "content": {"*/*": {"schema": {"type": "string"}, "example": "{}"}}}
_SECURITY: list[dict[str, list[str]]] = [{"readerKey": []}]


class TakenPayload(BaseModel):
    """What the payload was, and what became of each vehicle in it."""

    kind: str
    vehicles: Sequence[str]


router = APIRouter()


@router.post(
    "/hooks/{vendor}/{reader}",
    summary="Push what a vendor's camera or software sends",
    openapi_extra={"requestBody": _BODY, "security": _SECURITY},
)
async def post_hook(request: Request, vendor: str, reader: str) -> TakenPayload:
    """Take one payload; the answer comes once what is complete in it is stored for good."""
    parts = parts_of(request)
    if parts.access_keys.reader_of(request.headers.get("authorization")) != reader:
        raise Problem(HTTPStatus.FORBIDDEN, "the key belongs to another reader")
    if vendor not in VENDORS:
        raise Problem(HTTPStatus.NOT_FOUND, f"expected one of {', '.join(VENDORS)}")
    if "content-encoding" in request.headers:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a body is not compressed")
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        detail = f"a payload has at most {MAX_BODY_BYTES} bytes"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    payload = Payload(body, request.headers.get("content-type", ""))
    try:
        kind, words = await run_in_threadpool(_read, parts, vendor, reader, payload)
    except PayloadError as error:
        log_problem("hooks", error)
        parts.metrics.payloads.labels(vendor, NOT_UNDERSTOOD).inc()
        return TakenPayload(kind=NOT_UNDERSTOOD, vehicles=[])
    told = await parts.passing.take(words)
    parts.metrics.payloads.labels(vendor, kind).inc()
    return TakenPayload(kind=kind, vehicles=[_word(one) for one in told])


def _read(
    parts: Parts, vendor: str, reader_id: str, payload: Payload
) -> tuple[str, list[Arrival | Unread]]:
    understood = understand(vendor, payload)
    return understood.kind.value, make_arrivals(
        understood,
        reader_id=reader_id,
        received_at=parts.deployment.now(),
        settings=parts.reader_settings.get(reader_id),
    )


def _word(one: Taken | Unread | Step) -> str:
    if isinstance(one, Taken):
        return outcome_word(one)
    return one.value if isinstance(one, Step) else one.reason.value
