"""docs/settings.md names exactly the keys there are, and its examples are settings."""

import re
from pathlib import Path

import click
import pytest

from fairplate.cli.main import cli
from fairplate.core.errors import InputError
from fairplate.settings import (
    FILE_NAME,
    KEYRINGS,
    MAX_FILE_BYTES,
    compose_settings,
    parse_settings,
)
from fairplate.storage.addresses import parse_address

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
FOLDER = Path("/srv/fairplate")
LABEL = "label"


def table(heading: str) -> dict[str, list[str]]:
    """Return the first table under a heading: the cells of each row by its first cell."""
    section = PAGE.split(f"## `[{heading}]`\n")[1]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section.split("\n## ")[0], flags=re.MULTILINE)
    return {key: [cell.strip() for cell in cells.split(" | ")] for key, cells in rows}


def parse(document: str) -> object:
    return parse_settings(document, folder=FOLDER, where=FILE_NAME)


def test_the_default_settings_are_shown_byte_by_byte() -> None:
    example, _ = re.findall(r"^```toml\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert example == compose_settings()


@pytest.mark.parametrize("heading", ["database", "keyring", "log", "server"])
def test_every_key_is_told_and_no_other(heading: str) -> None:
    others = {"database": 'url = "sqlite:///f.db"', "keyring": ""}
    given = [f"[{name}]\n{keys}\n" for name, keys in others.items() if name != heading]
    with pytest.raises(InputError) as caught:
        parse("".join([*given, f"[{heading}.unknown]\n"]))
    known = caught.value.expected.removeprefix("one of ").split(", ")
    assert sorted(table(heading)) == known


def test_the_defaults_are_those_in_force() -> None:
    told = {key: cells[1] for heading in ("database", "keyring") for key, cells in
            table(heading).items()}  # fmt: skip
    minimal = parse('[database]\nurl = "sqlite:///f.db"\n[keyring]')
    written = parse(
        f'[database]\nurl = "sqlite:///f.db"\nbackups = {told["backups"].strip("`")}\n'
        f"[keyring]\nkind = {told['kind'].strip('`')}\ndirectory = {told['directory'].strip('`')}\n"
    )
    of_log = table("log")
    assert (
        written
        == minimal
        == parse(
            '[database]\nurl = "sqlite:///f.db"\n[keyring]\n[log]\n'
            + "".join(f"{key} = {cells[1].strip('`')}\n" for key, cells in of_log.items())
        )
    )
    must = {key for key, default in told.items() if default.startswith("must be there")}
    assert must == {"url", *KEYRINGS["pkcs11"]}


def test_every_kind_is_told() -> None:
    assert table("keyring")["kind"][2] == " or ".join(f"`{kind}`" for kind in KEYRINGS)
    complete = {"module": Path("m"), "token": LABEL, "pin_file": Path("p")}
    assert parse(compose_settings(keyring_kind="pkcs11", **complete))  # type: ignore[arg-type]


def test_the_urls_shown_are_urls() -> None:
    urls = re.findall(r"`((?:sqlite|postgresql)://[^`]+)`", PAGE)
    assert len(urls) == 5
    for url in urls:
        parse_address(url)


def test_figures_and_variables_are_those_in_force() -> None:
    assert f"at most {MAX_FILE_BYTES:,} bytes" in " ".join(PAGE.split())
    variables = {
        option.envvar
        for name in ("init", "doctor")
        for option in cli.commands[name].params
        if isinstance(option, click.Option) and option.envvar
    }
    assert set(re.findall(r"`(FAIRPLATE_\w+)`", PAGE)) == variables
