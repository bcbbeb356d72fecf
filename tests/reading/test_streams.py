import io
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from fairplate.core.errors import SourceError
from fairplate.reading.addresses import redact_address, require_stream_address
from fairplate.reading.engine import Frame
from fairplate.reading.sampling import Sampling
from fairplate.reading.streams import Reconnect, read_stream

ClipMaker = Callable[..., Path]
Answer = Callable[[BaseHTTPRequestHandler, int], None]
EVERY = Sampling()
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
HASTY = Reconnect(
    attempts=3, first_attempts=2, first_wait_s=0.05, longest_wait_s=0.2, silence_s=5.0
)
RTSP_PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good"


@pytest.fixture(autouse=True)
def no_proxy_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """Serve on a free port; `answer` gets the handler and the number of the request, from 0."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            try:
                answer(self, len(asked) - 1)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, data: bytes, *, length: int | None = None) -> None:
    """Answer with `data`; without a length the end of the connection ends it, as cameras do."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/octet-stream")
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(data)


def live(
    address: str,
    sampling: Sampling = EVERY,
    *,
    reconnect: Reconnect = HASTY,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Frame]:
    ticks = count()
    return read_stream(
        address,
        sampling,
        clock=lambda: START + timedelta(seconds=next(ticks)),
        should_stop=should_stop,
        reconnect=reconnect,
    )


def collect_broken(frames: Iterator[Frame]) -> tuple[list[Frame], SourceError]:
    got: list[Frame] = []

    def drain() -> None:
        for frame in frames:
            got.append(frame)  # noqa: PERF402 - those before the error count

    with pytest.raises(SourceError) as caught:
        drain()
    return got, caught.value


def test_a_file_behind_an_address_is_read_whole(source_clip: ClipMaker) -> None:
    data = source_clip("a.mp4", options={"movflags": "faststart"}).read_bytes()
    with serving(lambda handler, _: send(handler, data, length=len(data))) as (host, asked):
        frames = []
        for frame in live(f"http://{host}/a.mp4"):
            time.sleep(0.01)  # a slow reader must not lose frames of something that waits
            frames.append(frame)
    assert [frame.index for frame in frames] == list(range(50))
    assert frames[-1].time_s == pytest.approx(49 / 25)
    assert {frame.captured_at for frame in frames} == {None}
    assert len(asked) <= 2


def test_a_file_without_times_is_told_by_its_length(source_clip: ClipMaker) -> None:
    data = source_clip("a.ts", frames=30).read_bytes()
    with serving(lambda handler, _: send(handler, data, length=len(data))) as (host, _):
        assert [frame.index for frame in live(f"http://{host}/a.ts")] == list(range(30))


def test_a_file_that_is_cut_gives_its_frames_then_one_error(source_clip: ClipMaker) -> None:
    data = source_clip("a.mp4", options={"movflags": "faststart"}).read_bytes()

    def answer(handler: BaseHTTPRequestHandler, _: int) -> None:
        send(handler, data[: len(data) // 2], length=len(data))

    with serving(answer) as (host, _):
        frames, error = collect_broken(live(f"http://{host}/a.mp4"))
    assert 15 <= len(frames) <= 35
    assert error.retryable
    assert error.where == f"http://{host}/a.mp4"


def test_a_single_picture_is_one_frame() -> None:
    out = io.BytesIO()
    PillowImage.new("RGB", (160, 120), "red").save(out, "JPEG")
    picture = out.getvalue()
    with serving(lambda handler, _: send(handler, picture, length=len(picture))) as (host, _):
        frames = list(live(f"http://{host}/now.jpg"))
    assert [(frame.index, frame.image.shape) for frame in frames] == [(0, (120, 160, 3))]


def test_a_live_stream_is_joined_again_and_given_up(source_clip: ClipMaker) -> None:
    data = source_clip("a.ts").read_bytes()

    def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number in {1, 2}:
            handler.send_error(503)
        elif number < 5:
            send(handler, data)
        else:
            handler.send_error(404)  # a camera that was there may be starting: not final

    with serving(answer) as (host, asked):
        frames, error = collect_broken(live(f"http://u:geheim@{host}/cam?token=abc&channel=2"))
    assert len(asked) == 5 + 3
    assert frames[-1].index == 3 * 50 - 1
    assert all(a.index < b.index for a, b in pairwise(frames))
    assert all(a.time_s <= b.time_s for a, b in pairwise(frames))
    assert all(f.captured_at >= START for f in frames if f.captured_at)
    assert None not in {frame.captured_at for frame in frames}
    assert error.retryable
    assert "after 3 attempts" in error.found
    shown = f"http://***@{host}/cam?token=***&channel=2"
    assert {frame.source for frame in frames} | {error.where} == {shown}
    assert "geheim" not in str(error)


def test_a_slow_reader_skips_frames_and_sees_the_newest(source_clip: ClipMaker) -> None:
    data = source_clip("a.ts").read_bytes()
    read_one = threading.Event()

    def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number:
            handler.send_error(404)
            return
        # The beginning comes at once; the rest while the reader is busy with the first frame.
        send(handler, data[: len(data) // 2])
        read_one.wait(10)
        handler.wfile.write(data[len(data) // 2 :])

    frames = []
    with serving(answer) as (host, asked):
        reading = live(f"http://{host}/cam")
        frames.append(next(reading))
        read_one.set()
        while len(asked) < 2:  # all was received: it has come back to ask for more
            time.sleep(0.01)
        frames.extend(collect_broken(reading)[0])
    assert 2 <= len(frames) <= 3
    assert frames[-1].index == 49


def test_sampling_of_a_live_stream(source_clip: ClipMaker) -> None:
    data = source_clip("a.ts").read_bytes()

    def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number:
            handler.send_error(404)
        else:
            send(handler, data)

    with serving(answer) as (host, _):
        nth, _ = collect_broken(live(f"http://{host}/cam", Sampling(every=10)))
    assert nth
    assert all(frame.index % 10 == 0 for frame in nth)
    assert nth[-1].index == 40


def test_a_camera_that_pushes_jpegs(source_clip: ClipMaker) -> None:
    clip = source_clip("a.avi", codec="mjpeg", frames=10).read_bytes()
    pictures = [b"\xff\xd8" + part for part in clip.split(b"\xff\xd8")[1:]]

    def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number:
            handler.send_error(404)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.send_header("Content-Length", "9999999")  # some claim one, to please browsers
        handler.end_headers()
        for picture in pictures:
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            handler.wfile.write(head.encode() + picture + b"\r\n")

    with serving(answer) as (host, _):
        frames, error = collect_broken(live(f"http://{host}/video.mjpg"))
    assert frames[-1].image.shape == (120, 160, 3)
    assert frames[-1].captured_at is not None
    assert error.retryable


def test_silence_counts_as_failure(source_clip: ClipMaker) -> None:
    data = source_clip("a.ts").read_bytes()
    over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler, _: int) -> None:
        send(handler, data)
        over.wait(30)

    patience = Reconnect(attempts=2, first_wait_s=0.01, longest_wait_s=0.01, silence_s=0.4)
    with serving(answer) as (host, asked):
        reading = live(f"http://{host}/cam", reconnect=patience)
        last = 0
        while last < 100:  # a third connection: two have fallen silent
            last = next(reading).index
        reading.close()  # type: ignore[attr-defined]
        over.set()
    assert len(asked) >= 3


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_told_at_once(status: int) -> None:
    with serving(lambda handler, _: handler.send_error(status)) as (host, asked):
        frames, error = collect_broken(live(f"http://user:geheim@{host}/cam"))
    assert not frames
    # 401 is asked twice: first without the password.
    assert len(asked) <= 2
    assert str(status) in error.found
    assert "geheim" not in str(error)


def test_an_unreachable_address_is_told_after_the_first_attempts() -> None:
    with serving(lambda handler, _: handler.send_error(500)) as (host, asked):
        _, error = collect_broken(live(f"http://{host}/cam"))
        assert len(asked) == HASTY.first_attempts
    assert error.retryable
    _, error = collect_broken(live(f"http://{host}/cam"))  # nobody listens any more
    assert error.found == "Connection refused, after 2 attempts"


def test_stopping_while_a_camera_is_silent() -> None:
    over, polls = threading.Event(), count()

    def answer(*_: object) -> None:
        over.wait(30)

    with serving(answer) as (host, _):
        patience = Reconnect(silence_s=0.5)
        frames = live(f"http://{host}/", reconnect=patience, should_stop=lambda: next(polls) > 3)
        assert list(frames) == []
        over.set()


def test_no_thread_stays_behind(source_clip: ClipMaker) -> None:
    data = source_clip("a.ts").read_bytes()
    with serving(lambda handler, _: send(handler, data)) as (host, _):
        reading = live(f"http://{host}/cam")
        next(reading)
        assert any(thread.name == f"receive http://{host}/cam" for thread in threading.enumerate())
        reading.close()  # type: ignore[attr-defined]
        assert not any(thread.name.startswith("receive") for thread in threading.enumerate())


def test_a_playlist_cannot_reach_files_of_this_machine(source_clip: ClipMaker) -> None:
    secret = source_clip("a.ts")
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    with serving(lambda handler, _: send(handler, playlist.encode())) as (host, _):
        frames, _ = collect_broken(live(f"http://{host}/list.m3u8"))
    assert not frames


def test_a_playlist_of_segments_is_read(source_clip: ClipMaker) -> None:
    data = source_clip("a.ts").read_bytes()
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nseg.ts\n#EXT-X-ENDLIST\n"

    def answer(handler: BaseHTTPRequestHandler, _: int) -> None:
        body = data if handler.path == "/seg.ts" else playlist
        send(handler, body, length=len(body))

    with serving(answer) as (host, _):
        assert len(list(live(f"http://{host}/list.m3u8"))) == 50


def test_something_else_is_refused_unquoted() -> None:
    rows = b"plate,purpose\nABC123,test\n" * 200
    with serving(lambda handler, _: send(handler, rows)) as (host, _):
        frames, error = collect_broken(live(f"http://{host}/list.csv"))
    assert not frames
    assert "ABC123" not in str(error)


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(0, 1), (1, 1), (2, 2), (5, 16), (6, 30), (10_000, 30)]
)
def test_waits_double_up_to_a_cap(failures: int, wait_s: float) -> None:
    assert Reconnect().wait_s(failures) == wait_s


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("rtsp://admin:geheim@cam:554/1", "rtsp://***@cam:554/1"),
        ("rtsp://admin:ge@heim@cam/1", "rtsp://***@cam/1"),
        ("rtsp://admin:ge/heim@cam/1", "rtsp://***@cam/1"),
        ("rtsp://admin:ge?heim@cam/1", "rtsp://***@cam/1"),
        ("rtsp://admin:ge#heim@cam/1", "rtsp://***@cam/1"),
        ("rtsp://cam/s?channel=2&subtype=0", "rtsp://cam/s?channel=2&subtype=0"),
        ("http://cam/v?user=geheim&pwd=123&w=640", "http://cam/v?user=***&pwd=***&w=640"),
        ("http://cam/v?geheim", "http://cam/v?***"),
        ("http://cam/v;s=geheim#geheim", "http://cam/v;s=***&***"),
        ("http://cam/v?mail=a@b&x=geheim", "http://***@b&x=***"),
    ],
)
def test_secrets_of_an_address_are_not_shown(address: str, shown: str) -> None:
    assert redact_address(address) == shown


@given(
    user=st.text(min_size=1),
    password=st.text(min_size=4),
    parameter=st.text("abcdefghijk0123456789", min_size=4),
)
def test_no_password_is_ever_shown(user: str, password: str, parameter: str) -> None:
    shown = redact_address(f"rtsp://{user}:{password}@cam/1?sid={parameter}")
    assert shown == "rtsp://***@cam/1?sid=***"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("ftp://u:geheim@cam/1", "ftp://"),
        ("file:///etc/passwd", "file://"),
        ("rtsp://", "none"),
        ("rtsp://u:geheim@/1", "none"),
        ("http://cam/a b", "others"),
        ("http://cam/a\r\nHost: other", "others"),
    ],
)
def test_other_addresses_are_refused(address: str, found: str) -> None:
    with pytest.raises(SourceError) as caught:
        require_stream_address(address)
    assert caught.value.found == found
    assert "geheim" not in str(caught.value)


def start_rtsp(port: int, file: Path | None = None) -> tuple[subprocess.Popen[str], int]:
    script = Path(__file__).with_name("rtsp_server.py")
    command = ["/usr/bin/python3", str(script), str(port), "user", "geheim", str(file or "")]
    environment = {"PATH": os.environ["PATH"], "GST_REGISTRY_FORK": "no"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def rtsp_installed() -> None:
    probe = (
        "import gi; gi.require_version('GstRtspServer', '1.0'); gi.require_version('Gst', '1.0');"
        "from gi.repository import Gst; Gst.init(None);"
        "assert Gst.ElementFactory.find('rtph264pay') and Gst.ElementFactory.find('jpegenc')"
    )
    python = shutil.which("python3", path="/usr/bin")
    if python:
        found = subprocess.run([python, "-c", probe], capture_output=True, check=False)
        if found.returncode == 0:
            return
    message = f"no RTSP server to test with: apt-get install {RTSP_PACKAGES}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.mark.usefixtures("rtsp_installed")
def test_rtsp_camera_goes_and_comes_back() -> None:
    process, port = start_rtsp(0)
    patience = Reconnect(attempts=40, first_wait_s=0.1, longest_wait_s=0.2, silence_s=10.0)
    reading = live(f"rtsp://user:geheim@127.0.0.1:{port}/live", reconnect=patience)
    try:
        before = list(islice(reading, 8))
        stop(process)
        process, _ = start_rtsp(port)
        after = list(islice(reading, 8))
    finally:
        reading.close()  # type: ignore[attr-defined]
        stop(process)
    frames = before + after
    red, green, blue = after[-1].image.mean(axis=(0, 1))
    assert red > 200
    assert max(green, blue) < 40
    assert after[-1].image.shape == (120, 160, 3)
    assert all(a.index < b.index for a, b in pairwise(frames))
    assert all(a.time_s <= b.time_s for a, b in pairwise(frames))
    assert {frame.source for frame in frames} == {f"rtsp://***@127.0.0.1:{port}/live"}
    assert all(frame.captured_at and frame.captured_at >= START for frame in frames)


@pytest.mark.usefixtures("rtsp_installed")
def test_rtsp_recording_ends_and_refusals_are_told(source_clip: ClipMaker) -> None:
    process, port = start_rtsp(0, source_clip("a.mp4"))
    try:
        frames = list(live(f"rtsp://user:geheim@127.0.0.1:{port}/file"))
        _, wrong_password = collect_broken(live(f"rtsp://user:falsch@127.0.0.1:{port}/file"))
        _, wrong_path = collect_broken(live(f"rtsp://user:geheim@127.0.0.1:{port}/none"))
    finally:
        stop(process)
    assert len(frames) >= 50
    assert frames[-1].time_s == pytest.approx(49 / 25, abs=0.3)
    assert frames[-1].captured_at is None
    assert "401" in wrong_password.found
    assert "falsch" not in str(wrong_password)
    assert "404" in wrong_path.found
    assert not wrong_path.retryable


@pytest.mark.usefixtures("rtsp_installed")
def test_rtsp_camera_that_stays_away_ends_the_stream() -> None:
    process, port = start_rtsp(0)
    reading = live(f"rtsp://user:geheim@127.0.0.1:{port}/live")
    try:
        next(reading)
    finally:
        stop(process)
    frames, error = collect_broken(reading)
    assert len(frames) <= 1
    assert error.retryable
    assert "Connection refused, after 3 attempts" in error.found
    assert "geheim" not in str(error)
