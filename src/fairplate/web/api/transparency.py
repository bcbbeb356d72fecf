"""`GET /api/v1/transparency`: what everybody may know of this deployment, without signing in.

Decides in what words it is told. Leaves what is told to `wiring/public_figures.py`.
"""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel
from starlette.concurrency import run_in_threadpool

from fairplate.policy.rules import KeptFor, Policy
from fairplate.verify.rules.figures import FIGURES
from fairplate.web.parts import parts_of
from fairplate.wiring.public_figures import FEWEST_TOLD, READS_OF, Told

_CACHED_S = 60


class ToldSource(BaseModel):
    """Where a figure of the policy comes from; not `known`: no source, so the strictest stands."""

    source: str
    statute_read: bool
    known: bool


class ToldPolicy(BaseModel):
    """The policy in force. `hits_kept_s` null: until the case ends."""

    name: str
    title: str
    jurisdiction: str | None
    purposes: list[str]
    reads_kept_s: int
    hits_kept_s: int | None
    look_back_s: int
    approvals: int
    exigent: bool
    sources: Mapping[str, ToldSource]


class ToldReads(BaseModel):
    """Reads that arrived in the last `days`, by what became of them; null: `fewer_than` that."""

    days: int
    fewer_than: int
    by_outcome: Mapping[str, int | None]


class ToldLog(BaseModel):
    """The audit log: where it is, and who countersigned it."""

    origin: str
    key: str
    checkpoint: str
    size: int
    signed_at: AwareDatetime | None
    witnesses: int
    quorum: int
    witnessed_size: int | None
    witnessed_at: AwareDatetime | None
    overdue_reviews: int


class Transparency(BaseModel):
    """All of it. `figures` are those of the offline verifier, `meanings` says what each is."""

    at: AwareDatetime
    policy: ToldPolicy
    reads: ToldReads
    figures: Mapping[str, int | str]
    meanings: Mapping[str, str]
    searches_by_purpose: Mapping[str, int]
    log: ToldLog


router = APIRouter()


@router.get("/api/v1/transparency", summary="What everybody may know")
async def get_transparency(request: Request, response: Response) -> Transparency:
    """Tell the rules, and how often the deployment was used and was wrong."""
    told = await run_in_threadpool(parts_of(request).public_figures.tell)
    response.headers["Cache-Control"] = f"public, max-age={_CACHED_S}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return spell_figures(told)


def spell_figures(told: Told) -> Transparency:
    """Return the figures in the words of the API."""
    return Transparency(
        at=told.at,
        policy=_policy(told.policy),
        reads=ToldReads(days=READS_OF.days, fewer_than=FEWEST_TOLD, by_outcome=told.reads),
        figures=told.figures,
        meanings={name: FIGURES[name] for name in told.figures},
        searches_by_purpose=told.searches,
        log=_log(told),
    )


def _policy(policy: Policy) -> ToldPolicy:
    kept = policy.hits_kept
    return ToldPolicy(
        name=policy.name,
        title=policy.title,
        jurisdiction=policy.jurisdiction,
        purposes=sorted(policy.purposes),
        reads_kept_s=_seconds(policy.non_hits_kept),
        hits_kept_s=_seconds(kept.time) if isinstance(kept, KeptFor) else None,
        look_back_s=_seconds(policy.longest_look_back),
        approvals=policy.approvals,
        exigent=policy.exigent,
        sources={
            figure.value: ToldSource(
                source=basis.source, statute_read=basis.statute_read, known=basis.known
            )
            for figure, basis in policy.bases
        },
    )


def _log(told: Told) -> ToldLog:
    log = told.log
    return ToldLog(
        origin=log.origin,
        key=log.key,
        checkpoint="/log/checkpoint",
        size=log.size,
        signed_at=None if log.latest is None else log.latest.at,
        witnesses=len(log.witnesses),
        quorum=log.quorum,
        witnessed_size=None if log.witnessed is None else log.witnessed.size,
        witnessed_at=None if log.witnessed is None else log.witnessed.at,
        overdue_reviews=log.overdue_reviews,
    )


def _seconds(time: timedelta) -> int:
    return time // timedelta(seconds=1)
