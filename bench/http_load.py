"""Sends requests over connections that stay open, and times their answers; no library in between.

A process of its own, so that the server's times are the server's.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MakeBody = Callable[[int], bytes]


@dataclass(slots=True)
class Answered:
    """What came back: seconds each answer took, how many were none of 200, and the whole time."""

    took_s: list[float] = field(default_factory=list)
    others: int = 0
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, and with what header lines."""

    port: int
    path: str
    key: str
    content_type: str = "application/json"

    def request(self, body: bytes) -> bytes:
        """Return the bytes of one request."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: {self.content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def send_for(
    target: Target, make: MakeBody, connections: int, seconds: float, each_s: float | None = None
) -> Answered:
    """Send for `seconds`: as fast as answers come, or one request every `each_s` over all.

    At a rate an answer's time counts from when its request was due, so that none waits untold.
    """
    return asyncio.run(_send(target, make, connections, seconds, each_s))


async def _send(
    target: Target, make: MakeBody, connections: int, seconds: float, each_s: float | None
) -> Answered:
    answered, numbers = Answered(), iter(range(1 << 60))
    begin = time.perf_counter()

    async def run() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        while True:
            number = next(numbers)
            due = time.perf_counter() if each_s is None else begin + number * each_s
            if due >= begin + seconds:
                break
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            writer.write(target.request(make(number)))
            status = await _read_answer(reader)
            answered.took_s.append(time.perf_counter() - due)
            answered.others += status != b"200"
        writer.close()

    await asyncio.gather(*(run() for _ in range(connections)))
    answered.wall_s = time.perf_counter() - begin
    return answered


async def _read_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return head.split()[1]
