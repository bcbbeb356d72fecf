"""The application: every route in one place, and the layers around them all."""

from fastapi import Depends, FastAPI

from fairplate.web import health, hooks, pages, published_log
from fairplate.web.api import alerts, cases, lists, readers, reads, transparency
from fairplate.web.body_limits import BodyLimits
from fairplate.web.openapi import describe
from fairplate.web.parts import Parts
from fairplate.web.problems import add_problem_handlers
from fairplate.web.request_log import RequestLog
from fairplate.web.sign_in import invites, passkeys, session, sessions, tokens, users
from fairplate.web.sign_in.access import require_access
from fairplate.web.sign_in.desk import make_desk

ROUTERS = (
    reads.router,
    hooks.router,
    transparency.router,
    health.router,
    published_log.router,
    session.router,
    sessions.router,
    invites.router,
    passkeys.router,
    tokens.router,
    users.router,
    alerts.router,
    cases.router,
    lists.router,
    readers.router,
    pages.router,
)
BODIES = (reads.SentReads,)


def create_app(parts: Parts) -> FastAPI:
    """Return the application; it touches nothing until it is asked something."""
    app = FastAPI(
        title="Fairplate",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        dependencies=[Depends(require_access)],
    )
    app.state.parts = parts
    desk = make_desk(parts.deployment)
    app.state.sign_in = desk
    add_problem_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    describe(app, BODIES)
    app.add_middleware(BodyLimits)
    app.add_middleware(RequestLog, metrics=parts.metrics, tls_only=desk.public_url.is_secure)
    return app
