import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from fairplate.core.errors import SourceError
from fairplate.reading.frames import (
    Sampling,
    Source,
    SourceKind,
    count_frames,
    find_sources,
    open_frames,
)

ClipMaker = Callable[..., Path]
EVERY = Sampling()
TEXT = b"plate,purpose\nABC123,test\n" * 10


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.new("RGB", (40, 30), "red").save(path, "PNG")
    return path


def refused(given: str) -> SourceError:
    """Return the one error of a source, whether finding or opening it tells."""
    with pytest.raises(SourceError) as caught:
        [list(open_frames(source, EVERY)) for source in find_sources(given)]
    message = str(caught.value)
    assert "\n" not in message
    assert "ABC123" not in message
    assert message.startswith(f"{given}: {caught.value.field}: expected ")
    return caught.value


def test_a_picture_is_one_source_with_one_frame(tmp_path: Path) -> None:
    path = str(picture(tmp_path / "a.png"))
    (source,) = find_sources(path)
    assert source == Source(path, SourceKind.PICTURE)
    assert count_frames(source, Sampling(every=5)) == 1
    (frame,) = open_frames(source, Sampling(every=5))
    assert (frame.source, frame.index, frame.image.shape) == (path, 0, (30, 40, 3))


def test_kind_is_told_by_content(source_clip: ClipMaker, tmp_path: Path) -> None:
    disguised = tmp_path / "clip.jpg"
    disguised.write_bytes(source_clip("a.mp4", frames=5).read_bytes())
    (source,) = find_sources(str(disguised))
    assert source.kind is SourceKind.VIDEO
    assert count_frames(source, EVERY) == 5
    assert [frame.index for frame in open_frames(source, Sampling(every=2))] == [0, 2, 4]
    (source,) = find_sources(str(picture(tmp_path / "a.mp4")))
    assert source.kind is SourceKind.PICTURE


def test_a_folder_gives_its_pictures_and_videos_by_name(
    source_clip: ClipMaker, tmp_path: Path
) -> None:
    clip = source_clip("a.mkv", frames=2).read_bytes()
    for name in ("b.png", "a/z.png", "no-suffix", ".hidden.png", ".git/x.png"):
        picture(tmp_path / name)
    (tmp_path / "c.mkv").write_bytes(clip)
    (tmp_path / "labels.csv").write_bytes(TEXT)
    (tmp_path / "list.jpg").write_bytes(TEXT)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.jpg")
    sources = find_sources(str(tmp_path))
    assert [(os.path.relpath(s.name, tmp_path), s.kind.value) for s in sources] == [
        ("a/z.png", "picture"),
        ("b.png", "picture"),
        ("c.mkv", "video"),
        ("empty.mp4", "video"),
        ("gone.png", "picture"),
        ("list.jpg", "picture"),
        ("no-suffix", "picture"),
    ]
    assert count_frames(sources[3], EVERY) is None
    bad = {3: "an empty file", 4: "No such file or directory", 5: "text"}
    for number, source in enumerate(sources):
        if number not in bad:
            assert len(list(open_frames(source, EVERY))) >= 1
            continue
        with pytest.raises(SourceError) as caught:
            list(open_frames(source, EVERY))
        assert (caught.value.where, caught.value.found) == (source.name, bad[number])


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.jpg", TEXT, "text"),
        ("a.mp4", b"", "an empty file"),
        ("a.jpg", b"", "an empty file"),
        ("a.bin", bytes(range(256)), "something else"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:2,\n/etc/passwd\n", "text"),
        ("list.ts", b"ffconcat version 1.0\nfile /etc/passwd\n", "text"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    (tmp_path / name).write_bytes(content)
    error = refused(str(tmp_path / name))
    assert (error.field, error.found) == ("content", found)
    assert "JPEG" in error.expected


def test_what_is_no_file(tmp_path: Path) -> None:
    assert refused(str(tmp_path / "none.jpg")).found == "No such file or directory"
    assert refused(str(tmp_path)).field == "folder"
    os.mkfifo(tmp_path / "pipe.jpg")
    assert refused(str(tmp_path / "pipe.jpg")).found == "a pipe, socket or device"
    assert refused("/dev/null").field == "file"
    assert refused("").found == "No such file or directory"
    assert refused("a\0b").found == "an impossible path"
    assert refused(str(tmp_path / ("x" * 5000))).found == "File name too long"


def test_what_may_not_be_read(tmp_path: Path) -> None:
    path = picture(tmp_path / "in" / "a.png")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read everything, and would hide what others meet
    try:
        assert refused(str(path)).found == "Permission denied"
        if user:
            path.parent.chmod(0)
        assert refused(str(path.parent)).found == "Permission denied"
    finally:
        os.seteuid(user)
        path.parent.chmod(0o700)


def test_a_name_with_a_colon_is_a_path(
    source_clip: ClipMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("concat:x.mp4").write_bytes(source_clip("a.mp4", frames=3).read_bytes())
    (source,) = find_sources("concat:x.mp4")
    assert len(list(open_frames(source, EVERY))) == 3


def test_a_name_that_is_no_utf8(source_clip: ClipMaker, tmp_path: Path) -> None:
    for data in (source_clip("a.mp4", frames=3).read_bytes(), picture(tmp_path / "a").read_bytes()):
        name = os.fsencode(tmp_path) + b"/caf\xe9"
        Path(os.fsdecode(name)).write_bytes(data)
        (source,) = find_sources(os.fsdecode(name))
        assert list(open_frames(source, EVERY))


def test_frames_are_read_lazily(tmp_path: Path) -> None:
    frames = open_frames(Source(str(tmp_path / "none.jpg"), SourceKind.PICTURE), EVERY)
    with pytest.raises(SourceError):
        next(frames)


@pytest.mark.parametrize("kind", list(SourceKind))
def test_nothing_is_opened_once_stopped(kind: SourceKind) -> None:
    source = Source("rtsp://127.0.0.1:9/", kind)
    assert list(open_frames(source, EVERY, should_stop=lambda: True)) == []


def test_a_stream_is_named_without_its_password() -> None:
    (source,) = find_sources("rtsp://user:geheim@cam/1")
    assert (source.name, source.kind) == ("rtsp://***@cam/1", SourceKind.STREAM)
    assert source.address == "rtsp://user:geheim@cam/1"
    assert "geheim" not in repr(source)
    assert count_frames(source, EVERY) is None
    with pytest.raises(SourceError, match=r"^ftp://\*\*\*@host/a\.mp4: address: expected rtsp://"):
        find_sources("ftp://u:geheim@host/a.mp4")


def test_the_wrong_kind_is_refused(source_clip: ClipMaker, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="content"):
        next(open_frames(Source(str(source_clip("a.mp4")), SourceKind.PICTURE), EVERY))
    with pytest.raises(SourceError, match="content"):
        next(open_frames(Source(str(picture(tmp_path / "a.png")), SourceKind.VIDEO), EVERY))
    with pytest.raises(SourceError, match="address"):
        next(open_frames(Source(str(tmp_path / "a.png"), SourceKind.STREAM), EVERY))
