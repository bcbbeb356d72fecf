"""How much a request may send, and how long it may take for it.

Decides before anything reads a body: a gigabyte is refused by its header or once it is past the
limit, and a body that trickles in is given up.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from fairplate.web.problems import Problem

MOST_BODY_BYTES = 32 << 20
"""A picture of 20 MiB in base64 and its read."""

MOST_SMALL_BODY_BYTES = 64 << 10
"""Of what comes from no camera: it is parsed before anybody knows who asks."""

_FROM_CAMERAS = ("/api/v1/reads", "/hooks/")

MOST_UNDER_WAY_BYTES = 256 << 20
"""Of all bodies together, so that no number of senders can take all memory."""

MOST_BODY_S = 30.0

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class _TooMuchError(Exception):
    """The body is past its limit; `problem` is what is answered."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class BodyLimits:
    """An ASGI layer around everything else."""

    def __init__(
        self, app: App, most_bytes: int = MOST_BODY_BYTES, most_s: float = MOST_BODY_S
    ) -> None:
        """Take what is inside."""
        self._app = app
        self._most_bytes = most_bytes
        self._most_s = most_s
        self._under_way_bytes = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, with a body that ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, taken = False, [0]
        most_bytes = self._most_bytes_at(scope["path"])

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            _require_length(scope, most_bytes)
            await self._app(scope, self._bounded(receive, taken, most_bytes), watch)
        except _TooMuchError as error:
            if started:
                raise
            await error.problem.response()(scope, receive, send)
        finally:
            self._under_way_bytes -= taken[0]

    def _most_bytes_at(self, path: str) -> int:
        if path.startswith(_FROM_CAMERAS):
            return self._most_bytes
        return min(self._most_bytes, MOST_SMALL_BODY_BYTES)

    def _bounded(self, receive: Receive, taken: list[int], most_bytes: int) -> Receive:
        """Return a `receive` that ends; it adds to `taken`, a list of one number of bytes."""
        ends_at = asyncio.get_running_loop().time() + self._most_s
        done = False

        async def receive_some() -> Message:
            nonlocal done
            if done:
                return await receive()  # only that the other side has gone comes now
            left_s = ends_at - asyncio.get_running_loop().time()
            try:
                message = await asyncio.wait_for(receive(), max(left_s, 0.001))
            except TimeoutError:
                late = Problem(HTTPStatus.REQUEST_TIMEOUT, "the body took too long", _CLOSE)
                raise _TooMuchError(late) from None
            size = len(message.get("body", b""))
            taken[0] += size
            self._under_way_bytes += size
            done = not message.get("more_body", False)
            if taken[0] > most_bytes:
                raise _too_large(most_bytes)
            if self._under_way_bytes > MOST_UNDER_WAY_BYTES:
                raise _TooMuchError(Problem(HTTPStatus.SERVICE_UNAVAILABLE, _BUSY, _LATER))
            return message

        return receive_some


def _require_length(scope: Message, most_bytes: int) -> None:
    for name, value in scope["headers"]:
        # uvicorn refuses a length that is no number before it comes here.
        if name == b"content-length" and value.isdigit() and int(value) > most_bytes:
            raise _too_large(most_bytes)


def _too_large(most_bytes: int) -> _TooMuchError:
    detail = f"a body has at most {most_bytes} bytes"
    return _TooMuchError(Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, _CLOSE))


_CLOSE = {"Connection": "close"}
_BUSY = "too much arrives at once: send it again later"
_LATER = {**_CLOSE, "Retry-After": "2"}
