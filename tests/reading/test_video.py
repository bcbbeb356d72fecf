from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairplate.core.errors import InputError, SourceError
from fairplate.reading.engine import Frame
from fairplate.reading.sampling import Sampler, Sampling, Timeline
from fairplate.reading.video import Tally, estimate_frames, read_video, video_format

ClipMaker = Callable[..., Path]
EVERY = Sampling()


def demuxer_of(path: Path) -> str:
    demuxer = video_format(path.read_bytes()[:1024])
    assert demuxer is not None
    return demuxer


def read(path: Path, sampling: Sampling = EVERY, stop_after: int | None = None) -> list[Frame]:
    frames: list[Frame] = []
    stopped = (lambda: len(frames) >= stop_after) if stop_after is not None else (lambda: False)
    for frame in read_video(
        str(path), demuxer_of(path), sampling, name="clip", should_stop=stopped
    ):
        frames.append(frame)  # noqa: PERF402 - the list decides when to stop
    return frames


def collect(reading: Iterator[Frame], into: list[Frame]) -> None:
    for frame in reading:
        into.append(frame)  # noqa: PERF402 - extend would lose them all when an error comes


def read_broken(path: Path) -> tuple[list[Frame], SourceError]:
    """Return the frames before the error, and the error."""
    frames: list[Frame] = []
    reading = read_video(str(path), demuxer_of(path), EVERY, name="clip", should_stop=lambda: False)
    with pytest.raises(SourceError) as caught:
        collect(reading, frames)
    assert str(caught.value).startswith("clip: ")
    assert not caught.value.retryable
    return frames, caught.value


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "mjpeg"),
        ("a.mkv", "libx265"),
        ("a.webm", "libvpx"),
        ("a.avi", "mpeg4"),
        ("a.ts", "libx264"),
        ("a.flv", "flv"),
        ("a.mpg", "mpeg2video"),
        ("a.h264", "libx264"),
    ],
)
def test_every_container_gives_all_frames(source_clip: ClipMaker, name: str, codec: str) -> None:
    frames = read(source_clip(name, codec=codec, frames=20))
    assert [frame.index for frame in frames] == list(range(20))
    assert frames[0].time_s == 0.0
    # Raw H.264 has no times and no rate worth trusting: they only have to grow.
    if not name.endswith(".h264"):
        assert [frame.time_s for frame in frames] == pytest.approx(
            [n / 25 for n in range(20)], abs=0.002
        )
    assert all(a.time_s < b.time_s for a, b in pairwise(frames))
    image = frames[-1].image
    assert image.shape == (120, 160, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    red, green, blue = image[10:50, 10:70].mean(axis=(0, 1))
    assert red > 180
    assert max(green, blue) < 80
    assert {frame.source for frame in frames} == {"clip"}
    assert frames[0].captured_at is None


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_display_rotation_is_applied(source_clip: ClipMaker, degrees: int) -> None:
    # FFmpeg counts counter-clockwise: the red quarter moves from the top left that way.
    image = read(source_clip("turned.mp4", frames=2, rotation=degrees))[0].image
    expected = np.zeros((120, 160), np.uint8)
    expected[:60, :80] = 1
    expected = np.rot90(expected, k=degrees // 90)
    assert image.shape[:2] == expected.shape
    redness = image[:, :, 0].astype(int) - image[:, :, 1]
    assert redness[expected == 1].mean() > 150
    assert redness[expected == 0].mean() < 50


def test_rotation_is_that_of_a_telephone(source_clip: ClipMaker) -> None:
    # A portrait clip of an iPhone: matrix (0, 1, -1, 0), shown turned clockwise (ISO/IEC 14496-12,
    # 8.3.2). Written by hand, so that reader and writer cannot share a mistake.
    data = bytearray(source_clip("phone.mp4", frames=2).read_bytes())
    place = data.index(b"tkhd") + 4 + 40  # version 0: the matrix is 40 bytes into the box's body
    one, minus = (1 << 16).to_bytes(4, "big"), (2**32 - (1 << 16)).to_bytes(4, "big")
    assert data[place : place + 4] == one
    data[place : place + 20] = bytes(4) + one + bytes(4) + minus + bytes(4)
    path = source_clip("phone.mp4", frames=1)
    path.write_bytes(data)
    image = read(path)[0].image
    assert image.shape == (160, 120, 3)
    redness = image[:, :, 0].astype(int) - image[:, :, 1]
    assert redness[:80, 60:].mean() > 150  # top left went to top right


def test_sampling(source_clip: ClipMaker) -> None:
    path = source_clip("a.mp4")
    assert [f.index for f in read(path, Sampling(every=7))] == [0, 7, 14, 21, 28, 35, 42, 49]
    fifth = read(path, Sampling(rate_fps=5))
    assert [f.index for f in fifth] == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]
    assert len(read(path, Sampling(rate_fps=10))) == 20
    assert len(read(path, Sampling(rate_fps=100))) == 50
    assert len(read(path, Sampling(rate_fps=0.1))) == 1
    for sampling in (EVERY, Sampling(every=7), Sampling(rate_fps=5), Sampling(rate_fps=100)):
        told = estimate_frames(str(path), "mov", sampling)
        assert told == len(read(path, sampling))


def test_estimate_without_a_frame_count(source_clip: ClipMaker, tmp_path: Path) -> None:
    assert estimate_frames(str(source_clip("a.mkv")), "matroska", EVERY) == 50
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    assert estimate_frames(str(tmp_path / "a.mp4"), "mov", EVERY) is None


@given(
    rate=st.floats(0.1, 60),
    steps=st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_no_more_frames_than_the_rate(rate: float, steps: list[float]) -> None:
    sampler, time_s, kept = Sampler(Sampling(rate_fps=rate)), 0.0, 0
    for index, step in enumerate(steps):
        kept += sampler.keeps(index, time_s)
        assert 1 <= kept <= time_s * rate + 1.001
        time_s += step


@given(stamps=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60))
def test_time_starts_at_zero_and_never_falls(stamps: list[float | None]) -> None:
    timeline = Timeline(25.0)
    times = [timeline.place(index, stamp) for index, stamp in enumerate(stamps)]
    assert times[0] == 0.0
    assert all(a <= b for a, b in pairwise(times))


def test_timeline_goes_on_after_a_clock_set_back() -> None:
    timeline = Timeline(10.0)
    stamps = [7.0, 7.1, 7.2, 3.0, 3.1]
    times = [timeline.place(index, stamp) for index, stamp in enumerate(stamps)]
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    ("every", "rate", "named"),
    [(0, None, "every"), (-3, None, "every"), (2, 5.0, "every"), (1, 0.0, "rate_fps")]
    + [(1, rate, "rate_fps") for rate in (-1.0, float("nan"), float("inf"))],
)
def test_sampling_that_makes_no_sense(every: int, rate: float | None, named: str) -> None:
    with pytest.raises(InputError) as caught:
        Sampling(every, rate)
    assert caught.value.field == named


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"movflags": "faststart"}),
        ("a.mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("a.mkv", {}),
    ],
)
def test_half_a_video_gives_its_frames_then_one_error(
    source_clip: ClipMaker, name: str, options: dict[str, str]
) -> None:
    path = source_clip(name, options=options)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    frames, error = read_broken(path)
    assert 15 <= len(frames) <= 35
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert error.field in {"duration", "packets"}


def test_a_video_without_its_index_is_refused(source_clip: ClipMaker) -> None:
    path = source_clip("a.mp4")  # without faststart, what stands last is what tells all the rest
    path.write_bytes(path.read_bytes()[:-100])
    frames, error = read_broken(path)
    assert not frames
    assert error.field == "video"


def test_damage_in_the_middle_loses_only_that(source_clip: ClipMaker) -> None:
    path = source_clip("a.mp4")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = np.random.default_rng(1).bytes(20_000)
    path.write_bytes(data)
    frames, error = read_broken(path)
    assert 40 <= len(frames) < 50
    assert frames[-1].time_s > 1.8
    assert error.field == "packets"
    assert error.found.endswith(f"{len(frames)} frames read")


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    _, error = read_broken(path)
    assert (error.field, error.found) == ("video", "none, only other data")


def test_absurd_frames_are_refused_undecoded(source_clip: ClipMaker) -> None:
    path = source_clip("a.avi", codec="mjpeg", frames=2)
    data = bytearray(path.read_bytes())
    size = (60_000).to_bytes(2, "big") * 2
    start = 0
    while (start := data.find(b"\xff\xc0\x00\x11\x08", start)) >= 0:  # start of frame, baseline
        data[start + 5 : start + 9] = size
        start += 9
    wide, high = (160).to_bytes(4, "little"), (120).to_bytes(4, "little")
    data = data.replace(wide + high, (60_000).to_bytes(4, "little") * 2)
    path.write_bytes(data)
    frames, error = read_broken(path)
    assert not frames
    assert error.field == "size"


def test_frames_that_grow_absurd_are_refused(source_clip: ClipMaker) -> None:
    path = source_clip("a.avi", codec="mjpeg", frames=10)
    data = bytearray(path.read_bytes())
    last = data.rindex(b"\xff\xc0\x00\x11\x08")
    data[last + 5 : last + 9] = (60_000).to_bytes(2, "big") * 2
    path.write_bytes(data)
    frames, _ = read_broken(path)
    assert len(frames) == 9


def test_stopping_and_closing(source_clip: ClipMaker) -> None:
    path = source_clip("a.mp4")

    def is_open() -> bool:
        held = (entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
        return any(entry.resolve() == path.resolve() for entry in held)

    assert len(read(path, stop_after=10)) <= 14  # the packets that are already in the decoder
    assert not is_open()
    frames = read_video(str(path), "mov", EVERY, name="clip", should_stop=lambda: False)
    next(frames)
    assert is_open()
    frames.close()
    assert not is_open()


def test_ffmpeg_says_nothing(source_clip: ClipMaker, capfd: pytest.CaptureFixture[str]) -> None:
    path = source_clip("a.mkv")
    path.write_bytes(path.read_bytes()[:20_000] + bytes(5000))
    read_broken(path)
    assert capfd.readouterr() == ("", "")


def test_more_threads_give_the_same(source_clip: ClipMaker) -> None:
    path = source_clip("a.mp4", frames=12)
    several = list(
        read_video(str(path), "mov", EVERY, name="clip", should_stop=lambda: False, threads=3)
    )
    for one, other in zip(read(path), several, strict=True):
        assert np.array_equal(one.image, other.image)


def test_a_tally_starts_empty() -> None:
    assert Tally() == Tally(frames=0, damaged=0, end_s=0.0)


@pytest.fixture(scope="session")
def source_small_clips(source_clip: ClipMaker) -> list[bytes]:
    names = [("s.mp4", "libx264"), ("s.mkv", "libx264"), ("s.avi", "mjpeg"), ("s.ts", "mpeg4")]
    return [
        source_clip(name, codec=codec, frames=4, size=(32, 32)).read_bytes()
        for name, codec in names
    ]


@settings(max_examples=150, deadline=None)
@given(
    which=st.integers(0, 3),
    cut=st.floats(0.05, 1),
    flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(1, 255)), max_size=6),
)
def test_no_bytes_raise_anything_else(
    source_small_clips: list[bytes],
    tmp_path_factory: pytest.TempPathFactory,
    which: int,
    cut: float,
    flips: list[tuple[float, int]],
) -> None:
    data = bytearray(source_small_clips[which])
    for place, change in flips:
        data[int(place * len(data))] ^= change
    data = data[: int(cut * len(data))]
    demuxer = video_format(bytes(data[:1024]))
    if demuxer is None:
        return
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(data)
    try:
        for frame in read_video(str(path), demuxer, EVERY, name="clip", should_stop=lambda: False):
            assert frame.image.ndim == 3
    except SourceError:
        pass
