"""Every request is held to the table of `web/access_table.py` before its route runs.

Decides who somebody is: by the session's cookie, or by a token. What a token may do is never more
than its owner's role may do now.
"""

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from fairplate.deployment.api_tokens import ApiToken, read_token
from fairplate.deployment.people import Person
from fairplate.deployment.roles import STEP_UP, Act, acts_of, scopes_of
from fairplate.deployment.sessions import Session, is_to_be_noted, note_seen, read_session
from fairplate.web.access_table import ACCESS, Access, Kind
from fairplate.web.problems import Problem
from fairplate.web.sign_in.agents import family_of
from fairplate.web.sign_in.cookies import session_secret
from fairplate.web.sign_in.desk import SignInDesk, desk_of
from fairplate.web.sign_in.origins import is_from_here

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="fairplate people"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person, by a session; None where a program asks with a token."""

    person: Person
    session: Session | None
    acts: frozenset[Act]


async def require_access(request: Request) -> None:
    """Let a request through to its route, or raise Problem."""
    route = getattr(request.scope.get("route"), "path", "")
    access = ACCESS.get((request.method, route))
    if access is None:
        raise Problem(HTTPStatus.FORBIDDEN, "nobody may use this")
    if access.kind in (Kind.ANYBODY, Kind.READER):
        return
    desk = desk_of(request)
    secret = session_secret(request, desk.public_url)
    coming_in = access.kind is Kind.COMING_IN
    if not is_from_here(
        request.method,
        request.headers,
        desk.public_url.origin,
        with_cookie=secret is not None or coming_in,
    ):
        raise Problem(HTTPStatus.FORBIDDEN, "the request comes from another site")
    if coming_in:
        _require_patience(desk, request)
        return
    token = _token(request)
    caller = await (_program(desk, token) if token is not None else _caller(desk, request, secret))
    _require_act(caller, access, request)
    request.state.caller = caller


def caller_of(request: Request) -> Caller:
    """Return who asks; the table must say that only people may."""
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, Caller):
        raise TypeError
    return caller


def person_of(request: Request, act: Act | None = None, of: str | None = None) -> Person:
    """Return who asks, whose role may do `act`, with the step-up that it needs for `of`."""
    caller = caller_of(request)
    if act is not None:
        require_act(caller, act, of, request)
    return caller.person


def session_of(request: Request) -> Session:
    """Return the session of who asks; Problem 403 for a token."""
    session = caller_of(request).session
    if session is None:
        raise Problem(HTTPStatus.FORBIDDEN, "not with a token")
    return session


def require_act(
    caller: Caller, act: Act, of: str | None, request: Request, *, needs_step_up: bool = True
) -> None:
    """Raise Problem unless the caller may do `act`, to `of` where a step-up is for one thing."""
    if act not in caller.acts:
        raise Problem(HTTPStatus.FORBIDDEN, "your role or token does not permit this")
    if act not in STEP_UP or not needs_step_up:
        return
    now = desk_of(request).people.recorder.clock()
    session = caller.session
    if session is None or not session.is_stepped_up(step_up_words(act, of), now):
        raise Problem(HTTPStatus.UNAUTHORIZED, "a fresh passkey is needed", _step_up(act))


def step_up_words(act: Act, of: str | None) -> str:
    """Return what a fresh passkey is for, as sessions keep it."""
    return act.value if of is None else f"{act.value} {of}"


def _require_act(caller: Caller, access: Access, request: Request) -> None:
    if access.act is None:
        raise TypeError
    of = None if access.of is None else str(request.path_params[access.of])
    require_act(caller, access.act, of, request, needs_step_up=access.needs_step_up)


def _require_patience(desk: SignInDesk, request: Request) -> None:
    wait_s = desk.wait_s(request)
    if wait_s is not None:
        after = {"Retry-After": str(ceil(wait_s))}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too many tries: wait a little", after)


async def _caller(desk: SignInDesk, request: Request, secret: str | None) -> Caller:
    if secret is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "sign in first", dict(_CHALLENGE))
    agent = family_of(request.headers.get("user-agent", ""))
    session = await run_in_threadpool(_open, desk, secret, agent)
    if session is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "the session is over: sign in", dict(_CHALLENGE))
    return Caller(session.person, session, acts_of(session.person.role))


async def _program(desk: SignInDesk, token: str) -> Caller:
    """Return the caller of a program's token; a cookie that comes with it counts for nothing."""
    people = desk.people

    def work() -> tuple[ApiToken, Person] | None:
        with people.database.reading() as connection:
            return read_token(connection, people.key, token, people.recorder.clock())

    found = await run_in_threadpool(work)
    if found is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "the token counts no more", dict(_CHALLENGE))
    known, person = found
    return Caller(person, None, known.scopes & scopes_of(person.role))


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _open(desk: SignInDesk, secret: str, agent: str) -> Session | None:
    people = desk.people
    now = people.recorder.clock()
    with people.database.reading() as connection:
        session = read_session(connection, people.key, secret, agent=agent, now=now)
    if session is not None and is_to_be_noted(session, now):
        with people.database.transaction() as connection:
            note_seen(connection, session, now)
    return session


def _step_up(act: Act) -> dict[str, str]:
    """Return the header that asks for a fresh passkey (after RFC 9470)."""
    error = 'error="insufficient_user_authentication"'
    return {"WWW-Authenticate": f'Passkey realm="fairplate", {error}, act="{act.value}"'}
