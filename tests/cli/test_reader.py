"""`fairplate reader`: enrolling, listing and disabling."""

import json
from pathlib import Path

import pytest
from tests.deployments import make_deployment

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return make_deployment(request, "sqlite", tmp_path / "data")


def reader(*arguments: str) -> int:
    return run(["reader", *arguments])


def test_a_reader_is_enrolled_listed_disabled_and_enrolled_again(capsys: Capture) -> None:
    assert reader("list") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("no reader is enrolled yet")
    assert reader("add", "gate-south", "--name", "South gate") == ExitCode.DONE
    assert reader("add", "gate-north", "--name", "North gate, inbound") == ExitCode.DONE
    assert (
        capsys.readouterr().out == "reader gate-south is enrolled\nreader gate-north is enrolled\n"
    )
    assert reader("disable", "gate-north") == ExitCode.DONE
    assert capsys.readouterr().out == "reader gate-north is disabled\n"
    assert reader("list") == ExitCode.DONE
    head, north, south = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "name", "enrolled", "state"]
    assert north.startswith("gate-north  North gate, inbound  20")
    assert "Z  disabled 20" in north
    assert south.rstrip().endswith("Z  enrolled")
    assert reader("add", "gate-north", "--name", "Gate") == ExitCode.DONE
    capsys.readouterr()
    assert reader("list") == ExitCode.DONE
    assert "disabled" not in capsys.readouterr().out


def test_the_list_as_json_lines(capsys: Capture) -> None:
    reader("add", "gate-north", "--name", "Tor Süd")
    reader("add", "van-1", "--name", "Van")
    reader("disable", "van-1")
    capsys.readouterr()
    assert reader("list", "--json") == ExitCode.DONE
    out = capsys.readouterr().out
    assert out.isascii()
    north, van = map(json.loads, out.splitlines())
    assert list(north) == ["id", "name", "enrolled_at", "disabled_at"]
    assert (north["id"], north["name"], north["disabled_at"]) == ("gate-north", "Tor Süd", None)
    assert van["enrolled_at"] <= van["disabled_at"]


def test_an_empty_list_as_json_is_no_line(capsys: Capture) -> None:
    assert reader("list", "--json") == ExitCode.DONE
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "ABC123", "--name", "x"), "expected 1 to 64 of a-z, 0-9 and hyphens inside"),
        (("add", "gate", "--name", "a\x1b[31m"), "name: expected 1 to 100 characters in one line"),
        (("add", "known", "--name", "x"), "id: expected a new one, found known, enrolled"),
        (("disable", "gate"), "expected an enrolled reader, found none"),
    ],
)
def test_what_is_refused_is_one_line(
    capsys: Capture, arguments: tuple[str, ...], told: str
) -> None:
    reader("add", "known", "--name", "Known")
    capsys.readouterr()
    assert reader(*arguments) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("fairplate: reader: ")
    assert told in line


@pytest.mark.parametrize("arguments", ["add gate", "add --name x", "disable", "enrol gate"])
def test_wrong_use_ends_with_2(arguments: str) -> None:
    assert reader(*arguments.split()) == ExitCode.WRONG_USE


def test_without_a_deployment_it_is_told(tmp_path: Path, capsys: Capture) -> None:
    assert reader("list", "--data", str(tmp_path)) == ExitCode.FAILED
    assert "expected the settings that `fairplate init` writes" in capsys.readouterr().err
