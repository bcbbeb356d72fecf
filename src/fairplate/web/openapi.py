"""The API's description of itself (OpenAPI 3.1), with what FastAPI cannot see of it.

Decides what every route may answer. Leaves the bodies' forms to the routes' own files.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from fairplate.deployment.roles import SCOPES
from fairplate.web.access_table import ACCESS, Kind
from fairplate.web.problems import MEDIA_TYPE

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "expected"],
                "properties": {"field": {"type": "string"}, "expected": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "the request is not as documented",
        "errors": [{"field": "reads.0.confidence", "expected": "less_than_equal le=1.0"}],
    },
}

_SCHEMES = {
    "readerKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A reader's key, from `fairplate reader key`: it sends reads, no more",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A person's, for a program: it sees and imports, and decides nothing",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-fairplate",
        "description": "A browser's, after signing in with a passkey: see docs/sign-in.md",
    },
}


def describe(app: FastAPI, bodies: Sequence[type[BaseModel]]) -> None:
    """Let `app` describe itself with the forms of `bodies`, made when it is first asked."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(
                title=app.title,
                version=app.version,
                description="Reads in, alerts to people, numbers for everybody. docs/server.md",
                routes=app.routes,
            )
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            _, forms = models_json_schema(
                [(one, "validation") for one in bodies],
                ref_template="#/components/schemas/{model}",
            )
            schemas.update(forms["$defs"])
            schemas["Problem"] = _PROBLEM
            found["components"]["securitySchemes"] = _SCHEMES
            _add_problems(found)
            _add_security(found)
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _add_problems(found: dict[str, Any]) -> None:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in found["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            answers.pop("422", None)  # FastAPI's own form, which nothing here answers
            answers["default"] = {"description": "Why it was not done", "content": content}


def _add_security(found: dict[str, Any]) -> None:
    """Tell of each operation how one must come, and what one's role must permit."""
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            access = ACCESS.get((method.upper(), path))
            if access is not None and access.kind is Kind.PERSON:
                ways = ["session", "token"] if access.act in SCOPES else ["session"]
                operation["security"] = [{way: []} for way in ways]
                operation["x-act"] = access.act
