"""`/api/v1/passkeys`: one's own passkeys. Adding and removing needs a fresh one."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from fairplate.core.clock import spell_moment
from fairplate.deployment.challenges import spend_challenge
from fairplate.deployment.passkeys import Passkey, add_passkey, remove_passkey
from fairplate.web.sign_in.access import person_of, session_of
from fairplate.web.sign_in.answers import (
    REGISTRATION_SHOWN,
    Asked,
    Registration,
    Sent,
    shown_as,
)
from fairplate.web.sign_in.ceremonies import ask_to_register
from fairplate.web.sign_in.coming_in import attempt, check_new, new_challenge, passkeys_of
from fairplate.web.sign_in.desk import desk_of

router = APIRouter(tags=["People"])


class KnownPasskey(BaseModel):
    """One passkey: when it was made and last used."""

    id: str
    made_at: str | None
    used_at: str | None


class KnownPasskeys(BaseModel):
    """All of one's passkeys, the oldest first."""

    passkeys: list[KnownPasskey]


class NewOne(Sent):
    """What the device answered that made it."""

    model_config = shown_as(credential=REGISTRATION_SHOWN)

    credential: Registration


def _known(passkey: Passkey) -> KnownPasskey:
    return KnownPasskey(
        id=passkey.id,
        made_at=spell_moment(passkey.made_at),
        used_at=spell_moment(passkey.used_at),
    )


@router.get("/api/v1/passkeys", summary="List one's passkeys")
async def get_passkeys(request: Request) -> KnownPasskeys:
    """Return one's own passkeys."""
    desk, person = desk_of(request), session_of(request).person
    found = await run_in_threadpool(passkeys_of, desk, person)
    return KnownPasskeys(passkeys=[_known(one) for one in found])


@router.post("/api/v1/passkeys/challenge", summary="Begin to add a passkey")
async def post_passkeys_challenge(request: Request) -> Asked:
    """Return what the browser is to ask of the device."""
    desk, session = desk_of(request), session_of(request)
    known = await run_in_threadpool(passkeys_of, desk, session.person)
    challenge = new_challenge(desk, _purpose(session.id))
    return Asked(publicKey=ask_to_register(desk.public_url, session.person, known, challenge))


@router.post("/api/v1/passkeys", status_code=201, summary="Add a passkey")
async def post_passkeys(request: Request, sent: NewOne) -> KnownPasskey:
    """Keep a passkey that the device has just made."""
    desk, session = desk_of(request), session_of(request)
    people = desk.people

    def work() -> Passkey:
        person = session.person
        made, challenge = check_new(desk, person, sent.credential, _purpose(session.id))
        with people.database.transaction() as connection:
            spend_challenge(connection, people.key, challenge, now=people.recorder.clock())
            return add_passkey(
                connection,
                people.recorder,
                people.key,
                person,
                credential_id=made.credential_id,
                public_key=made.public_key,
                sign_count=made.sign_count,
            )

    return _known(await attempt(desk, request, work))


@router.delete("/api/v1/passkeys/{passkey_id}", status_code=204, summary="Remove a passkey")
async def delete_passkey(request: Request, passkey_id: str) -> None:
    """Remove one of one's passkeys, and end the sessions that it began; never the only way in."""
    people, person = desk_of(request).people, person_of(request)

    def work() -> None:
        with people.database.transaction() as connection:
            remove_passkey(connection, people.key, person.id, passkey_id)

    await run_in_threadpool(work)


def _purpose(session_id: str) -> str:
    return f"add/{session_id}"
