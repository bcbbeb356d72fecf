"""docs/sign-in.md tells who may do what as the table of roles has it."""

import re
from pathlib import Path

from fairplate.deployment.roles import ACTS, SCOPES, STEP_UP, Act

PAGE = (Path(__file__).parents[2] / "docs" / "sign-in.md").read_text(encoding="utf-8")


def test_the_table_of_roles_is_the_one_in_force() -> None:
    header = next(line for line in PAGE.splitlines() if line.startswith("| Act |"))
    assert [cell.strip() for cell in header.strip("|").split("|")[1:]] == [
        role.value for role in ACTS
    ]
    told = {
        name: [cell.strip() for cell in cells.split("|")]
        for name, cells in re.findall(r"^\| `([a-z]+:[a-z]+)` \|(.*)\|$", PAGE, flags=re.MULTILINE)
    }
    yes = {act: "yes*" if act in STEP_UP else "yes" for act in Act}
    assert told == {
        act.value: [yes[act] if act in ACTS[role] else "" for role in ACTS] for act in Act
    }


def test_the_scopes_are_those_there_are() -> None:
    told = next(line for line in PAGE.splitlines() if line.startswith("`alerts:see` "))
    assert told.replace("`", "").split() == sorted(SCOPES)
