"""The pages by which people come in, and what they are made of: files of this package.

Decides that there are no others, and what a page may load: our own style and scripts, nothing
inline and nothing from elsewhere. A page holds nothing of anybody; its script asks the API, which
decides who may see what.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib import resources

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from fairplate.web.problems import Problem

PAGES: Mapping[str, str] = {
    "/sign-in": "sign-in.html",
    "/invite": "invite.html",
    "/account": "account.html",
}
ASSETS: Mapping[str, str] = {
    "fairplate.css": "text/css; charset=utf-8",
    "passkeys.js": "text/javascript; charset=utf-8",
    "sign-in.js": "text/javascript; charset=utf-8",
    "invite.js": "text/javascript; charset=utf-8",
    "account.js": "text/javascript; charset=utf-8",
}

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
_HTML = "text/html; charset=utf-8"
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_root() -> RedirectResponse:
    """Lead to one's account, which leads on to signing in."""
    return RedirectResponse("/account", HTTPStatus.SEE_OTHER)


@router.get("/sign-in")
async def get_sign_in() -> Response:
    """Return the page on which people sign in."""
    return _page("/sign-in")


@router.get("/invite")
async def get_invite() -> Response:
    """Return the page that an invitation's link opens."""
    return _page("/invite")


@router.get("/account")
async def get_account() -> Response:
    """Return the page of one's own account."""
    return _page("/account")


@router.get("/assets/{name}")
async def get_asset(request: Request, name: str) -> Response:
    """Return one file that pages load."""
    if name not in ASSETS:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such file")
    data, tag = _read(name)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}  # asked for anew, sent once
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(data, media_type=ASSETS[name], headers=headers)


def _page(path: str) -> Response:
    data, _ = _read(PAGES[path])
    return Response(data, media_type=_HTML, headers=_HEADERS)


@cache
def _read(name: str) -> tuple[bytes, str]:
    """Return a file of the package and its tag."""
    data = (resources.files("fairplate.web") / "assets" / name).read_bytes()
    return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'
