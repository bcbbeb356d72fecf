"""`POST /api/v1/reads`: reads of one reader, as JSON.

Decides what a read must look like. Its reader is who the key belongs to, never who the body names.
The answer says what was taken and never what matched: a key of a camera must not be a way to ask
the lists about plates.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairplate.core.errors import InputError
from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.intake import Arriving, Outcome, Taken
from fairplate.intake.arriving import MAX_PICTURE_BYTES
from fairplate.web.bodies import described_by, read_body
from fairplate.web.parts import parts_of

MOST_READS = 500
LONGEST_PLATE = 16

_NOWHERE = Box(0, 0, 1, 1)
"""Where a plate is in a picture that was not sent."""

Share = Annotated[float, Field(ge=0, le=1)]
OneCharacter = Annotated[str, Field(pattern=r"^[A-Z0-9]$")]
Pixel = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Rectangle = Annotated[list[Pixel], Field(min_length=4, max_length=4)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


class SentCharacter(_Sent):
    """One character of the plate, and the runner-up if the engine tells one."""

    char: OneCharacter
    confidence: Share
    second: OneCharacter | None = None
    second_confidence: Share = 0.0


class SentRead(_Sent):
    """One vehicle passing. `id` is the reader's own, the same when the read is sent again."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    captured_at: AwareDatetime
    plate: Annotated[str, Field(pattern=r"^[A-Z0-9]+$", min_length=2, max_length=LONGEST_PLATE)]
    confidence: Share
    characters: Annotated[list[SentCharacter], Field(max_length=LONGEST_PLATE)] | None = None
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,16}$")] | None = None
    vehicle: VehicleType = VehicleType.UNKNOWN
    direction: Annotated[str, Field(max_length=40)] = ""
    frames: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    from_video: bool = False
    picture: Annotated[str, Field(max_length=-(-MAX_PICTURE_BYTES // 3) * 4)] | None = None
    box: Rectangle | None = None
    other_boxes: Annotated[list[Rectangle], Field(max_length=64)] = []


class SentReads(_Sent):
    """A batch: all of it is stored, or nothing is."""

    reads: Annotated[list[SentRead], Field(min_length=1, max_length=MOST_READS)]


class TakenRead(BaseModel):
    """What became of a read: `taken`, `duplicate`, or why it was not taken."""

    id: str
    outcome: str


class TakenReads(BaseModel):
    """What became of a batch, in its order."""

    taken: Sequence[TakenRead]


_EXAMPLE = {
    "reads": [
        {
            "id": "cam1-000017",
            "captured_at": "2026-11-24T08:00:00Z",
            "plate": "TEST123",
            "confidence": 0.98,
        }
    ]
}

router = APIRouter()


@router.post(
    "/api/v1/reads",
    summary="Send reads of a reader",
    response_model=TakenReads,
    openapi_extra={**described_by(SentReads, _EXAMPLE), "security": [{"readerKey": []}]},
)
async def post_reads(request: Request) -> Response:
    """Take a batch of reads; the answer comes once they are stored for good."""
    parts = parts_of(request)
    reader_id = parts.access_keys.reader_of(request.headers.get("authorization"))
    sent = await read_body(request, SentReads)
    batch = [_arriving(one, reader_id, f"reads.{at}") for at, one in enumerate(sent.reads)]
    taken = await parts.line.take(batch)
    parts.metrics.count_taken(taken)
    # Made by hand: FastAPI would check every value of it once more.
    told = [{"id": one.read_id, "outcome": outcome_word(one)} for one in taken]
    return JSONResponse({"taken": told})


def outcome_word(one: Taken) -> str:
    """Return what a reader is told: whether its read was taken, not what became of it here."""
    if one.outcome in (Outcome.SEALED, Outcome.DROPPED):
        return "taken"
    return str(one.outcome.value)


def _arriving(sent: SentRead, reader_id: str, where: str) -> Arriving:
    if sent.picture is not None and sent.box is None:
        expected = "where the plate is in the picture"
        raise InputError(where, "box", expected=expected, found="none")
    picture = None if sent.picture is None else _decode(sent.picture, where)
    characters = spread(sent.plate, sent.confidence)
    if sent.characters is not None:
        characters = tuple(
            Character(one.char, one.confidence, one.second, one.second_confidence)
            for one in sent.characters
        )
    read = PlateRead(
        source=reader_id,
        plate=sent.plate,
        confidence=sent.confidence,
        characters=characters,
        box=_NOWHERE if sent.box is None else Box(*sent.box),
        region=sent.region,
        vehicle=sent.vehicle,
        frames=sent.frames,
        captured_at=sent.captured_at,
    )
    return Arriving(
        read_id=sent.id,
        reader_id=reader_id,
        captured_at=sent.captured_at,
        read=read,
        picture=picture,
        other_boxes=tuple(Box(*one) for one in sent.other_boxes),
        from_video=sent.from_video,
        direction=sent.direction,
    )


def spread(plate: str, confidence: float) -> tuple[Character, ...]:
    """Return characters of a read whose reader tells only the whole plate's confidence.

    Each gets the same share: as likely as makes the whole as likely as told.
    """
    share = confidence ** (1 / len(plate))
    return tuple(Character(char, share) for char in plate if char in PLATE_CHARACTERS)


def _decode(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(where, "picture", expected="base64", found="another text") from None
