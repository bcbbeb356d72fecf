"""`/api/v1/invite`: coming in for the first time, by an invite and a new passkey.

The invite is in the body, never in a path: paths stand in logs of proxies.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from fairplate.audit.words import Role
from fairplate.web.sign_in.answers import REGISTRATION_SHOWN, Asked, Registration, Sent, shown_as
from fairplate.web.sign_in.ceremonies import ask_to_register
from fairplate.web.sign_in.coming_in import (
    REGISTER,
    attempt,
    find_invited,
    join,
    let_browser_keep,
    new_challenge,
)
from fairplate.web.sign_in.desk import desk_of
from fairplate.web.sign_in.session import SignedIn, agent_of, signed_in

router = APIRouter(tags=["People"])

_INVITE_SHOWN = f"fpi1_{'A' * 43}"


class Invited(Sent):
    """An invite, as its link ends."""

    model_config = shown_as(invite=_INVITE_SHOWN)

    invite: Annotated[str, Field(max_length=100)]


class Joining(Invited):
    """An invite, and the passkey that the device made."""

    model_config = shown_as(invite=_INVITE_SHOWN, credential=REGISTRATION_SHOWN)

    credential: Registration


class Welcome(Asked):
    """Who an invite is for, and what the browser is to ask of the device."""

    name: str
    role: Role


@router.post("/api/v1/invite/challenge", summary="Look at an invite")
async def post_invite_challenge(request: Request, sent: Invited) -> Welcome:
    """Return who an invite is for; it stays good."""
    desk = desk_of(request)
    person = await attempt(desk, request, lambda: find_invited(desk, sent.invite))
    challenge = new_challenge(desk, f"{REGISTER}/{sent.invite}")
    asked = ask_to_register(desk.public_url, person, (), challenge)
    return Welcome(publicKey=asked, name=person.name, role=person.role)


@router.post("/api/v1/invite", summary="Come in by an invite")
async def post_invite(request: Request, response: Response, sent: Joining) -> SignedIn:
    """Register the passkey and begin a session; the invite is used up."""
    desk, agent = desk_of(request), agent_of(request)
    begun = await attempt(desk, request, lambda: join(desk, sent.invite, sent.credential, agent))
    let_browser_keep(desk, response, begun)
    return signed_in(begun.session)
