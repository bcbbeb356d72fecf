"""Prints docs/reference/api.md: every route, who may use it, and what for.

python -m fairplate.web.access_page > docs/reference/api.md
"""

from collections.abc import Iterator

from fastapi.routing import APIRoute

from fairplate.deployment.roles import ACTS, SCOPES, STEP_UP
from fairplate.web.access_table import ACCESS, Access, Kind
from fairplate.web.app import ROUTERS

_HEAD = """\
# Routes

Made by `python -m fairplate.web.access_page`; not written by hand. Bodies and answers, with
examples, are in `/api/v1/openapi.json` of every server. How people and programs come in: [Signing
in](../sign-in.md); how cameras do: [The server](../server.md).

Lists come in pages: `limit` says how many at most, `next` of one page goes into `cursor` for the
following one, and `null` is the end. What goes wrong is `application/problem+json` (RFC 9457):
401 sign in, or show a passkey afresh; 403 not permitted; 404 nothing of that id; 422 not as
documented; 429 and 503 later, after `Retry-After` seconds.

`*`: needs a step-up, a passkey used at most five minutes ago for that act; where a case is named,
for that case.
`t`: a [token](../sign-in.md#tokens-for-programs) may do it too.

| Route | What | Who | Act |
|---|---|---|---|
"""
_WHO = {
    Kind.ANYBODY: "everybody",
    Kind.READER: "a reader, by its key",
    Kind.COMING_IN: "whoever comes in",
}


def page() -> str:
    """Return the page."""
    return _HEAD + "".join(f"{line}\n" for line in _rows())


def _rows() -> Iterator[str]:
    summaries = {
        (method, route.path): route.summary
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    for (method, path), access in ACCESS.items():
        what = summaries.get((method, path)) or "See [the server](../server.md)"
        yield f"| `{method} {path}` | {what} | {_who(access)} | {_act(access)} |"


def _who(access: Access) -> str:
    if access.act is None:
        return _WHO[access.kind]
    return ", ".join(role.value for role in ACTS if access.act in ACTS[role])


def _act(access: Access) -> str:
    if access.act is None:
        return ""
    step_up = "*" if access.act in STEP_UP and access.needs_step_up else ""
    return f"`{access.act.value}`{step_up}{' t' if access.act in SCOPES else ''}"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - it is what this is run for
