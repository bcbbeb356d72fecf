"""One log line and one count a request, and the headers that every answer has.

Decides that a request is told of by its route, never by its path or query: both hold what others
wrote.
"""

import time
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders

from fairplate.web.body_limits import App, Message, Receive, Send
from fairplate.web.logs import log, log_crash
from fairplate.web.metrics import Metrics
from fairplate.web.problems import as_problem

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TLS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLog:
    """The outermost layer."""

    def __init__(self, app: App, metrics: Metrics, *, tls_only: bool = False) -> None:
        """Take what is inside, and where to count; `tls_only`: browsers shall use nothing else."""
        self._app = app
        self._headers = _HEADERS | (TLS_ONLY if tls_only else {})
        self._metrics = metrics

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of it once it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started, begun_s = 500, False, time.perf_counter()

        async def send_marked(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = int(message["status"]), True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception as error:  # noqa: BLE001 - told here, where no text of it is shown
            log_crash(error)
            if not started:
                await as_problem(error).response()(scope, receive, send_marked)
        finally:
            took_s = time.perf_counter() - begun_s
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = _route_of(scope)
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(took_s)
            log("request", method=method, route=route, status=status, ms=round(took_s * 1000, 1))


def _route_of(scope: MutableMapping[str, Any]) -> str:
    """Return the route as it is written in the code, with the names of what varies."""
    return str(getattr(scope.get("route"), "path", "none"))
