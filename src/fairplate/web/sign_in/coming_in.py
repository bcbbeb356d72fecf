"""How people come in: by an invite and a new passkey, or by a passkey they have.

Decides the order: an answer is checked before anything is written, and what is written is written
in one transaction. A refusal is told in one way, whatever its reason, and put on record.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fairplate.audit.words import SignInFailure
from fairplate.deployment.challenges import make_challenge, require_challenge, spend_challenge
from fairplate.deployment.invites import read_invited, take_invite
from fairplate.deployment.passkeys import (
    Passkey,
    add_passkey,
    find_passkey,
    read_passkeys,
    use_passkey,
)
from fairplate.deployment.people import Person, read_person
from fairplate.deployment.sessions import Session, begin_session, end_session, step_up
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.web.sign_in.answers import Assertion, Registration
from fairplate.web.sign_in.ceremonies import (
    NewPasskey,
    challenge_in,
    check_registered,
    check_signed,
    credential_id_in,
)
from fairplate.web.sign_in.cookies import set_known, set_session
from fairplate.web.sign_in.desk import SignInDesk

SIGN_IN, REGISTER = "sign-in", "register"

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun or was renewed, with the secret for the browser's cookie."""

    secret: str = field(repr=False)
    session: Session


async def attempt(desk: SignInDesk, request: Request, work: Callable[[], _Result]) -> _Result:
    """Do `work` in a thread; a refusal is put on record before it is told."""
    address = desk.address(request)
    try:
        return await run_in_threadpool(work)
    except SignInRefusedError as refusal:
        await run_in_threadpool(desk.record, refusal, address)
        raise


def new_challenge(desk: SignInDesk, purpose: str) -> bytes:
    """Return a challenge for one purpose."""
    recorder = desk.people.recorder
    return make_challenge(
        desk.key, purpose, now=recorder.clock(), random_bytes=recorder.random_bytes
    )


def find_invited(desk: SignInDesk, invite: str) -> Person:
    """Return who an invite is for."""
    people = desk.people
    with people.database.reading() as connection:
        return read_invited(connection, people.key, invite, people.recorder.clock())


def join(desk: SignInDesk, invite: str, answer: Registration, agent: str) -> Begun:
    """Let somebody in by an invite and the passkey they have just made."""
    people = desk.people
    person = find_invited(desk, invite)
    made, challenge = check_new(desk, person, answer, f"{REGISTER}/{invite}")
    with people.database.transaction() as connection:
        spend_challenge(connection, people.key, challenge, now=people.recorder.clock())
        person = take_invite(connection, people.recorder, people.key, invite)
        kept = add_passkey(
            connection,
            people.recorder,
            people.key,
            person,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
        )
        return Begun(
            *begin_session(
                connection,
                people.recorder,
                people.key,
                person,
                passkey_id=kept.id,
                agent=agent,
            )
        )


def check_new(
    desk: SignInDesk, person: Person, answer: Registration, purpose: str
) -> tuple[NewPasskey, bytes]:
    """Return the passkey that a person's device made, and the challenge that it answered."""
    challenge = challenge_in(answer.fields())
    require_challenge(desk.key, purpose, challenge, now=desk.people.recorder.clock())
    return check_registered(desk.public_url, answer.fields(), challenge, person), challenge


def sign_in(desk: SignInDesk, answer: Assertion, agent: str, before: Session | None) -> Begun:
    """Begin a session for whoever has the passkey; the session of before ends."""
    people = desk.people
    passkey, count, challenge = _check_used(desk, answer, SIGN_IN, None)
    now = people.recorder.clock()
    with people.database.transaction() as connection:
        spend_challenge(connection, people.key, challenge, now=now)
        person = use_passkey(connection, people.key, passkey, sign_count=count, now=now)
        if before is not None:
            end_session(connection, before.person.id, before.id)
        return Begun(
            *begin_session(
                connection,
                people.recorder,
                people.key,
                person,
                passkey_id=passkey.id,
                agent=agent,
            )
        )


def step_up_purpose(session: Session, words: str) -> str:
    """Return what a challenge of a step-up is for: one session and one act."""
    return f"step-up/{session.id}/{words}"


def renew(desk: SignInDesk, session: Session, answer: Assertion, words: str) -> Begun:
    """Renew a session that may do one act from now on."""
    people = desk.people
    purpose = step_up_purpose(session, words)
    passkey, count, challenge = _check_used(desk, answer, purpose, session.person)
    now = people.recorder.clock()
    with people.database.transaction() as connection:
        spend_challenge(connection, people.key, challenge, now=now)
        use_passkey(connection, people.key, passkey, sign_count=count, now=now)
        renewed = step_up(connection, people.recorder, people.key, session, words)
        if renewed is None:
            raise SignInRefusedError(SignInFailure.EXPIRED, session.person.id)
        return Begun(*renewed)


def passkeys_of(desk: SignInDesk, person: Person) -> tuple[Passkey, ...]:
    """Return a person's passkeys."""
    with desk.people.database.reading() as connection:
        return tuple(read_passkeys(connection, desk.key, person.id))


def let_browser_keep(desk: SignInDesk, response: Response, begun: Begun) -> None:
    """Give the browser its session, and the mark of one that somebody signed in with."""
    set_session(response, desk.public_url, begun.secret)
    set_known(response, desk.public_url, desk.key, desk.people.recorder.random_bytes)


def _check_used(
    desk: SignInDesk, answer: Assertion, purpose: str, whose: Person | None
) -> tuple[Passkey, int, bytes]:
    """Return the passkey that was used, its new counter, and the challenge that it answered.

    A refusal names nobody but who is signed in: whoever knows a passkey's id is not its owner.
    """
    fields = answer.fields()
    challenge = challenge_in(fields)
    with desk.people.database.reading() as connection:
        passkey = find_passkey(connection, desk.key, credential_id_in(fields))
        if passkey is None or (whose is not None and passkey.person_id != whose.id):
            raise _refusal(SignInFailure.UNKNOWN, whose)
        person = read_person(connection, desk.key, passkey.person_id)
    try:
        require_challenge(desk.key, purpose, challenge, now=desk.people.recorder.clock())
        count = check_signed(desk.public_url, fields, challenge, passkey, person.handle)
    except SignInRefusedError as refusal:
        raise _refusal(refusal.reason, whose) from None
    return passkey, count, challenge


def _refusal(reason: SignInFailure, whose: Person | None) -> SignInRefusedError:
    if whose is None:
        return SignInRefusedError(reason)
    return SignInRefusedError(SignInFailure.SECOND_FACTOR, whose.id)
