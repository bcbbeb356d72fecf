"""docs/policies.md: the table agrees with the files, the example loads, the fields are all told."""

import json
import re
from pathlib import Path

import pytest

from fairplate.cli.main import run
from fairplate.cli.policy_text import policy_fields, policy_row, problem_fields
from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import ENTRY_LIFE, LEAST_DECIDED, QUIET_PURPOSES
from fairplate.policy.document import DEFAULT_FIGURES, check_policy
from fairplate.policy.presets import PRESETS, load_preset
from fairplate.policy.rules import Figure, UntilCaseEnds
from fairplate.policy.times import format_span

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE))
KINDS = {
    "string": str, "integer": int, "boolean": bool, "array": list, "object": dict,
    "null": type(None),
}  # fmt: skip


def table(first: str) -> list[list[str]]:
    """Return the cells of the rows of the table whose first heading is `first`, each table's."""
    found = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    rows = "".join(found).splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_table_is_what_the_files_say() -> None:
    assert table("Name") == [[f"`{name}`", *policy_row(load_preset(name))[1:]] for name in PRESETS]


def test_the_example_may_be_used_and_holds_every_figure() -> None:
    policy = check_policy(EXAMPLES["toml"], where="example").require()
    assert [figure for figure, _ in policy.bases] == list(Figure)
    assert isinstance(policy.hits_kept, UntilCaseEnds)


def test_the_table_of_alert_figures_tells_what_stands_where_a_file_is_silent() -> None:
    shown = {name.strip("`"): told.strip("`") for name, told, _ in table("Figure")}
    assert tuple(shown) == DEFAULT_FIGURES
    text = EXAMPLES["toml"]
    example = check_policy(text, where="example").require()
    silent = check_policy(text[: text.index("[two_looks]")], where="example").require()
    for name, told in shown.items():
        if name == Figure.ENTRY_LIFE:
            assert (told, silent.entry_life) == ("the table below", ())
        else:
            (said,) = re.findall(rf"^\[{name}\].*\nvalue = (\S+)", text, flags=re.MULTILINE)
            assert said.strip('"') == told.partition(" ")[0]
            assert getattr(silent, name) == getattr(example, name)


def test_the_table_of_lives_is_the_one_in_force() -> None:
    lives = [[purpose.value, format_span(life)] for purpose, life in ENTRY_LIFE.items()]
    assert table("Entries for") == lives
    assert f"once people have decided {LEAST_DECIDED} alerts" in PAGE


def test_the_quiet_purposes_are_those_in_force() -> None:
    *first, last = (purpose for purpose in Purpose if purpose in QUIET_PURPOSES)
    assert f"{', '.join(first)} and {last} alone" in PAGE


def test_the_commands_of_the_example_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show, check = (line.split() for line in EXAMPLES["sh"].splitlines())
    assert show[-2:] == [">", "town.toml"]
    assert run(show[1:-2]) == 0
    (tmp_path / "town.toml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert run([*check[1:-1], str(tmp_path / check[-1])]) == 0


def test_every_field_is_told_in_order_with_its_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "town.toml"
    path.write_text(EXAMPLES["toml"], encoding="utf-8")
    assert run(["policy", "check", str(path), "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    rows = table("Field")
    fields = [*checked["policy"].items(), *checked.items()]
    assert [row[0] for row in rows] == [f"`{name}`" for name, _ in fields]
    for (_, kinds, _), (_, value) in zip(rows, fields, strict=True):
        told = [KINDS[kind.split()[0]] for kind in kinds.split(" or ")]
        assert type(value) in told
    strict = policy_fields(load_preset("strict"))
    nulls = {f"`{name}`" for name, value in strict.items() if value is None}
    assert nulls == {row[0] for row in rows if "or null" in row[1] and row[0] != "`policy`"}


def test_the_inner_fields_are_told() -> None:
    (basis, *_) = policy_fields(load_preset("fr"))["figures"].values()  # type: ignore[attr-defined]
    problem = problem_fields(InputError("a", "b", expected="c", found="d"))
    for name in (*basis, *problem):
        assert f"`{name}` (" in PAGE
