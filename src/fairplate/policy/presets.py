"""Policies from files: the presets that ship with Fairplate, and an operator's own.

Decides which presets there are, by one visible line each. Leaves to `document.py` what a file says.
"""

import stat
from importlib import resources
from pathlib import Path

from fairplate.core.errors import InputError
from fairplate.policy.document import Checked, check_policy
from fairplate.policy.rules import Policy

DEFAULT_PRESET = "strict"
PRESETS: dict[str, str] = {
    "strict": "strict.toml",
    "site": "site.toml",
    "us-nh": "us-nh.toml",
    "us-me": "us-me.toml",
    "us-ca": "us-ca.toml",
    "us-mt": "us-mt.toml",
    "us-va": "us-va.toml",
    "us-mn": "us-mn.toml",
    "us-wa": "us-wa.toml",
    "de": "de.toml",
    "nl": "nl.toml",
    "fr": "fr.toml",
}
# The longest preset is a few kilobytes; beyond this it is some other file.
MAX_FILE_BYTES = 64 * 1024


def list_presets() -> tuple[str, ...]:
    """Return the names of the presets, the default first."""
    return tuple(PRESETS)


def read_preset(name: str) -> str:
    """Return a preset's file as text; raises InputError for a name that is none."""
    if name not in PRESETS:
        expected = f"one of {', '.join(PRESETS)}"
        raise InputError("policy", "preset", expected=expected, found=ascii(name[:40]))
    folder = resources.files("fairplate.policy").joinpath("jurisdictions")
    return folder.joinpath(PRESETS[name]).read_text("utf-8")


def load_preset(name: str) -> Policy:
    """Return the preset called `name`; raises InputError for a name that is none."""
    return check_policy(read_preset(name), where=f"preset {name}").require()


def load_policy_file(path: Path) -> Policy:
    """Return the policy in the UTF-8 TOML file at `path`.

    Raises InputError if it cannot be read or is malformed, PolicyError if it is well-formed but
    permits what no policy may; `check_policy_file` tells every problem.
    """
    return check_policy_file(path).require()


def check_policy_file(path: Path) -> Checked:
    """Return what the file at `path` comes to; raises InputError if it cannot be read as text."""
    where = str(path)
    try:
        # Opening a pipe or a device could wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(where, "file", expected="a file", found="a folder or something else")
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise InputError(where, "file", expected="a policy", found="no such file") from None
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or "a path that cannot be opened"
        raise InputError(where, "file", expected="a readable file", found=found) from None
    if len(data) > MAX_FILE_BYTES:
        expected = f"at most {MAX_FILE_BYTES // 1024} KB"
        raise InputError(where, "file", expected=expected, found="more")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(where, "encoding", expected="UTF-8", found="another") from None
    return check_policy(text, where=where)
