"""Work of a request, done in a thread as the person who asks: events name their pseudonym."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from fairplate.web.parts import parts_of
from fairplate.web.sign_in.access import person_of

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

_Result = TypeVar("_Result")


async def do(request: Request, work: Callable[["Deployment"], _Result]) -> _Result:
    """Return what `work` returns."""
    acting = parts_of(request).deployment.acting_as(person_of(request).id)
    return await run_in_threadpool(work, acting)
