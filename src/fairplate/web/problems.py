"""What a request that went wrong is answered: problem+json (RFC 9457).

Decides that an answer tells the field, what was expected and what was found, and never a value that
came in: it may be a plate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from fairplate.core.errors import FairplateError, InputError, PolicyError, UnknownIdError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
_MOST_PROBLEMS = 20
_FAULT = "the server could not do it; its log says why"


@dataclass(slots=True)
class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """Why a request is not done, as the other side is told."""

    status: int
    detail: str
    headers: dict[str, str] = field(default_factory=dict)
    errors: Sequence[dict[str, str]] = ()

    def response(self) -> Response:
        """Return the answer."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = list(self.errors)
        return JSONResponse(
            content, status_code=self.status, headers=self.headers, media_type=MEDIA_TYPE
        )


def problem_of(error: FairplateError) -> Problem:
    """Return what is answered for an error of ours; their texts hold no plate."""
    if error.retryable:
        again = {"Retry-After": str(RETRY_AFTER_S)}
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not now: send it again later", again)
    if isinstance(error, PolicyError):
        return Problem(HTTPStatus.FORBIDDEN, str(error))
    if isinstance(error, UnknownIdError):
        return Problem(HTTPStatus.NOT_FOUND, str(error))
    if isinstance(error, InputError):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, _FAULT)


def add_problem_handlers(app: FastAPI) -> None:
    """Let every error come out as problem+json."""
    for kind in (Problem, FairplateError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)


async def _answer(_: Request, error: Exception) -> Response:
    return as_problem(error).response()


def as_problem(error: Exception) -> Problem:
    """Return what is answered for any error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, FairplateError):
        return problem_of(error)
    if isinstance(error, RequestValidationError):
        return problem_of_validation(error.errors())
    if isinstance(error, HTTPException):
        detail = HTTPStatus(error.status_code).description or "no"
        return Problem(error.status_code, detail, dict(error.headers or {}))
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, _FAULT)


def problem_of_validation(found: Sequence[Mapping[str, Any]]) -> Problem:
    """Return what is answered for what pydantic found."""
    errors = [
        {"field": _spell_place(one["loc"]), "expected": _expected(one)}
        for one in found[:_MOST_PROBLEMS]
    ]
    detail = "the request is not as documented"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def _spell_place(place: Sequence[str | int]) -> str:
    """Return where a value is, by the names of our own schema and by numbers of list items."""
    return ".".join(str(part) for part in place)[:200]


def _expected(error: Mapping[str, Any]) -> str:
    """Return what pydantic wanted; its own text may quote what came."""
    limits = {
        name: value
        for name, value in (error.get("ctx") or {}).items()
        if name in {"ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "expected"}
    }
    return " ".join([str(error["type"]), *(f"{name}={value}" for name, value in limits.items())])
