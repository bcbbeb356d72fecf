"""The cookies that browsers keep for us, and how they are written and read.

Decides their names and flags. `__Host-` binds a cookie to TLS, to this host and to no other
(RFC 6265bis, 4.1.3.2); http://localhost cannot have it.
"""

import base64
import binascii
import hmac
from collections.abc import Callable

from fastapi import Request, Response

from fairplate.deployment.people_key import PeopleKey
from fairplate.web.public_url import PublicUrl

_KNOWN_FOR_S = 180 * 86_400
_RANDOM_BYTES = 16
_MAC_BYTES = 32
_SESSION, _KNOWN = "fairplate", "fairplate-known"


def cookie_name(public_url: PublicUrl, name: str) -> str:
    """Return what a cookie is called under that address."""
    return f"__Host-{name}" if public_url.is_secure else name


def session_secret(request: Request, public_url: PublicUrl) -> str | None:
    """Return what the request's session cookie holds, if it has one."""
    return request.cookies.get(cookie_name(public_url, _SESSION))


def set_session(response: Response, public_url: PublicUrl, secret: str) -> None:
    """Let the browser keep a session until it is closed."""
    set_cookie(response, public_url, _SESSION, secret, max_age_s=None)


def end_session_cookie(response: Response, public_url: PublicUrl) -> None:
    """Let the browser forget its session."""
    drop_cookie(response, public_url, _SESSION)


def set_known(
    response: Response,
    public_url: PublicUrl,
    key: PeopleKey,
    random_bytes: Callable[[int], bytes],
) -> None:
    """Mark the browser as one that somebody signed in with; it says nothing of who."""
    mark = random_bytes(_RANDOM_BYTES)
    value = base64.urlsafe_b64encode(mark + key.digest("known-browser", mark)).decode()
    set_cookie(response, public_url, _KNOWN, value, max_age_s=_KNOWN_FOR_S)


def known_mark(request: Request, public_url: PublicUrl, key: PeopleKey) -> str | None:
    """Return the mark of a browser that somebody signed in with before, None for all others."""
    value = request.cookies.get(cookie_name(public_url, _KNOWN), "")
    try:
        raw = base64.b64decode(value, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    mark, mac = raw[:_RANDOM_BYTES], raw[_RANDOM_BYTES:]
    if len(mac) != _MAC_BYTES or not hmac.compare_digest(mac, key.digest("known-browser", mark)):
        return None
    return mark.hex()


def set_cookie(
    response: Response, public_url: PublicUrl, name: str, value: str, *, max_age_s: int | None
) -> None:
    """Set a cookie that no script reads and no other site sends."""
    response.set_cookie(
        cookie_name(public_url, name),
        value,
        max_age=max_age_s,
        path="/",
        secure=public_url.is_secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, public_url: PublicUrl, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(
        cookie_name(public_url, name),
        path="/",
        secure=public_url.is_secure,
        httponly=True,
        samesite="lax",
    )
