"""Videos: a file with moving pictures in, sampled frames with their times out.

Decides which files are videos, which frames are kept, what time each has and when a video counts as
damaged. Leaves files that are no video to `frames.py` and live streams to `streams.py`, which
shares the decoding below.
"""

import math
import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from fairplate.core.errors import SourceError
from fairplate.reading.engine import Frame, Image
from fairplate.reading.sampling import Sampler, Sampling, Timeline

if TYPE_CHECKING:
    from av.packet import Packet  # generic in the stubs alone

# Three times 8K: more is a mistake or an attack, and is refused before memory is taken for it.
MAX_FRAME_PX = 100_000_000
_DEFAULT_RATE_FPS = 25.0
# Headers round, and sound may end a little after the picture.
_DURATION_SLACK = 0.02
_DURATION_SLACK_S = 0.5

# What PyAV raises for bytes, files and networks that fail it; FFmpegError covers nearly all.
VIDEO_ERRORS = (av.error.FFmpegError, OSError, ValueError, ArithmeticError, MemoryError)

# First bytes, where they stand, and the demuxer that reads what follows. Naming the demuxer keeps
# FFmpeg from taking a text file for a playlist and opening whatever it lists.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (4, b"free", "mov"),
    (0, b"\x1aE\xdf\xa3", "matroska"),  # also WebM
    (8, b"AVI ", "avi"),
    (0, b"FLV\x01", "flv"),
    (0, b"OggS", "ogg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x00\x00\x01\xb3", "mpegvideo"),
    (0, b"DHAV", "dhav"),  # recorders of Dahua
    (0, b"\x00\x00\x00\x01\x67", "h264"),  # raw, from recorders: a sequence parameter set first
    (0, b"\x00\x00\x00\x01\x40", "hevc"),
)
# These say in their header how long they last, so one can tell that an end is missing.
_TIMED_DEMUXERS = frozenset({"mov", "matroska", "avi"})


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A decoded frame that is kept, not yet converted; its time in seconds from the start."""

    frame: VideoFrame
    index: int
    time_s: float

    def to_image(self) -> Image:
        """Return the frame as RGB, turned by the display matrix that phones write."""
        pixels = self.frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
        quarter_turns = round(self.frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(pixels, k=quarter_turns))


@dataclass(slots=True)
class Tally:
    """What was seen while decoding: frames, packets that would not decode, where the data ends."""

    frames: int = 0
    damaged: int = 0
    end_s: float = 0.0


def video_format(head: bytes) -> str | None:
    """Return FFmpeg's demuxer for a file with these first bytes (1024 are enough), or None."""
    for offset, signature, demuxer in _SIGNATURES:
        if head.startswith(signature, offset):
            return demuxer
    # ISO/IEC 13818-1: packets of 188 bytes begin with 0x47; on disks 4 bytes of time may precede.
    if head[:564:188] == b"GGG" or head[4:580:192] == b"GGG":
        return "mpegts"
    return None


def read_video(
    path: str,
    demuxer: str,
    sampling: Sampling,
    *,
    name: str,
    should_stop: Callable[[], bool],
    threads: int = 1,
) -> Generator[Frame, None, None]:
    """Yield the sampled frames of the video at `path`.

    `index` counts decoded frames. Raises SourceError after the last good frame if some packets were
    damaged or the end is missing, and at once if nothing can be read.
    """
    try:
        with _open_file(path, demuxer) as container:
            stream = pick_stream(container, name=name, threads=threads)
            for shot in decode(container, stream, sampling, name=name, should_stop=should_stop):
                yield Frame(shot.to_image(), name, shot.index, shot.time_s, still=False)
    except VIDEO_ERRORS as error:
        raise SourceError(
            name, "video", expected="a whole, undamaged video", found=describe(error)
        ) from None


def estimate_frames(path: str, demuxer: str, sampling: Sampling) -> int | None:
    """Return about how many frames `read_video` will yield, or None if the header does not say."""
    try:
        with _open_file(path, demuxer) as container:
            if not container.streams.video:
                return None
            stream = container.streams.video[0]
            rate = _rate_fps(stream)
            seconds = container.duration / av.time_base if container.duration else 0.0
            total = stream.frames or round(seconds * rate)
    except VIDEO_ERRORS:
        return None
    if sampling.rate_fps is not None and sampling.rate_fps < rate:
        total = round(total * sampling.rate_fps / rate)
    return math.ceil(total / sampling.every) or None


def pick_stream(container: InputContainer, *, name: str, threads: int) -> VideoStream:
    """Return the first video stream, set to decode on `threads` threads.

    Raises SourceError if there is none, if nothing here decodes it or if its frames are too large.
    """
    # A cover picture in an audio file calls itself a video stream.
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise SourceError(name, "video", expected="moving pictures", found="none, only other data")
    stream = streams[0]
    # The stubs leave out that there is no context without a decoder.
    if getattr(stream, "codec_context", None) is None:
        raise SourceError(name, "codec", expected="one that FFmpeg decodes", found="an unknown one")
    width_px, height_px = stream.codec_context.width, stream.codec_context.height
    if not 0 < width_px * height_px <= MAX_FRAME_PX:
        expected = f"frames of at most {MAX_FRAME_PX // 1_000_000} megapixels"
        found = f"{width_px} x {height_px} px" if width_px else "none that could be decoded"
        raise SourceError(name, "size", expected=expected, found=found)
    stream.codec_context.thread_count = threads
    stream.codec_context.options = {"max_pixels": f"{MAX_FRAME_PX}"}  # a later frame may grow
    return stream


def decode(
    container: InputContainer,
    stream: VideoStream,
    sampling: Sampling,
    *,
    name: str,
    should_stop: Callable[[], bool],
) -> Generator[Shot, None, None]:
    """Yield the sampled shots of something that ends; SourceError if it ends badly."""
    tally, sampler, timeline = Tally(), Sampler(sampling), Timeline(_rate_fps(stream))
    for frame in decode_all(container, stream, tally, should_stop=should_stop):
        index = tally.frames - 1
        time_s = timeline.place(index, frame.time)
        if sampler.keeps(index, time_s):
            yield Shot(frame, index, time_s)
    if not should_stop():
        _require_whole(container, tally, name)


def decode_all(
    container: InputContainer,
    stream: VideoStream,
    tally: Tally,
    *,
    should_stop: Callable[[], bool],
) -> Generator[VideoFrame, None, None]:
    """Yield every frame that decodes and count them; packets that do not are counted, passed over.

    Raises one of VIDEO_ERRORS if the container breaks, after the frames that had arrived.
    """
    try:
        for packet in container.demux():
            if should_stop():
                return
            if packet.stream_index == stream.index:
                for frame in _decode_packet(stream, packet, tally):
                    tally.frames += 1
                    yield frame
            _note_end(packet, tally)
    except VIDEO_ERRORS:
        for frame in _decode_packet(stream, None, tally):
            tally.frames += 1
            yield frame
        raise


def describe(error: BaseException) -> str:
    """Return FFmpeg's words for `error`; never its address, which may hold a password."""
    words = getattr(error, "strerror", None)
    return words if isinstance(words, str) and words else type(error).__name__


def _open_file(path: str, demuxer: str) -> InputContainer:
    return av.open(
        os.path.abspath(path),  # noqa: PTH100 - "a:b.mp4" would name a protocol; "/x/a:b.mp4" not
        "r",
        format=demuxer,
        options={"protocol_whitelist": "file", "max_pixels": f"{MAX_FRAME_PX}"},
        metadata_errors="replace",
    )


def _decode_packet(
    stream: VideoStream, packet: "Packet[Any] | None", tally: Tally
) -> list[VideoFrame]:
    try:
        return list(stream.codec_context.decode(packet))
    except av.error.InvalidDataError:
        tally.damaged += 1
    except av.error.EOFError:  # flushed before
        pass
    return []


def _note_end(packet: "Packet[Any]", tally: Tally) -> None:
    if packet.pts is not None and packet.time_base:
        end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
        tally.end_s = max(tally.end_s, end_s)


def _require_whole(container: InputContainer, tally: Tally, name: str) -> None:
    if not tally.frames:
        raise SourceError(name, "video", expected="at least one frame", found="none")
    if tally.damaged:
        found = f"{tally.damaged} damaged, {tally.frames} frames read"
        raise SourceError(name, "packets", expected="all undamaged", found=found)
    # One demuxer may have several names: "mov,mp4,m4a" unless it was opened by one of them.
    if container.duration is None or _TIMED_DEMUXERS.isdisjoint(container.format.name.split(",")):
        return
    promised_s = container.duration / av.time_base
    lasted_s = tally.end_s - (container.start_time or 0) / av.time_base
    if promised_s - lasted_s > max(_DURATION_SLACK_S, promised_s * _DURATION_SLACK):
        expected, found = f"{promised_s:.1f} s, as its header says", f"{lasted_s:.1f} s"
        raise SourceError(name, "duration", expected=expected, found=found)


def _rate_fps(stream: VideoStream) -> float:
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate and rate > 0 else _DEFAULT_RATE_FPS
