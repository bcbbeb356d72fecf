"""The systemd units: hardened as docs/install.md says, and starting what there is."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "fairplate.service"
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
HARDENED = {
    "NoNewPrivileges": "true",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "true",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "LimitCORE": "0",
    "MemorySwapMax": "0",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
    "KillSignal": "SIGTERM",
    "User": "fairplate",
}


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # as configparser's manual
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize(("name", "value"), HARDENED.items(), ids=HARDENED)
def test_the_server_is_hardened(name: str, value: str) -> None:
    assert read(UNIT)["Service"][name] == value


def test_the_exposure_is_as_the_page_says() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"exposure level for fairplate.service: ([0-9.]+)", done.stdout)
    if found is None:
        pytest.skip("this systemd-analyze judges no file")
    told = re.search(r"rates its exposure ([0-9.]+) of 10", PAGE)
    assert told is not None
    assert float(found[1]) <= float(told[1]) + 0.3  # versions of systemd weigh differently


@pytest.mark.parametrize("path", sorted((ROOT / "deploy").glob("*.service")), ids=os.path.basename)
def test_a_unit_starts_a_command_that_there_is(path: Path) -> None:
    from fairplate.cli.main import cli  # noqa: PLC0415 - loads every command

    program, command = read(path)["Service"]["ExecStart"].split()
    assert program == "/opt/fairplate/.venv/bin/fairplate"
    assert command in cli.commands
