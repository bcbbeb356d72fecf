"""`/api/v1/session`: signing in with a passkey, who one is, stepping up, signing out."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from fairplate.audit.words import Role
from fairplate.core.clock import spell_moment
from fairplate.deployment.roles import STEP_UP, Act, acts_of, scopes_of
from fairplate.deployment.sessions import Session, end_session, read_session
from fairplate.web.problems import Problem
from fairplate.web.sign_in.access import caller_of, session_of, step_up_words
from fairplate.web.sign_in.agents import family_of
from fairplate.web.sign_in.answers import (
    ASSERTION_SHOWN,
    Asked,
    Assertion,
    Sent,
    shown_as,
)
from fairplate.web.sign_in.ceremonies import ask_to_sign
from fairplate.web.sign_in.coming_in import (
    SIGN_IN,
    Begun,
    attempt,
    let_browser_keep,
    new_challenge,
    passkeys_of,
    renew,
    sign_in,
    step_up_purpose,
)
from fairplate.web.sign_in.cookies import end_session_cookie, session_secret
from fairplate.web.sign_in.desk import SignInDesk, desk_of

router = APIRouter(tags=["People"])


class SignIn(Sent):
    """What a device answered."""

    model_config = shown_as(credential=ASSERTION_SHOWN)

    credential: Assertion


class StepUpAsked(Sent):
    """What a fresh passkey is for: an act, and the one thing that it is done to, if any."""

    model_config = shown_as(act="account:change")

    act: Act
    of: Annotated[str, Field(pattern=r"^[A-Za-z0-9:._-]{1,64}$")] | None = None


class StepUp(StepUpAsked):
    """The same, and what the device answered."""

    model_config = shown_as(act="account:change", credential=ASSERTION_SHOWN)

    credential: Assertion


class SignedIn(BaseModel):
    """Who somebody is, and what they, and tokens of theirs, may do until when."""

    id: str
    name: str
    role: Role
    acts: list[Act]
    scopes: list[Act]
    session: str
    ends_at: str | None
    stepped_up_for: str | None
    stepped_up_at: str | None


def signed_in(session: Session) -> SignedIn:
    """Return what somebody is told of themselves."""
    return SignedIn(
        id=session.person.id,
        name=session.person.name,
        role=session.person.role,
        acts=sorted(acts_of(session.person.role)),
        scopes=sorted(scopes_of(session.person.role)),
        session=session.id,
        ends_at=spell_moment(session.ends_at),
        stepped_up_for=session.stepped_up_for,
        stepped_up_at=spell_moment(session.stepped_up_at),
    )


@router.post("/api/v1/session/challenge", summary="Begin to sign in")
async def post_session_challenge(request: Request) -> Asked:
    """Return what the browser is to ask of a passkey."""
    desk = desk_of(request)
    return Asked(publicKey=ask_to_sign(desk.public_url, new_challenge(desk, SIGN_IN)))


@router.post("/api/v1/session", summary="Sign in with a passkey")
async def post_session(request: Request, response: Response, sent: SignIn) -> SignedIn:
    """Begin a session; one that the browser had before ends."""
    desk = desk_of(request)
    agent = agent_of(request)
    secret = session_secret(request, desk.public_url)

    def work() -> Begun:
        return sign_in(desk, sent.credential, agent, before(desk, secret, agent))

    begun = await attempt(desk, request, work)
    let_browser_keep(desk, response, begun)
    return signed_in(begun.session)


@router.get("/api/v1/session", summary="Who am I")
async def get_session(request: Request) -> SignedIn:
    """Return who is signed in."""
    return signed_in(session_of(request))


@router.delete("/api/v1/session", status_code=204, summary="Sign out")
async def delete_session(request: Request, response: Response) -> None:
    """End this session."""
    desk, session = desk_of(request), session_of(request)

    def work() -> None:
        with desk.people.database.transaction() as connection:
            end_session(connection, session.person.id, session.id)

    await run_in_threadpool(work)
    end_session_cookie(response, desk.public_url)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


@router.post("/api/v1/session/step-up/challenge", summary="Begin to show a passkey afresh")
async def post_step_up_challenge(request: Request, sent: StepUpAsked) -> Asked:
    """Return what the browser is to ask of one of the person's passkeys."""
    desk, session = desk_of(request), session_of(request)
    words = _words(request, sent)
    known = await run_in_threadpool(passkeys_of, desk, session.person)
    if not known:
        raise Problem(403, "add a passkey first: sign in again, then add it within five minutes")
    challenge = new_challenge(desk, step_up_purpose(session, words))
    return Asked(publicKey=ask_to_sign(desk.public_url, challenge, known))


@router.post("/api/v1/session/step-up", summary="Show a passkey afresh, for one act")
async def post_step_up(request: Request, response: Response, sent: StepUp) -> SignedIn:
    """Let this session do one act for five minutes; its cookie is renewed."""
    desk, session = desk_of(request), session_of(request)
    words = _words(request, sent)
    begun = await attempt(desk, request, lambda: renew(desk, session, sent.credential, words))
    let_browser_keep(desk, response, begun)
    return signed_in(begun.session)


def agent_of(request: Request) -> str:
    """Return the family of the browser that asks."""
    return family_of(request.headers.get("user-agent", ""))


def before(desk: SignInDesk, secret: str | None, agent: str) -> Session | None:
    """Return the session that a browser has already."""
    if secret is None:
        return None
    now = desk.people.recorder.clock()
    with desk.people.database.reading() as connection:
        return read_session(connection, desk.key, secret, agent=agent, now=now)


def _words(request: Request, sent: StepUpAsked) -> str:
    if sent.act not in STEP_UP or sent.act not in caller_of(request).acts:
        raise Problem(403, "your role does not permit this, or it needs no fresh passkey")
    return step_up_words(sent.act, sent.of)
