"""The server's run: workers, intake and HTTP begin together and end in order.

Decides that nothing listens before reads can be taken, that what was accepted is committed before
the end, and how long each part has for its end.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import uvicorn

from fairplate.core.errors import FairplateError, InputError
from fairplate.web.app import create_app
from fairplate.web.intake_line import IntakeLine
from fairplate.web.listening import Listening
from fairplate.web.logs import log, log_problem
from fairplate.web.parts import Parts, gather_parts
from fairplate.web.passing import Passing
from fairplate.web.patient_protocol import ImpatientProtocol
from fairplate.worker import Workers

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

REQUESTS_END_WITHIN_S = 10
WORKERS_END_WITHIN = timedelta(seconds=10)
MOST_CONNECTIONS = 1_000
IDLE_S = 75
_LOOKED_EVERY_S = 0.2


def serve(
    deployment: "Deployment",
    listening: Listening,
    should_stop: Callable[[], bool],
    started: Callable[[str], None],
) -> bool:
    """Serve until `should_stop`; say whether it ended as asked. `started` gets the URL.

    Raises InputError where the address or the TLS files cannot be used.
    """
    crashed = threading.Event()
    with ExitStack() as stack:
        listener = stack.enter_context(_listener(listening))
        tls = _tls(listening)
        parts = _begin(stack, deployment, crashed)
        line = parts.line
        taker = threading.Thread(target=_run_line, args=(line, crashed), name="intake", daemon=True)
        taker.start()
        host, port = listener.getsockname()[:2]
        url = replace(listening, address=host, port=port).url
        server = uvicorn.Server(_config(parts, tls))

        def must_stop() -> bool:
            return should_stop() or crashed.is_set()

        try:
            asyncio.run(_serve(server, listener, parts.passing, must_stop, lambda: started(url)))
        finally:
            line.end()
            taker.join()
    log("stopped")
    return not crashed.is_set()


def _begin(stack: ExitStack, deployment: "Deployment", crashed: threading.Event) -> Parts:
    """Start the workers, and return what requests work with; `stack` ends both."""

    def tell(part: str, problem: FairplateError | str) -> None:
        parts.metrics.problems.labels(part).inc()
        log_problem(part, problem)

    lists = deployment.alerting.live_lists()
    delivery = deployment.alerting.delivery()
    stack.callback(delivery.close)
    workers = Workers(deployment, lists, delivery, tell, lambda _: crashed.set())
    desk = deployment.alerting.desk(lists, wake=workers.wake)
    line = IntakeLine(deployment.intake(desk), lambda error: tell("intake", error))
    parts = gather_parts(deployment, line, tell)
    workers.start()
    stack.callback(workers.end, WORKERS_END_WITHIN)
    return parts


def _run_line(line: IntakeLine, crashed: threading.Event) -> None:
    try:
        line.run()
    except BaseException:
        crashed.set()
        raise


async def _serve(
    server: uvicorn.Server,
    listener: socket.socket,
    passing: Passing,
    should_stop: Callable[[], bool],
    started: Callable[[], None],
) -> None:
    # Signals are the caller's: uvicorn's own handling would end the process before its workers.
    running = asyncio.create_task(server._serve([listener]))  # noqa: SLF001 - see above
    gathering = asyncio.create_task(passing.run())
    while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    if server.started:
        started()
    while not should_stop() and not running.done() and not gathering.done():  # noqa: ASYNC110 - asked from a thread
        await asyncio.sleep(_LOOKED_EVERY_S)
    log("stopping")
    server.should_exit = True
    await running
    gathering.cancel()
    await passing.finish()


def _config(parts: Parts, tls: ssl.SSLContext | None) -> uvicorn.Config:
    config = uvicorn.Config(
        create_app(parts),
        http=ImpatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=REQUESTS_END_WITHIN_S,
    )
    config.load()
    config.ssl = tls
    return config


def _listener(listening: Listening) -> socket.socket:
    family = socket.AF_INET6 if ":" in listening.address else socket.AF_INET
    # asyncio turns Nagle off only for sockets that say they are TCP: else an answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listening.address, listening.port))
    except OSError as error:
        listener.close()
        found = (error.strerror or "another").lower()
        expected = f"{listening.address}, port {listening.port}, free"
        raise InputError("server", "address", expected=expected, found=found) from None
    return listener


def _tls(listening: Listening) -> ssl.SSLContext | None:
    if listening.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(listening.certificate, listening.key)
    except (OSError, ValueError) as error:
        found = "something else"
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            found = (error.strerror or found).lower()
        expected = "a certificate and its key, in PEM, without a passphrase"
        raise InputError("server", "tls", expected=expected, found=found) from None
    return context
