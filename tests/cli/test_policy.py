"""`fairplate policy`: what it prints, and the four exit codes."""

import json
from pathlib import Path

import pytest

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.cli.policy_text import policy_lines
from fairplate.policy.document import OPTIONAL_FIGURES
from fairplate.policy.presets import PRESETS, load_policy_file, read_preset
from fairplate.policy.rules import Figure

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "town.toml"
    path.write_text(read_preset("us-me"), encoding="utf-8")
    return path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_list_names_every_preset_and_the_default(capsys: Capture) -> None:
    assert run(["policy", "list"]) == ExitCode.DONE
    out = capsys.readouterr().out
    rows = [line.split("│")[1].strip() for line in out.splitlines() if line.startswith("│")]
    assert rows == ["strict (default)", *list(PRESETS)[1:]]
    assert "until the case ends; without one 60 days" in out


def test_list_as_json_lines_is_what_show_says(capsys: Capture) -> None:
    assert run(["policy", "list", "--json"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == list(PRESETS)
    for name, line in zip(PRESETS, lines, strict=True):
        assert run(["policy", "show", name, "--json"]) == ExitCode.DONE
        assert capsys.readouterr().out == f"{line}\n"


@pytest.mark.parametrize("name", PRESETS)
def test_show_tells_figures_sources_and_notes(name: str, capsys: Capture) -> None:
    assert run(["policy", "show", name]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: ")
    assert "This is no legal advice." in out
    required = set(Figure) - OPTIONAL_FIGURES
    assert out.count("statute not read") + out.count("(statute read") >= len(required)


def test_show_tells_which_figures_are_our_own(file: Path, capsys: Capture) -> None:
    run(["policy", "show", "us-va"])
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("  not in the file, so Fairplate's own figures stand:")
    assert lines[at + 1 : at + 8] == [
        "    two looks: told at once, as unconfirmed",
        "    second engine: a doubt if it reads otherwise",
        "    plate in subject: not allowed",
        "    repeat window: 10 minutes",
        "    wrong alerts: suspended above 20 %",
        "    least chance: no alert is held back for it",
        (
            "    entry life: stolen-vehicle 365 days, stolen-plate 365 days, "
            "missing-or-endangered-person 30 days, crime-investigation 30 days, test 24 hours"
        ),
    ]
    with file.open("a", encoding="utf-8") as stream:
        for name, value in (
            ("two_looks", '"held-until-confirmed"'),
            ("second_engine", '"hold-back"'),
            ("plate_in_subject", "true"),
            ("least_chance", "40"),
        ):
            stream.write(f'[{name}]\nvalue = {value}\nsource = "us"\nstatute_read = false\n')
    policy = load_policy_file(file)
    told = [line.strip() for line in policy_lines(policy)]
    assert "two looks: held until a dispatcher has confirmed" in told
    assert "second engine: held back if it reads otherwise" in told
    assert "plate in subject: allowed" in told
    assert "least chance: held back below 40 %" in told
    unsaid = told.index("not in the file, so Fairplate's own figures stand:")
    assert [line.split(":")[0] for line in told[unsaid + 1 : unsaid + 4]] == [
        "repeat window",
        "wrong alerts",
        "entry life",
    ]


def test_show_says_what_is_unknown(capsys: Capture) -> None:
    run(["policy", "show", "us-nh"])
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("  purposes: test")
    assert "statute not read; not given there, so the strictest stands" in lines[at + 1]
    assert "  non-hits kept: 3 minutes" in lines
    assert "  keys: one for every 1 minute, aligned to midnight UTC" in lines


def test_show_toml_is_a_file_that_passes(capsys: Capture, tmp_path: Path) -> None:
    assert run(["policy", "show", "nl", "--toml"]) == ExitCode.DONE
    path = tmp_path / "mine.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert run(["policy", "check", str(path)]) == ExitCode.DONE


def test_check_says_that_a_file_may_be_used(file: Path, capsys: Capture) -> None:
    change(
        file, '[exigent]\nvalue = "unknown"', "[exigent]\nvalue = true"
    )  # fmt: skip
    forms = 'crime-investigation = ["####-###", "K ##"]'
    references = f'[references]\nvalue = {{{forms}}}\nsource = "us"\nstatute_read = false\n'
    file.write_text(f"{file.read_text()}{references}")
    assert run(["policy", "check", str(file)]) == ExitCode.DONE
    out = capsys.readouterr()
    assert out.err == ""
    assert out.out.startswith(f"{file}: policy us-me may be used\n")
    assert "exigent: allowed, approval owed afterwards" in out.out
    assert "references: crime-investigation as ####-### or K ##" in out.out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"21 days"', '"91 days"', "non_hits_kept.value: expected never, or 3 minutes to 90 days"),
        ('"court-order"', '"immigration-enforcement"', "found 'immigration-enforcement'"),
        ('[approvals]\nvalue = "unknown"', "[approvals]\nvalue = 0", "approvals.value: "),
    ],
)
def test_what_policy_forbids_ends_with_3(
    file: Path, capsys: Capture, old: str, new: str, told: str
) -> None:
    change(file, old, new)
    assert run(["policy", "check", str(file)]) == ExitCode.REFUSED_BY_POLICY == 3
    out = capsys.readouterr()
    assert out.out == ""
    (line,) = out.err.splitlines()
    assert line.startswith(f"fairplate: {file}: ")
    assert told in line


def test_a_malformed_file_ends_with_1_and_tells_every_problem(file: Path, capsys: Capture) -> None:
    change(file, "title", "titel")
    change(file, '"21 days"', '"91 days"')
    assert run(["policy", "check", str(file), "--json"]) == ExitCode.FAILED == 1
    out = capsys.readouterr()
    assert len(out.err.splitlines()) == 3
    checked = json.loads(out.out)
    assert checked["file"] == str(file)
    assert checked["policy"] is None
    assert [problem["refused"] for problem in checked["problems"]] == [False, False, True]
    for problem, line in zip(checked["problems"], out.err.splitlines(), strict=True):
        assert line == f"fairplate: {problem['message']}"


def test_check_as_json_holds_the_policy(file: Path, capsys: Capture) -> None:
    assert run(["policy", "check", str(file), "--json"]) == ExitCode.DONE
    checked = json.loads(capsys.readouterr().out)
    run(["policy", "show", "us-me", "--json"])
    assert checked["policy"] == json.loads(capsys.readouterr().out)
    assert checked["problems"] == []


def test_a_missing_file_ends_with_1(tmp_path: Path, capsys: Capture) -> None:
    assert run(["policy", "check", str(tmp_path / "no.toml")]) == ExitCode.FAILED
    assert "file: expected a policy, found no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("policy show us-tx", "'us-tx' is not one of"),
        ("policy show", "Missing argument 'NAME'"),
        ("policy check", "Missing argument 'FILE'"),
        ("policy show de --json --toml", "give one of them"),
        ("policy widen", "No such command 'widen'"),
    ],
)
def test_wrong_use_ends_with_2(arguments: str, told: str, capsys: Capture) -> None:
    assert run(arguments.split()) == ExitCode.WRONG_USE == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert told in out.err


def test_a_file_cannot_steer_the_terminal(file: Path, capsys: Capture) -> None:
    evil = file.with_name("a\x1b[31m.toml")
    file.rename(evil)
    assert run(["policy", "check", str(evil)]) == ExitCode.DONE
    assert "\x1b" not in capsys.readouterr().out
