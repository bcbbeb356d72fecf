"""`/api/v1/users`: who may come in.

Changing it needs a fresh passkey, and nobody changes it for themselves.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from fairplate.audit.words import Role
from fairplate.core.clock import spell_moment
from fairplate.deployment.invites import Invite
from fairplate.deployment.people import LONGEST_NAME, Person
from fairplate.deployment.sessions import end_sessions
from fairplate.web.sign_in.access import person_of
from fairplate.web.sign_in.answers import Sent, shown_as
from fairplate.web.sign_in.desk import desk_of
from fairplate.web.sign_in.invite_links import invite_link
from fairplate.wiring.people_book import PeopleBook

router = APIRouter(tags=["People"])

Line = Annotated[str, Field(max_length=LONGEST_NAME)]
_Result = TypeVar("_Result")


class NewUser(Sent):
    """Somebody to invite."""

    model_config = shown_as(name="Ada Ranger", role="operator")

    name: Annotated[Line, Field(min_length=1)]
    address: Line = ""
    role: Role


class NewRole(Sent):
    """What a person may do from now on."""

    model_config = shown_as(role="approver")

    role: Role


class KnownUser(BaseModel):
    """One person: `invited`, `joined` or `disabled`."""

    id: str
    name: str
    address: str
    role: Role
    state: str
    invited_at: str | None
    joined_at: str | None
    disabled_at: str | None


class KnownUsers(BaseModel):
    """Everybody who was ever invited, in that order."""

    users: list[KnownUser]


class MadeInvite(BaseModel):
    """An invite: its link works once, and is told here alone."""

    id: str
    link: str
    ends_at: str | None


def _known(person: Person) -> KnownUser:
    return KnownUser(
        id=person.id,
        name=person.name,
        address=person.address,
        role=person.role,
        state=person.state,
        invited_at=spell_moment(person.invited_at),
        joined_at=spell_moment(person.joined_at),
        disabled_at=spell_moment(person.disabled_at),
    )


async def _do(request: Request, work: Callable[[PeopleBook], _Result]) -> _Result:
    """Do `work` as the person who asks, in a thread."""
    book = desk_of(request).people.acting_as(person_of(request).id)
    return await run_in_threadpool(work, book)


def _made(request: Request, made: Invite) -> MadeInvite:
    link = invite_link(desk_of(request).public_url, made)
    return MadeInvite(id=made.person_id, link=link, ends_at=spell_moment(made.ends_at))


@router.get("/api/v1/users", summary="List who may come in")
async def get_users(request: Request) -> KnownUsers:
    """Return everybody who was ever invited."""
    return KnownUsers(users=[_known(one) for one in await _do(request, lambda book: book.all())])


@router.post("/api/v1/users", status_code=201, summary="Invite somebody")
async def post_users(request: Request, sent: NewUser) -> MadeInvite:
    """Return an invite for somebody new, to be handed to them alone."""
    made = await _do(request, lambda book: book.invite(sent.name, sent.address, sent.role))
    return _made(request, made)


@router.post("/api/v1/users/{user_id}/invite", status_code=201, summary="Invite somebody again")
async def post_user_invite(request: Request, user_id: str) -> MadeInvite:
    """Return a new invite; whoever takes it loses the passkeys and sessions of before."""
    return _made(request, await _do(request, lambda book: book.invite_again(user_id)))


@router.put("/api/v1/users/{user_id}/role", status_code=204, summary="Change a role")
async def put_user_role(request: Request, user_id: str, sent: NewRole) -> None:
    """Give a person another role; their sessions and tokens end."""
    await _do(request, lambda book: book.change_role(user_id, sent.role))


@router.delete("/api/v1/users/{user_id}", status_code=204, summary="Let somebody in no more")
async def delete_user(request: Request, user_id: str) -> None:
    """Disable a person; a new invite lets them in again."""
    await _do(request, lambda book: book.disable(user_id))


@router.delete("/api/v1/users/{user_id}/sessions", status_code=204, summary="Sign somebody out")
async def delete_user_sessions(request: Request, user_id: str) -> None:
    """End every session of a person."""

    def work(book: PeopleBook) -> None:
        with book.database.transaction() as connection:
            end_sessions(connection, user_id.replace("\0", ""))

    await _do(request, work)
