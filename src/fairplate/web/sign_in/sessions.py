"""`/api/v1/sessions`: where one is signed in, and ending it there."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from fairplate.core.clock import spell_moment
from fairplate.core.errors import UnknownIdError
from fairplate.deployment.sessions import Session, end_session, end_sessions, read_sessions
from fairplate.web.sign_in.access import session_of
from fairplate.web.sign_in.desk import desk_of

router = APIRouter(tags=["People"])


class KnownSession(BaseModel):
    """One session: in which browser, since when."""

    id: str
    agent: str
    made_at: str | None
    seen_at: str | None
    ends_at: str | None
    is_this: bool


class KnownSessions(BaseModel):
    """All of one's sessions, the one used last first."""

    sessions: list[KnownSession]


@router.get("/api/v1/sessions", summary="Where am I signed in")
async def get_sessions(request: Request) -> KnownSessions:
    """Return one's own sessions."""
    people, mine = desk_of(request).people, session_of(request)

    def work() -> list[Session]:
        with people.database.reading() as connection:
            now = people.recorder.clock()
            return list(read_sessions(connection, people.key, mine.person, now))

    found = await run_in_threadpool(work)
    return KnownSessions(
        sessions=[
            KnownSession(
                id=one.id,
                agent=one.agent,
                made_at=spell_moment(one.made_at),
                seen_at=spell_moment(one.seen_at),
                ends_at=spell_moment(one.ends_at),
                is_this=one.id == mine.id,
            )
            for one in found
        ]
    )


@router.delete("/api/v1/sessions", status_code=204, summary="Sign out everywhere else")
async def delete_sessions(request: Request) -> None:
    """End one's own sessions, but for this one."""
    people, mine = desk_of(request).people, session_of(request)

    def work() -> None:
        with people.database.transaction() as connection:
            end_sessions(connection, mine.person.id, but=mine.id)

    await run_in_threadpool(work)


@router.delete("/api/v1/sessions/{session_id}", status_code=204, summary="Sign out elsewhere")
async def delete_one_session(request: Request, session_id: str) -> None:
    """End one of one's own sessions."""
    people, mine = desk_of(request).people, session_of(request)

    def work() -> None:
        with people.database.transaction() as connection:
            if not end_session(connection, mine.person.id, session_id.replace("\0", "")):
                raise UnknownIdError("session", expected="one of yours")

    await run_in_threadpool(work)
