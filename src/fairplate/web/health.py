"""`/healthz`, `/readyz` and `/metrics`: for whoever watches over the server."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from fairplate.core.errors import FairplateError
from fairplate.web.parts import parts_of
from fairplate.web.problems import Problem

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(request: Request) -> dict[str, str]:
    """Say that reads can be taken: the database answers and a policy is in force."""
    parts = parts_of(request)
    try:
        await run_in_threadpool(parts.deployment.policy)
    except FairplateError:
        raise Problem(503, "the database cannot be used: see the log") from None
    return {"status": "ready"}


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return the numbers for Prometheus."""
    parts = parts_of(request)
    parts.metrics.waiting.set(parts.line.waiting)
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE_LATEST)
