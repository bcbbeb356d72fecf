import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import click
import pytest
from click.testing import CliRunner

from fairplate import __version__
from fairplate.cli.exit_codes import ExitCode, exit_code_for
from fairplate.cli.main import cli, explain, run
from fairplate.core.errors import EngineError, InputError, PolicyError


@pytest.mark.parametrize("argument", ["--version", "--help", "-h", "read --help", "demo --help"])
def test_information_is_printed_with_success(
    argument: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(argument.split()) == ExitCode.DONE
    out = capsys.readouterr()
    assert out.err == ""
    assert ("Usage: fairplate" in out.out) or (out.out == f"fairplate {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("read", "Missing argument 'SOURCE...'"),
        ("read a.jpg --engine none", "'none' is not one of"),
        ("read a.jpg --region xx", "expected a code such as us, us-ca, eu, de or br, found 'xx'"),
        ("read a.jpg --region us,xx", "found 'xx'"),
        ("read a.jpg --region ,", "found ''"),
        ("read a.jpg --rate nan", "found nan"),
        ("read a.jpg --rate 0", "found 0.0"),
        ("read a.jpg --every 0", "--every"),
        ("read a.jpg --threads 0", "--threads"),
        ("read a.jpg --rate 2 --every 2", "give one of them"),
        ("read a.jpg --annotate {file}", "is a file"),
        ("read a.jpg --unknown", "No such option"),
        ("unknown", "No such command 'unknown'"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(
    arguments: str, told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert run(arguments.format(file=tmp_path / "file").split()) == ExitCode.WRONG_USE
    out = capsys.readouterr()
    assert out.out == ""
    (line,) = out.err.splitlines()
    assert line.startswith("fairplate: ")
    assert told in line
    assert line.endswith("--help)")


def test_no_arguments_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == ExitCode.WRONG_USE
    out = capsys.readouterr()
    assert "Commands:" in out.out + out.err


def test_missing_source_is_one_line_and_code_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["read", str(tmp_path / "none.jpg")]) == ExitCode.FAILED
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"fairplate: {tmp_path / 'none.jpg'}: file: expected ")


def test_every_error_has_its_code() -> None:
    assert exit_code_for(PolicyError("no")) == ExitCode.REFUSED_BY_POLICY == 3
    assert exit_code_for(EngineError("no")) == ExitCode.FAILED == 1
    assert explain(InputError("a", "b", expected="c", found="d")) == (
        "a: b: expected c, found d", ExitCode.FAILED,
    )  # fmt: skip
    assert explain(OSError(28, "No space left on device")) == (
        "No space left on device", ExitCode.FAILED,
    )  # fmt: skip
    assert explain(click.Abort())[1] == ExitCode.FAILED


def test_a_mistake_of_ours_stays_visible() -> None:
    with pytest.raises(ZeroDivisionError):
        explain(ZeroDivisionError())


def test_regions_are_parsed_once_each_in_any_spelling() -> None:
    asked = cli.commands["read"].make_context(
        "read", ["a", "--region", "us_ny,DE", "--region", "de"]
    )
    assert asked.params["regions"] == ("us-ny", "de")


# A whole process, because signals, pipes and the closing of streams are what is tested. It runs a
# scripted engine, registered as a plug-in is, in a process of its own.
_PROGRAM = """
import sys
from fairplate.cli.main import main
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.reading.engines import ENGINES

class Scripted:
    name = "scripted"
    def read(self, frame):
        print("frame", frame.index, file=sys.stderr, flush=True)
        letters = tuple(Character(c, 0.9) for c in "ABC123")
        return [PlateRead(frame.source, "ABC123", 0.9, letters, Box(60, 70, 160, 100),
                          frame=frame.index, time_s=frame.time_s)]

ENGINES["ppocr"] = lambda options: Scripted()
main()
"""


def _start(*arguments: str | Path, out: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *map(str, arguments)],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        # -c programs get no signal of their own; a new session keeps ours from the test run.
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_what_was_read(
    clip: Callable[[str, int], Path], tmp_path: Path, number: int
) -> None:
    process = _start("read", clip("c.mp4", 2000), "--json", "--annotate", tmp_path / "out")
    assert process.stderr is not None
    for line in process.stderr:
        if line == "frame 3\n":
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.FAILED
    (line,) = map(json.loads, out.splitlines())
    assert 4 <= line["frames"] < 2000
    assert "fairplate: stopped by user after" in err
    assert "Traceback" not in err
    assert (tmp_path / "out/index.html").exists()
    assert not list((tmp_path / "out").glob(".fairplate-*"))


def test_a_reader_that_leaves_is_no_error(picture: Callable[[str], Path], tmp_path: Path) -> None:
    for number in range(40):
        picture(f"{number}.png")
    read_end, write_end = os.pipe()
    process = _start("read", tmp_path / "in", "--json", out=write_end)
    os.close(write_end)
    os.close(read_end)
    _, err = process.communicate(timeout=60)
    assert [line for line in err.splitlines() if not line.startswith("frame")] == []
    assert process.returncode == ExitCode.FAILED


def test_full_disk_for_the_output_is_one_line(picture: Callable[[str], Path]) -> None:
    with Path("/dev/full").open("w") as full:
        process = _start("read", picture("a.png"), "--json", out=full)
        _, err = process.communicate(timeout=60)
    assert [line for line in err.splitlines() if not line.startswith("frame")] == [
        "fairplate: No space left on device"
    ]
    assert process.returncode == ExitCode.FAILED


def test_click_knows_both_commands() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert "demo " in result.output
    assert "read " in result.output
