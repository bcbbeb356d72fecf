"""docs/channels.md names exactly the channels and options there are, with their defaults."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from tests.alerts.messages import NOTICE, illustrated
from tests.every.test_channels import SAMPLES

from fairplate.alerts.channel import TIMEOUT_S
from fairplate.alerts.channels import KINDS, mail, mqtt
from fairplate.alerts.message_json import message_json
from fairplate.core.errors import InputError

PAGE = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)


def section(heading: str) -> str:
    return PAGE.split(f"\n{heading}\n")[1].split("\n## ")[0].split("\n### ")[0]


def rows(heading: str) -> dict[str, list[str]]:
    """Return the table under a heading: the cells of each row by its first cell."""
    found = _ROW.findall(section(heading))
    return {key: [cell.strip() for cell in cells.split(" | ")] for key, cells in found}


def test_every_kind_is_told_in_order() -> None:
    assert re.findall(r"^## `([\w-]+)`$", PAGE, re.MULTILINE) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_is_told_and_no_other(kind: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        KINDS[kind].open("x", {"unknown": 1}, tmp_path)
    known = caught.value.expected.removeprefix("one of ").split(", ")
    assert sorted(rows(f"## `{kind}`")) == known


@pytest.mark.parametrize("kind", KINDS)
def test_what_must_be_there_must(kind: str, tmp_path: Path) -> None:
    told = {name for name, cells in rows(f"## `{kind}`").items() if cells[1] == "must be there"}
    assert told == set(SAMPLES[kind](tmp_path, 1).must)


def test_the_defaults_are_those_in_force() -> None:
    options = rows("## `mqtt`")
    channel = mqtt.open_mqtt("x", {"host": "mqtt.example.org"}, Path())
    broker = channel._broker
    assert options["topic"][1] == f'`"{channel._topic}"`'
    assert options["port"][1].startswith(str(broker.port))
    assert (broker.tls is not None, channel._pictures) == (True, False)
    plain = mqtt.open_mqtt("x", {"host": "mqtt.example.org", "tls": False}, Path())
    assert options["port"][1].endswith(str(plain._broker.port))
    ports = [
        mail.open_mail(
            "x", {"host": "h", "sender": "a@b.org", "security": security}, Path()
        )._session._server.port
        for security in ("starttls", "tls", "none")
    ]
    assert rows("## `email`")["port"][1] == "{}, {} or {}".format(*ports)
    assert f"at most {TIMEOUT_S} seconds" in PAGE


def test_every_field_of_the_json_is_told() -> None:
    alert = json.loads(message_json(illustrated(), key="k", pictures=True))
    told = rows("### The JSON")
    assert list(told) == list(alert)
    for part in ("read", "entry"):
        named = re.findall(r"`(\w+)`", told[part][1])
        inner = alert[part]
        expected = []
        for name in inner:
            expected.append(name)
            expected += inner[name][0] if name == "characters" else []
        assert named == expected
    notice = json.loads(message_json(NOTICE, key="k", pictures=False))
    (line,) = re.findall(r"^A notice has (.+?)\. ", PAGE, re.MULTILINE)
    assert re.findall(r"`(\w+)`", line) == list(notice)


def test_the_example_can_be_opened(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (options,) = tomllib.loads(example)["channels"].values()
    password = tmp_path / "password"
    password.touch(mode=0o600)
    password.write_text("secret", encoding="utf-8")
    kind = options.pop("kind")
    assert KINDS[kind].open("mail", {**options, "password_file": str(password)}, tmp_path)
