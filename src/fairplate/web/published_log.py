"""The audit log's static files under `/log/`, for anyone (C2SP tlog-tiles).

Decides how long each may be cached: full tiles never change, the checkpoint does all the time.
"""

import re
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from fairplate.web.parts import parts_of
from fairplate.web.problems import Problem

_FOR_EVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=5"
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_TILE = re.compile(r"tile/(?:entries|[0-9]{1,2})(?:/x[0-9]{3}){0,6}/[0-9]{3}(?:\.p/[0-9]{1,3})?")

router = APIRouter(include_in_schema=False)


@router.get("/log/{path:path}")
async def log_file(request: Request, path: str) -> FileResponse:
    """Return one file of the published log."""
    is_checkpoint = path == "checkpoint"
    if not is_checkpoint and _TILE.fullmatch(path) is None:
        raise Problem(HTTPStatus.NOT_FOUND, "the log has no such file")
    folder = parts_of(request).deployment.settings.log_directory.resolve()
    file = (folder / path).resolve()
    if not file.is_file() or not file.is_relative_to(folder):
        raise Problem(HTTPStatus.NOT_FOUND, "the log has no such file")
    return FileResponse(
        file,
        media_type=_TEXT if is_checkpoint else _BYTES,
        headers={"Cache-Control": _SHORT if is_checkpoint else _FOR_EVER},
    )
