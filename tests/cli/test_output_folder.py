import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from fairplate.cli.output_folder import SHEET_GENERATOR, OutputFolder, slug
from fairplate.core.errors import FairplateError, InputError


@given(st.text())
def test_slug_is_harmless_whatever_the_name(name: str) -> None:
    assert set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz-")
    assert len(slug(name)) <= 40


@pytest.mark.parametrize(
    ("source", "expected"),
    [("../../etc/passwd", "passwd"), ("Tor West.JPG", "tor-west"), ("Tor 3.JPG", ""),
     ("..", ""), ("ä.png", ""),
     ("rtsp://user:secret@host/1", "stream"), ("a" * 300, "a" * 40)],
)  # fmt: skip
def test_slug(source: str, expected: str) -> None:
    assert slug(source) == expected


@pytest.mark.parametrize("source", ["abc123.jpg", "x/ABC-123_2.png", "left_abc 123.jpg"])
def test_slug_drops_a_name_that_holds_the_plate(source: str) -> None:
    assert slug(source, ["XYZ789", "ABC123"]) == ""


def test_names_never_collide(tmp_path: Path) -> None:
    folder = OutputFolder.open(tmp_path)
    (tmp_path / "read-0002-a.png").write_text("somebody's")
    names = [folder.name_picture(f"{d}/a.jpg", []) for d in "xyz"]
    assert names == ["read-0001-a", "read-0003-a", "read-0004-a"]


def test_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    OutputFolder.open(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_new_run_replaces_the_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    first = OutputFolder.open(tmp_path)
    first.write_picture(first.name_picture("a.jpg", []), PillowImage.new("RGB", (4, 4)), "a.jpg")
    first.write_sheet(f"<html>{SHEET_GENERATOR}")
    for mine in ("read-me.jpg", "holiday.jpg", "read-0001-a.txt"):
        (tmp_path / mine).write_text("mine")
    folder = OutputFolder.open(tmp_path)
    assert (tmp_path / "read-0001-a.jpg").exists()
    folder.drop_earlier_run(["elsewhere.jpg", "http://host/index.html"])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "holiday.jpg",
        "read-0001-a.txt",
        "read-me.jpg",
    ]


def test_a_source_among_the_files_to_be_replaced_is_refused(tmp_path: Path) -> None:
    folder = OutputFolder.open(tmp_path)
    name = folder.write_picture("read-0001", PillowImage.new("RGB", (4, 4)), "a.jpg")
    folder.write_sheet(f"<html>{SHEET_GENERATOR}")
    with pytest.raises(InputError, match="found a source of this run"):
        OutputFolder.open(tmp_path).drop_earlier_run([str(tmp_path / name)])
    assert (tmp_path / name).exists()
    assert (tmp_path / "index.html").exists()


def test_somebody_else_s_page_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html>my page")
    with pytest.raises(InputError, match="found an index"):
        OutputFolder.open(tmp_path)
    assert (tmp_path / "index.html").read_text() == "<html>my page"


def test_nothing_half_written_stays_behind(tmp_path: Path) -> None:
    folder = OutputFolder.open(tmp_path)
    (tmp_path / "index.html").mkdir()  # the rename at the end must fail
    (tmp_path / "index.html" / "full").write_text("")
    with pytest.raises(FairplateError, match="cannot write"):
        folder.write_sheet("page")
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]


def test_files_are_their_owner_s_alone(tmp_path: Path) -> None:
    path = OutputFolder.open(tmp_path).write_sheet("page")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_pictures_carry_no_metadata(tmp_path: Path) -> None:
    folder = OutputFolder.open(tmp_path)
    name = folder.write_picture("read-0001", PillowImage.new("RGB", (4, 4)), "clip.mp4")
    with PillowImage.open(tmp_path / name) as picture:
        assert not picture.getexif()
