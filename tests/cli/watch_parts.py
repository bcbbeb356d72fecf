"""What tests of `fairplate watch` need: cameras, an engine that reads what it is told, and mail."""

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
from PIL import Image as PillowImage
from tests.alerts.channels.smtp_receiver import Mailbox
from tests.cli.alert_parts import PLATE, add_settings

from fairplate.core.reads import Box, Character, PlateRead
from fairplate.reading.engine import Area, Frame, Image, Transcript

WIDTH_PX, HEIGHT_PX = 320, 240
PLATE_BOX = Box(100, 120, 200, 150)
ROW = f"{PLATE},us-ny,car,missing-or-endangered-person,2026-00417,desk 555 0100,Ford,blue"


@dataclass
class WatchedEngine:
    """Reads the same plates in every frame of a source of that name; "" stands for any other."""

    plates: dict[str, Sequence[str]] = field(default_factory=lambda: {"": [PLATE]})
    box: Box = PLATE_BOX
    frames: int = 0
    name: str = "watched"

    def locate(self, image: Image) -> Sequence[Area]:
        raise NotImplementedError

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        del image, area
        return None

    def read(self, frame: Frame) -> list[PlateRead]:
        self.frames += 1
        box = self.box
        known = self.plates.get(Path(frame.source).name, self.plates.get("", []))
        return [
            PlateRead(
                source=frame.source,
                plate=plate,
                confidence=0.97,
                characters=tuple(Character(char, 0.99) for char in plate),
                box=Box(box.x1, box.y1 - 60 * at, box.x2, box.y2 - 60 * at),
                frame=frame.index,
                time_s=frame.time_s,
                captured_at=frame.captured_at,
            )
            for at, plate in enumerate(known)
        ]


def make_clip(path: Path, frames: int = 6) -> str:
    """Write a video of a grey scene with a bright plate, and return its path."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(), "rgb24")))
        container.mux(stream.encode(None))
    return str(path)


def make_picture(path: Path) -> str:
    PillowImage.fromarray(scene()).save(path)
    return str(path)


def scene() -> Image:
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), 90, np.uint8)
    picture[PLATE_BOX.y1 : PLATE_BOX.y2, PLATE_BOX.x1 : PLATE_BOX.x2] = 240
    return picture


@dataclass
class Camera:
    """A camera that pushes pictures until its server ends; `breaks` cuts it off and refuses it."""

    address: str = ""
    frames: int = 0
    breaks: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)

    def push(self, handler: BaseHTTPRequestHandler) -> None:
        if self.breaks.is_set():
            handler.send_error(404)
            return
        stream = io.BytesIO()
        PillowImage.fromarray(scene()).save(stream, "JPEG")
        picture = stream.getvalue()
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.end_headers()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        while not self.ends.wait(0.04) and not self.breaks.is_set():
            handler.wfile.write(head.encode() + picture + b"\r\n")
            self.frames += 1


@contextmanager
def live_camera() -> Iterator[Camera]:
    camera = Camera()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                camera.push(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    camera.address = f"http://127.0.0.1:{server.server_port}/video.mjpg"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield camera
    finally:
        camera.ends.set()
        server.shutdown()
        server.server_close()
        thread.join()


def tell_by_mail(folder: Path, port: int, more: str = "") -> None:
    """Let a desk be told of alerts by the mail server on this port."""
    add_settings(
        folder,
        f"""
[channels.mail]
kind = "email"
host = "127.0.0.1"
port = {port}
sender = "alerts@example.org"

[subscribers.desk]
channel = "mail"
address = "desk@example.org"
{more}
""",
    )


def read_mail(mailbox: Mailbox) -> EmailMessage:
    """Return the one mail that came."""
    (envelope,) = mailbox.mails
    content = envelope.content
    assert isinstance(content, bytes)
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(content)


def wait_until(happened: Callable[[], object], *, within_s: float = 30.0) -> None:
    """Wait for something that happens in another thread or process."""
    deadline_s = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.02)
