"""JSON bodies: read and checked only after the request's sender is known.

FastAPI would read and parse a body before anything else, so that an outsider could have 32 MiB
parsed. Routes therefore take the bare request, and say by `described_by` what they take.
"""

from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from fairplate.web.problems import Problem, problem_of_validation

JSON = "application/json"
_SMALL_BYTES = 64 << 10
"""What is parsed in well under a millisecond, so that a thread would cost more."""

Body = TypeVar("Body", bound=BaseModel)


async def read_body(request: Request, model: type[Body]) -> Body:
    """Return the body; Problem 415 for another kind of body, 422 for another form."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != JSON or "content-encoding" in request.headers:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a body is {JSON}, not compressed")
    data = await request.body()
    try:
        if len(data) <= _SMALL_BYTES:
            return model.model_validate_json(data)
        return await run_in_threadpool(model.model_validate_json, data)
    except ValidationError as error:
        raise problem_of_validation(error.errors(include_url=False, include_input=False)) from None


def described_by(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """Return what the API's description tells of a route's body; `openapi.py` adds the schema."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    content = {JSON: {"schema": reference, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
