"""docs/watch.md tells the settings, lines, figures and commands there are."""

import json
import re
import shlex
import tomllib
from datetime import timedelta
from pathlib import Path

import click
import pytest

from fairplate.alerts.channels import KINDS
from fairplate.cli.main import cli
from fairplate.cli.watch import job, sources, taking
from fairplate.cli.watch.file_lists import RENEWED_AFTER, list_id_of
from fairplate.hotlists import dropped
from fairplate.reading.streams import DEFAULT_RECONNECT
from fairplate.settings import compose_settings, read_settings
from fairplate.wiring.subscriptions import subscribers_of

PAGE = (Path(__file__).parents[2] / "docs" / "watch.md").read_text(encoding="utf-8")
FLOWING = " ".join(PAGE.split())


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE, re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines())
            for indent, text in found]  # fmt: skip


def test_the_settings_shown_are_settings(tmp_path: Path) -> None:
    (shown,) = blocks("toml")
    (tmp_path / "fairplate.toml").write_text(f"{compose_settings()}\n{shown}", encoding="utf-8")
    settings = read_settings(tmp_path)
    assert settings.channels["mail"]["kind"] in KINDS
    (desk,) = subscribers_of(settings)
    assert (desk.name, desk.channel) == ("duty-desk", "mail")
    assert set(tomllib.loads(shown)) == {"channels", "subscribers"}


def test_the_lines_shown_have_the_fields_told() -> None:
    rows = {
        what: set(re.findall(r"`([a-z_]+)`", fields))
        for what, fields in re.findall(r"^\| `([a-z]+)` \| (.*) \|$", PAGE, re.MULTILINE)
        if what != "what"  # the head of the table
    }
    assert set(rows) == {"imported", "unchanged", "alert", "problem", "ended"}
    (shown,) = blocks("jsonl")
    for line in map(json.loads, shown.splitlines()):
        assert set(line) == {"what", *rows[line["what"]]}


def test_the_commands_shown_are_commands() -> None:
    found = re.findall(r"^(?:\$ )?fairplate (watch .*)$", PAGE, re.MULTILINE)
    assert len(found) == 2
    command = cli.get_command(click.Context(cli), "watch")
    assert isinstance(command, click.Command)
    for line in found:
        command.make_context("watch", shlex.split(line)[1:])


@pytest.mark.parametrize(
    "told",
    [
        f"taken {dropped.SETTLED_AFTER_S:.0f} seconds after it last changed",
        f"stalls for longer than {dropped.SETTLED_AFTER_S:.0f} seconds",
        " or ".join(
            [", ".join(f"`{one}`" for one in dropped.PARTIAL_SUFFIXES[:-1]),
             f"`{dropped.PARTIAL_SUFFIXES[-1]}`"]
        ),
        f"chance of being right is {sources.SURE_CHANCE * 100:.0f} % or more",
        f"reads wait, {taking.MOST_WAITING} at most",
        f"still tried for {job.FAREWELL_S / 6:.0f} seconds ({job.FAREWELL_S:.0f} where",
        "the ten newest files of each are kept",
        "after ten attempts in a row, or three if it never answered",
    ],
)  # fmt: skip
def test_the_figures_are_those_in_force(told: str) -> None:
    assert told in FLOWING


def test_the_figures_in_words_are_those_in_force() -> None:
    assert (dropped.MOST_KEPT, sources.SURE_FRAMES) == (10, 5)
    assert (DEFAULT_RECONNECT.attempts, DEFAULT_RECONNECT.first_attempts) == (10, 3)
    assert timedelta(days=1) == RENEWED_AFTER
    assert list_id_of(Path("Missing persons.csv")) == "missing-persons"
