"""A deployment behind the real application, with its intake line running; no socket."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from tests.deployments import ACTOR, now

from fairplate.web.app import create_app
from fairplate.web.intake_line import IntakeLine
from fairplate.web.parts import Parts, gather_parts
from fairplate.wiring import Deployment, LiveLists, opened_deployment

READER = "gate"


def a_read(read_id: str = "read-1", plate: str = "TEST123", **more: Any) -> dict[str, Any]:
    """Return one read as a reader sends it, captured just now."""
    captured_at = now().isoformat()
    return {"id": read_id, "captured_at": captured_at, "plate": plate, "confidence": 0.98, **more}


@dataclass(slots=True)
class Served:
    """The application and how to ask it."""

    deployment: Deployment
    parts: Parts
    key: str
    lists: LiveLists
    portal: BlockingPortal
    client: httpx.AsyncClient

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request as anybody."""

        async def send() -> httpx.Response:
            return await self.client.request(method, path, **more)

        return self.portal.call(send)

    def send(self, *reads: dict[str, Any], key: str | None = None) -> httpx.Response:
        """Send reads as the reader."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return self.ask("POST", "/api/v1/reads", json={"reads": list(reads)}, headers=headers)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve the deployment in `folder`, with one reader that has a key."""
    with opened_deployment(folder, actor=ACTOR) as deployment, start_blocking_portal() as portal:
        deployment.enrol_reader(READER, "Gate")
        key = deployment.make_access_key(READER, keep_old=False)
        lists = deployment.alerting.live_lists()
        line = IntakeLine(deployment.intake(deployment.alerting.desk(lists)), lambda _: None)
        taker = threading.Thread(target=line.run)
        taker.start()
        parts = gather_parts(deployment, line, lambda *_: None)
        transport = httpx.ASGITransport(create_app(parts), raise_app_exceptions=True)
        client = httpx.AsyncClient(transport=transport, base_url="http://fairplate.example")
        try:
            yield Served(deployment, parts, key, lists, portal, client)
        finally:
            portal.call(client.aclose)
            line.end()
            taker.join()
