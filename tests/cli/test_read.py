import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairplate.cli.exit_codes import ExitCode
from fairplate.core.errors import InputError
from fairplate.core.reads import PlateRead

LISTED = "ABC123,us-ca,car,stolen-vehicle,CASE 7,desk +1 555 0100,2026-12-01"


def test_json_is_as_design_says(
    runner: Any, picture: Callable[[str], Path], make_read: Callable[..., PlateRead]
) -> None:
    path = picture("a.png")
    runner.script = {"a.png": [make_read(weak={0: ("4", 0.0123456)})]}
    done = runner(path, as_json=True)
    assert (done.code, done.err) == (ExitCode.DONE, "")
    line = json.loads(done.out)
    assert list(line) == (
        "source frame time_s plate region confidence characters box frames match".split()
    )
    assert list(line["characters"][0]) == ["char", "confidence", "second", "second_confidence"]
    assert line["characters"][0] == {
        "char": "A", "confidence": 0.9777, "second": "4", "second_confidence": 0.0123,
    }  # fmt: skip
    assert line["characters"][1]["second"] is None
    assert done.out.startswith(
        f'{{"source":"{path}","frame":0,"time_s":0.0,"plate":"ABC123","region":"us-ca",'
        '"confidence":0.9712,"characters":[{"char":"A",'
    )
    assert done.out.endswith('"box":[60,70,160,100],"frames":1,"match":null}\n')


def test_json_line_is_out_before_the_next_source_is_read(
    runner: Any, picture: Callable[[str], Path], make_read: Callable[..., PlateRead]
) -> None:
    first, second = picture("a.png"), picture("b.png")
    runner.script = {"a.png": [make_read()], "b.png": [make_read("XYZ789")]}
    lines_when_asked = []

    def watch() -> bool:
        lines_when_asked.append(runner.out.getvalue().count("\n"))
        return False

    runner.should_stop = watch
    runner(first, second, as_json=True)
    assert sorted(set(lines_when_asked)) == [0, 1, 2]


def test_every_json_line_is_flushed(
    runner: Any, picture: Callable[[str], Path], make_read: Callable[..., PlateRead]
) -> None:
    class Counting(io.StringIO):
        flushes = 0

        def flush(self) -> None:
            Counting.flushes += 1

    runner.out = Counting()
    runner.script = {"a.png": [make_read(), make_read("XYZ789", box=(1, 1, 20, 9))]}
    runner(picture("a.png"), as_json=True)
    assert Counting.flushes == 2


def test_a_clip_is_one_read_a_vehicle_with_time(
    runner: Any, clip: Callable[[str, int], Path], make_read: Callable[..., PlateRead]
) -> None:
    runner.script = {"c.mp4": [make_read()]}
    done = runner(clip("c.mp4", 6), as_json=True)
    (line,) = map(json.loads, done.out.splitlines())
    assert (line["plate"], line["frames"]) == ("ABC123", 6)
    assert line["time_s"] == pytest.approx(line["frame"] / 10, abs=1e-3)


def test_a_source_without_a_plate_yields_no_line(
    runner: Any, picture: Callable[[str], Path]
) -> None:
    done = runner(picture("a.png"), as_json=True)
    assert (done.code, done.out) == (ExitCode.DONE, "")
    assert "0 reads in 1 frame of 1 source" in runner(picture("a.png")).out


def test_table_tells_read_match_and_every_doubt(
    runner: Any,
    picture: Callable[[str], Path],
    make_read: Callable[..., PlateRead],
    hot_list: Callable[..., Path],
) -> None:
    runner.script = {"a.png": [make_read("A8C123", weak={1: ("B", 0.2)})]}
    done = runner(picture("a.png"), hot_lists=(hot_list(LISTED),))
    assert done.code is ExitCode.DONE
    for word in "A8C123 us-ca 97 % stolen-vehicle".split(" "):
        assert word in done.out
    told = done.out[done.out.index("MATCH of A8C123") :]
    for part in (
        "list list.csv, line 2",
        "plate ABC123 (one look-alike)",
        "purpose stolen-vehicle",
        "reference CASE 7",
        "call desk +1 555 0100",
        "score 0.",
        "doubt: character 2 reads 8 (79 %), the entry has B (runner-up, 20 %)",
        "doubt: read in one frame only",
        "unconfirmed: compare the picture with the entry before anyone acts",
        "1 read in 1 frame of 1 source — 1 match to compare, 0 held back",
    ):
        assert part in told


def test_held_back_match_gives_its_reason(
    runner: Any,
    picture: Callable[[str], Path],
    make_read: Callable[..., PlateRead],
    hot_list: Callable[..., Path],
) -> None:
    runner.script = {"a.png": [make_read(region="us-ny")]}
    path, listed = picture("a.png"), hot_list(LISTED)
    done = runner(path, hot_lists=(listed,))
    assert "HELD BACK of ABC123" in done.out
    assert "held back: jurisdiction contradicts: read us-ny, entry us-ca" in done.out
    assert "0 matches to compare, 1 held back" in done.out
    line = json.loads(runner(path, hot_lists=(listed,), as_json=True).out)
    assert line["match"]["held_back"] == ["jurisdiction contradicts: read us-ny, entry us-ca"]


def test_lists_of_one_name_are_told_apart_by_their_paths(
    runner: Any,
    picture: Callable[[str], Path],
    make_read: Callable[..., PlateRead],
    hot_list: Callable[..., Path],
    tmp_path: Path,
) -> None:
    (tmp_path / "other").mkdir()
    lists = hot_list(LISTED), hot_list(LISTED, name="other/list.csv")
    runner.script = {"a.png": [make_read()]}
    out = runner(picture("a.png"), hot_lists=lists).out
    assert all(f"list {path}, line 2" in out for path in lists)


def test_json_match_is_the_one_not_held_back(
    runner: Any,
    picture: Callable[[str], Path],
    make_read: Callable[..., PlateRead],
    hot_list: Callable[..., Path],
) -> None:
    ours = hot_list("ABC123,us-ny,car,stolen-vehicle,CASE 8,,", LISTED)
    runner.script = {"a.png": [make_read()]}
    line = json.loads(runner(picture("a.png"), hot_lists=(ours,), as_json=True).out)
    assert (line["match"]["reference"], line["match"]["held_back"]) == ("CASE 7", [])


def test_bad_sources_are_one_line_each_and_the_others_go_on(
    runner: Any, picture: Callable[[str], Path], make_read: Callable[..., PlateRead], tmp_path: Path
) -> None:
    good = picture("good.png")
    truncated = tmp_path / "cut.png"
    truncated.write_bytes(good.read_bytes()[:5000])
    text = tmp_path / "text.jpg"
    text.write_text("no picture\n")
    runner.script = {"good.png": [make_read()]}
    done = runner(tmp_path / "none.jpg", truncated, text, good, as_json=True)
    assert done.code is ExitCode.FAILED
    assert len(done.out.splitlines()) == 1
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert all(": expected " in line and line.startswith("fairplate: ") for line in lines)
    assert {n for n in ("none.jpg", "cut.png", "text.jpg") if any(n in ln for ln in lines)} == {
        "none.jpg", "cut.png", "text.jpg",
    }  # fmt: skip


def test_no_source_left_means_no_engine_is_loaded(runner: Any, tmp_path: Path) -> None:
    done = runner(tmp_path / "none.jpg")
    assert (done.code, runner.engines_built, done.out) == (ExitCode.FAILED, 0, "")


def test_refused_list_is_told_and_reads_go_on(
    runner: Any,
    picture: Callable[[str], Path],
    make_read: Callable[..., PlateRead],
    hot_list: Callable[..., Path],
) -> None:
    bad = hot_list("ABC123,us-ca,car,curiosity,CASE 7,,", name="bad.csv")
    runner.script = {"a.png": [make_read()]}
    done = runner(picture("a.png"), hot_lists=(bad, hot_list(LISTED)), as_json=True)
    assert done.code is ExitCode.FAILED
    assert json.loads(done.out)["match"]["list"] == "list.csv"
    assert "bad.csv:2: purpose: expected" in done.err
    assert f"{bad}: list refused: reads are NOT checked against it" in done.err.splitlines()[-1]


def test_missing_list_is_told_like_a_refused_one(
    runner: Any, picture: Callable[[str], Path], tmp_path: Path
) -> None:
    done = runner(picture("a.png"), hot_lists=(tmp_path / "none.csv",))
    assert done.code is ExitCode.FAILED
    assert "NOT checked" in done.err


def test_expired_and_repeated_entries_are_notices_only(
    runner: Any, picture: Callable[[str], Path], hot_list: Callable[..., Path]
) -> None:
    gone = "XYZ789,us-ca,car,stolen-vehicle,CASE 9,,2026-01-01"
    done = runner(picture("a.png"), hot_lists=(hot_list(LISTED, LISTED, gone),))
    assert done.code is ExitCode.DONE
    assert len(done.err.splitlines()) == 2


def test_stop_keeps_the_vehicle_in_view_and_fails(
    runner: Any,
    clip: Callable[[str, int], Path],
    make_read: Callable[..., PlateRead],
    tmp_path: Path,
) -> None:
    runner.script = {"c.mp4": [make_read()]}
    asked = iter([False] * 8)
    runner.should_stop = lambda: next(asked, True)
    done = runner(clip("c.mp4", 40), as_json=True, annotate=tmp_path / "out")
    assert done.code is ExitCode.FAILED
    (line,) = map(json.loads, done.out.splitlines())
    assert 1 < line["frames"] < 40
    assert done.err == f"fairplate: stopped by user after {line['frames']} frames\n"
    assert "stopped by user" in (tmp_path / "out/index.html").read_text()


def test_names_and_lists_cannot_drive_the_terminal(
    runner: Any,
    picture: Callable[[str], Path],
    make_read: Callable[..., PlateRead],
    hot_list: Callable[..., Path],
) -> None:
    path = picture("a\x1b[31m[red]\n.png")
    runner.script = {path.name: [make_read()]}
    wild = hot_list("ABC123,us-ca,car,stolen-vehicle,[bold]7,,2026-12-01")
    done = runner(path, path.parent / "no\x1bne.jpg", hot_lists=(wild,))
    assert "\x1b" not in done.out + done.err
    assert "a\\x1b[31m[red]\\n.png" in done.out
    assert "[bold]7" in done.out


def test_annotate_into_a_file_is_refused_before_reading(
    runner: Any, picture: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="expected a folder to write to"):
            runner(picture("a.png"), annotate=folder)
    assert runner.engines_built == 0
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_annotate_writes_one_picture_a_source_and_a_crop_a_read(
    runner: Any,
    picture: Callable[[str], Path],
    make_read: Callable[..., PlateRead],
    tmp_path: Path,
    suffix: str,
) -> None:
    path = picture(f"Tor West{suffix}")
    runner.script = {path.name: [make_read(), make_read("XYZ789", box=(10, 150, 80, 170))]}
    assert runner(path, annotate=tmp_path / "out").code is ExitCode.DONE
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "index.html",
        f"read-0001-tor-west-crop-1{suffix}",
        f"read-0001-tor-west-crop-2{suffix}",
        f"read-0001-tor-west{suffix}",
    ]


def test_a_run_that_cannot_begin_leaves_the_earlier_one_s_files(
    runner: Any, picture: Callable[[str], Path], make_read: Callable[..., PlateRead], tmp_path: Path
) -> None:
    path = picture("tor.png")
    runner.script = {path.name: [make_read()]}
    assert runner(path, annotate=tmp_path / "out").code is ExitCode.DONE
    before = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert runner(tmp_path / "missing.png", annotate=tmp_path / "out").code is ExitCode.FAILED
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == before


def test_a_narrow_terminal_cuts_no_plate_and_no_name(
    runner: Any, picture: Callable[[str], Path], make_read: Callable[..., PlateRead]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    runner.out = Terminal()
    path = picture("name-" * 30 + "end.png")
    runner.script = {path.name: [make_read("ABCDEFGH1234")]}
    out = runner(path).out
    assert "…" not in out
    assert "ABCDEFGH1234" in out
