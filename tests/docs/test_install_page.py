"""docs/install.md names only commands, options, policies and files that there are."""

import re
import shlex
from pathlib import Path

import click
import pytest

from fairplate.cli.main import cli
from fairplate.settings import FILE_NAME, compose_settings, parse_settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
COMMANDS = [
    line.split("fairplate fairplate ", 1)[1]
    for kind, text in BLOCKS
    for line in text.splitlines()
    if kind == "sh" and "fairplate fairplate " in line
]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_one(line: str) -> None:
    words = shlex.split(line)
    command: click.Command = cli
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    context = command.make_context("fairplate", words, resilient_parsing=False)
    assert context.command is command


def test_the_settings_shown_are_settings() -> None:
    (shown,) = [text for kind, text in BLOCKS if kind == "toml"]
    parsed = parse_settings(f"{compose_settings()}\n{shown}", folder=Path("/srv"), where=FILE_NAME)
    assert parsed.server["behind_proxy"] is True


def test_the_files_it_copies_are_there() -> None:
    for name in re.findall(r"/opt/fairplate/(deploy/[\w.-]+\w)", PAGE):
        assert list(ROOT.glob(f"{name}*")), name
