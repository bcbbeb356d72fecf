"""`/api/v1/tokens`: one's own tokens for programs. Making one needs a fresh passkey."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from fairplate.core.clock import spell_moment
from fairplate.deployment.api_tokens import (
    LONGEST_NAME,
    MOST_DAYS,
    ApiToken,
    end_token,
    make_token,
    read_tokens,
)
from fairplate.deployment.roles import SCOPES, Act
from fairplate.web.sign_in.access import session_of
from fairplate.web.sign_in.answers import Sent, shown_as
from fairplate.web.sign_in.desk import desk_of

router = APIRouter(tags=["People"])


class NewToken(Sent):
    """What a token is for, what it may do, and for how many days."""

    model_config = shown_as(name="Wall display", scopes=["status:see"], days=90)

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    scopes: Annotated[list[Act], Field(min_length=1, max_length=len(SCOPES))]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 90


class KnownToken(BaseModel):
    """One token, without its secret."""

    id: str
    name: str
    scopes: list[Act]
    made_at: str | None
    ends_at: str | None


class KnownTokens(BaseModel):
    """All of one's tokens, the oldest first."""

    tokens: list[KnownToken]


class MadeToken(KnownToken):
    """A new token with its secret: told here, once."""

    token: str


@router.get("/api/v1/tokens", summary="List one's tokens")
async def get_tokens(request: Request) -> KnownTokens:
    """Return one's own tokens."""
    people, person = desk_of(request).people, session_of(request).person

    def work() -> list[ApiToken]:
        with people.database.reading() as connection:
            now = people.recorder.clock()
            return list(read_tokens(connection, people.key, person.id, now))

    found = await run_in_threadpool(work)
    return KnownTokens(tokens=[KnownToken(**_fields(one)) for one in found])


@router.post("/api/v1/tokens", status_code=201, summary="Make a token for a program")
async def post_tokens(request: Request, sent: NewToken) -> MadeToken:
    """Return a new token."""
    people, person = desk_of(request).people, session_of(request).person
    acting = people.acting_as(person.id)

    def work() -> tuple[str, ApiToken]:
        with acting.database.transaction() as connection:
            return make_token(
                connection,
                acting.recorder,
                acting.key,
                person,
                name=sent.name,
                scopes=sent.scopes,
                days=sent.days,
            )

    secret, made = await run_in_threadpool(work)
    return MadeToken(token=secret, **_fields(made))


@router.delete("/api/v1/tokens/{token_id}", status_code=204, summary="End a token")
async def delete_token(request: Request, token_id: str) -> None:
    """End one of one's own tokens, at once."""
    people, person = desk_of(request).people, session_of(request).person

    def work() -> None:
        with people.database.transaction() as connection:
            end_token(connection, person.id, token_id.replace("\0", ""))

    await run_in_threadpool(work)


def _fields(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "made_at": spell_moment(token.made_at),
        "ends_at": spell_moment(token.ends_at),
    }
