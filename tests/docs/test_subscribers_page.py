"""docs/settings.md tells the keys of channels' and subscribers' tables, and its example is one."""

import re
from pathlib import Path

import pytest

from fairplate.alerts.channels import KINDS
from fairplate.alerts.subscribers import LONGEST_NAME, read_subscriber
from fairplate.core.errors import InputError
from fairplate.policy.alert_figures import QUIET_PURPOSES
from fairplate.settings import FILE_NAME, compose_settings, parse_settings
from fairplate.wiring.subscriptions import subscribers_of

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Subscribers\n")[1].split("\n## ")[0]
ROWS = {
    key: [cell.strip() for cell in cells.split(" | ")]
    for key, cells in re.findall(r"^\| `(\w+)` \| (.+) \|$", SECTION, flags=re.MULTILINE)
}
LEAST = {"channel": "mail", "address": "a@example.org"}


def test_every_key_is_told_and_no_other() -> None:
    with pytest.raises(InputError) as caught:
        read_subscriber("desk", {**LEAST, "unknown": 1})
    assert sorted(ROWS) == caught.value.expected.removeprefix("one of ").split(", ")
    assert f"up to {LONGEST_NAME}\nof a-z" in SECTION


def test_what_must_be_there_must_and_the_defaults_are_those_in_force() -> None:
    subscriber = read_subscriber("desk", LEAST)
    must = {key for key, cells in ROWS.items() if cells[1] == "must be there"}
    assert must == set(LEAST)
    for key in must:
        with pytest.raises(InputError):
            read_subscriber("desk", {name: text for name, text in LEAST.items() if name != key})
    with pytest.raises(InputError):
        read_subscriber("desk", {**LEAST, "quiet_hours": "22:00-06:00"})
    assert (subscriber.lists, subscriber.purposes, subscriber.quiet) == (None, None, None)
    assert ROWS["dispatcher"][1] == f"`{str(subscriber.dispatcher).lower()}`"
    assert ROWS["notices"][1] == f"`{str(subscriber.notices).lower()}`"


def test_every_kind_and_every_quiet_purpose_is_named() -> None:
    channels = PAGE.split("\n## Channels\n")[1].split("\n## ")[0]
    assert [kind for kind in KINDS if f"`{kind}`" not in channels] == []
    told = set(re.findall(r"`([a-z-]+)`", ROWS["quiet_hours"][2]))
    assert told == {purpose.value for purpose in QUIET_PURPOSES}


def test_the_example_can_be_used() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
    document = f"{compose_settings()}\n{example}"
    settings = parse_settings(document, folder=Path("/srv/fairplate"), where=FILE_NAME)
    desk, gate = subscribers_of(settings)
    assert (desk.dispatcher, gate.notices) == (True, False)
    assert gate.quiet is not None
