"""`/api/v1/readers`: where reads are taken from. Changing it needs a fresh passkey."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from fairplate.core.clock import spell_moment
from fairplate.core.errors import UnknownIdError
from fairplate.deployment.readers import LONGEST_NAME
from fairplate.web.api.acting import do
from fairplate.web.api.paging import Cursor, Limit, page_of
from fairplate.web.sign_in.answers import Sent, shown_as

if TYPE_CHECKING:
    from fairplate.deployment.readers import EnrolledReader
    from fairplate.wiring import Deployment

_LONGEST_ID = 64

router = APIRouter(tags=["Readers"])


class KnownReader(BaseModel):
    """One reader; `disabled_at` null: its reads are taken."""

    id: str
    name: str
    enrolled_at: str | None
    disabled_at: str | None


class KnownReaders(BaseModel):
    """One page of readers; `next` null: there are no more."""

    readers: list[KnownReader]
    next: str | None


class NewReader(Sent):
    """A camera position or vehicle; the id is public, the name is not."""

    model_config = shown_as(id="north-gate", name="North gate, inbound")

    id: Annotated[str, Field(min_length=1, max_length=_LONGEST_ID)]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class NewKey(Sent):
    """Whether the key of before works on until the next one is made."""

    model_config = shown_as(keep_old=False)

    keep_old: bool = False


class MadeKey(BaseModel):
    """A reader's new key: told here, once."""

    key: str


@router.get("/api/v1/readers", summary="List readers")
async def get_readers(request: Request, cursor: Cursor = None, limit: Limit = 50) -> KnownReaders:
    """Return every reader that was ever enrolled."""
    found = await do(request, lambda it: it.readers())
    page, following = page_of(found, lambda one: one.id, cursor, limit)
    return KnownReaders(readers=[_known(one) for one in page], next=following)


@router.post("/api/v1/readers", status_code=201, summary="Enrol a reader")
async def post_readers(request: Request, sent: NewReader) -> KnownReader:
    """Take reads from a reader from now on; one that was disabled is enabled again."""

    def work(it: "Deployment") -> "EnrolledReader":
        it.enrol_reader(sent.id, sent.name)
        return _one(it, sent.id)

    return _known(await do(request, work))


@router.delete("/api/v1/readers/{reader_id}", status_code=204, summary="Disable a reader")
async def delete_reader(request: Request, reader_id: str) -> None:
    """Take no more reads from a reader, and end its keys."""

    def work(it: "Deployment") -> None:
        it.disable_reader(_one(it, reader_id).id)

    await do(request, work)


@router.post("/api/v1/readers/{reader_id}/key", status_code=201, summary="Make a reader's key")
async def post_reader_key(request: Request, reader_id: str, sent: NewKey) -> MadeKey:
    """Return a new key by which a reader sends reads, and nothing more."""

    def work(it: "Deployment") -> str:
        return it.make_access_key(_one(it, reader_id).id, keep_old=sent.keep_old)

    return MadeKey(key=await do(request, work))


def _one(it: "Deployment", reader_id: str) -> "EnrolledReader":
    for one in it.readers():
        if one.id == reader_id:
            return one
    raise UnknownIdError("reader", expected="an enrolled reader")


def _known(reader: "EnrolledReader") -> KnownReader:
    return KnownReader(
        id=reader.id,
        name=reader.name,
        enrolled_at=spell_moment(reader.enrolled_at),
        disabled_at=spell_moment(reader.disabled_at),
    )
