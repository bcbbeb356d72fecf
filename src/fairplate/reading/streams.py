"""Live streams: an rtsp or http address in, the newest frames out, across reconnects.

One thread receives and decodes; the reader takes what is newest. A reader slower than the stream
therefore skips frames and never falls behind, and at most one decoded frame waits in memory. What
ends by itself (a video file behind an http address) is read whole instead: nothing is skipped and
its end is the end. Decides when to reconnect and when to give up; what a frame is worth, and how it
is decoded, is left to `video.py`.

Certificates of rtsps and https are not checked: cameras sign their own.
"""

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import av
import av.error
from av.container import InputContainer

from fairplate.core.clock import Clock
from fairplate.core.errors import SourceError
from fairplate.reading.addresses import redact_address
from fairplate.reading.engine import Frame
from fairplate.reading.mailbox import Arrival, Mailbox
from fairplate.reading.sampling import Sampler, Sampling
from fairplate.reading.video import (
    MAX_FRAME_PX,
    VIDEO_ERRORS,
    Shot,
    Tally,
    decode,
    decode_all,
    describe,
    pick_stream,
)

_POLL_S = 0.1  # how soon a reader that waits notices should_stop
_FAREWELL_S = 2.0  # how long closing waits for the thread; a silent camera may hold it longer
# What an address may make FFmpeg open: the network, never a file of this machine.
_PROTOCOLS = {
    "rtsp": "tcp,tls,rtp,srtp,udp",
    "rtsps": "tcp,tls,rtp,srtp,udp",
    "http": "http,https,httpproxy,tcp,tls,crypto",
    "https": "http,https,httpproxy,tcp,tls,crypto",
}

# The length that the server told is the playlist's, or made up by a camera to please browsers.
_LIVE_WITH_LENGTH = frozenset({"hls", "mpjpeg"})


@dataclass(frozen=True, slots=True)
class Reconnect:
    """How long to try: waits double from `first_wait_s` up to `longest_wait_s`.

    `attempts` failures in a row end it; before the first frame ever, `first_attempts` do, so that a
    wrong address is told soon. A connection silent for `silence_s` has failed.
    """

    attempts: int = 10
    first_attempts: int = 3
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    silence_s: float = 10.0

    def wait_s(self, failures: int) -> float:
        """Return the seconds to wait after that many failures in a row; 0: it worked, and ended."""
        doublings = min(max(failures - 1, 0), 32)
        return float(min(self.longest_wait_s, self.first_wait_s * 2.0**doublings))


DEFAULT_RECONNECT = Reconnect()


def read_stream(
    address: str,
    sampling: Sampling,
    *,
    clock: Clock,
    should_stop: Callable[[], bool],
    reconnect: Reconnect = DEFAULT_RECONNECT,
    now_s: Callable[[], float] = time.monotonic,
    threads: int = 1,
) -> Generator[Frame, None, None]:
    """Yield sampled frames of the stream at `address` until it ends for good.

    Of a live stream `index` counts decoded frames across reconnects, `time_s` is when the frame
    arrived, by `now_s`, and `captured_at` is the same moment by `clock`. Raises a retryable
    SourceError when patience ends or something finite breaks off. No password or token of the
    address reaches a frame or a message.
    """
    name = redact_address(address)
    mailbox = Mailbox()
    receiver = _Receiver(
        address, name, mailbox, sampling, reconnect=reconnect, clock=clock, now_s=now_s
    )
    thread = threading.Thread(
        target=receiver.run, args=(threads,), name=f"receive {name}", daemon=True
    )
    thread.start()
    try:
        while not should_stop():
            arrival = mailbox.take(_POLL_S)
            if arrival is not None:
                yield _to_frame(arrival, name)
            elif mailbox.ended:
                return
    finally:
        mailbox.close()
        thread.join(_FAREWELL_S)


class _Receiver:
    """Runs in its own thread: connects, decodes, leaves shots in the mailbox, reconnects."""

    def __init__(
        self,
        address: str,
        name: str,
        mailbox: Mailbox,
        sampling: Sampling,
        *,
        reconnect: Reconnect,
        clock: Clock,
        now_s: Callable[[], float],
    ) -> None:
        self._address = address
        self._name = name
        self._mailbox = mailbox
        self._sampling = sampling
        self._reconnect = reconnect
        self._clock = clock
        self._now_s = now_s
        self._sampler = Sampler(sampling)
        self._tally = Tally()
        self._start_s: float | None = None
        self._heard_s = 0.0

    def run(self, threads: int) -> None:
        """Receive until the stream ends, breaks for good or the reader has gone."""
        try:
            self._receive(threads)
        except Exception as error:  # noqa: BLE001 - carried over to the reader's thread
            self._mailbox.end(error)
        else:
            self._mailbox.end(None)

    def _receive(self, threads: int) -> None:
        failures = 0
        while not self._mailbox.closed:
            seen = self._tally.frames
            found = self._connect_once(threads)
            if found is None:
                return
            failures = 0 if self._tally.frames > seen else failures + 1
            patience = self._reconnect
            limit = patience.attempts if self._tally.frames else patience.first_attempts
            if failures >= limit:
                raise _broken(self._name, f"{found}, after {failures} attempts")
            self._mailbox.pause(patience.wait_s(failures))

    def _connect_once(self, threads: int) -> str | None:
        """Leave what one connection gives; return why to try again, None if all is read."""
        first, finite = not self._tally.frames, False
        try:
            with self._connect() as container:
                finite = first and _ends_by_itself(container)
                if not finite:
                    return self._follow(container, threads)
                self._read_whole(container, threads)
                return None
        except SourceError as error:
            if first:
                raise _again(error) if finite else error from None
            return error.found
        except VIDEO_ERRORS as error:
            found = self._describe(error)
            if finite or (first and _is_permanent(error)):
                raise _broken(self._name, found, retryable=finite) from None
            return found

    def _connect(self) -> InputContainer:
        scheme = self._address.partition("://")[0].lower()
        options = {"protocol_whitelist": _PROTOCOLS[scheme], "max_pixels": f"{MAX_FRAME_PX}"}
        if scheme.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"  # lost datagrams smear plates
        silence_s = self._reconnect.silence_s
        return av.open(
            self._address,
            "r",
            options=options,
            metadata_errors="replace",
            timeout=(silence_s, silence_s),
        )

    def _read_whole(self, container: InputContainer, threads: int) -> None:
        stream = pick_stream(container, name=self._name, threads=threads)
        shots = decode(
            container, stream, self._sampling, name=self._name, should_stop=self._reader_gone
        )
        for shot in shots:
            self._mailbox.put(Arrival(shot, None), skip_older=False)

    def _follow(self, container: InputContainer, threads: int) -> str:
        """Leave live shots until the connection ends; return how it did."""
        stream = pick_stream(container, name=self._name, threads=threads)
        self._heard_s = self._now_s()
        if self._start_s is None:
            self._start_s = self._heard_s
        for frame in decode_all(container, stream, self._tally, should_stop=self._is_lost):
            self._heard_s = self._now_s()
            index, time_s = self._tally.frames - 1, self._heard_s - self._start_s
            if self._sampler.keeps(index, time_s):
                shot = Shot(frame, index, time_s)
                self._mailbox.put(Arrival(shot, self._clock()), skip_older=True)
        return "no picture in what it sends" if self._is_lost() else "its end"

    def _describe(self, error: BaseException) -> str:
        if isinstance(error, av.error.ExitError):  # what PyAV's timeout makes of a silent server
            return f"no data for {self._reconnect.silence_s:g} s"
        return describe(error)

    def _reader_gone(self) -> bool:
        return self._mailbox.closed

    def _is_lost(self) -> bool:
        silence_s = self._now_s() - self._heard_s
        return self._mailbox.closed or silence_s > self._reconnect.silence_s


def _to_frame(arrival: Arrival, name: str) -> Frame:
    shot = arrival.shot
    try:
        image = shot.to_image()
    except VIDEO_ERRORS as error:
        raise _broken(name, describe(error)) from None
    return Frame(image, name, shot.index, shot.time_s, arrival.captured_at, still=False)


def _ends_by_itself(container: InputContainer) -> bool:
    """Say whether this is a file behind an address: it has a length, or is a single picture."""
    if container.duration or container.format.name.endswith("_pipe"):
        return True
    return container.format.name not in _LIVE_WITH_LENGTH and container.size > 0


def _is_permanent(error: BaseException) -> bool:
    """Say whether the server itself says that asking again is of no use (401, 403, 404 ...)."""
    refused = isinstance(error, av.error.HTTPClientError)
    return refused and not isinstance(error, av.error.HTTPTooManyRequestsError)


def _broken(name: str, found: str, *, retryable: bool = True) -> SourceError:
    return SourceError(
        name, "stream", expected="a stream that goes on", found=found, retryable=retryable
    )


def _again(error: SourceError) -> SourceError:
    """Return the same error as one that a retry may cure: the file is behind a network."""
    return SourceError(
        error.where, error.field, expected=error.expected, found=error.found, retryable=True
    )
