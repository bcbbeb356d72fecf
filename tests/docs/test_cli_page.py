import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fairplate.cli.help_page import render_help_page
from fairplate.cli.main import cli

REFERENCE = Path(__file__).parents[2] / "docs/reference"


def test_cli_page_is_what_help_says() -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert page == render_help_page(), (
        "run: .venv/bin/python -m fairplate.cli.help_page > docs/reference/cli.md"
    )


def names(command: click.Command, name: str) -> Iterator[str]:
    yield name
    if isinstance(command, click.Group):
        for child, inner in sorted(command.commands.items()):
            yield from names(inner, f"{name} {child}")


def test_every_command_is_on_the_page() -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^## `(.*)`$", page, re.MULTILINE) == list(names(cli, "fairplate"))


def test_page_is_the_same_on_any_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    before = render_help_page()
    monkeypatch.setenv("COLUMNS", "40")
    assert render_help_page() == before
