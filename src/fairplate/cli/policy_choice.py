"""A policy given on the command line: the name of one that ships, or a file of one's own."""

from pathlib import Path

from fairplate.core.errors import InputError
from fairplate.policy.presets import PRESETS, check_policy_file, read_preset


def read_chosen_policy(name_or_file: str) -> str:
    """Return the text of the policy; a name that ships goes before a file of that name.

    Raises InputError if there is none or it is malformed, PolicyError if no policy may say what it
    says; `fairplate policy check` tells every problem.
    """
    if name_or_file in PRESETS:
        return read_preset(name_or_file)
    path = Path(name_or_file)
    if not path.exists():
        expected = "a name that `fairplate policy list` tells, or a file"
        raise InputError("policy", ascii(name_or_file[:40]), expected=expected, found="neither")
    check_policy_file(path).require()
    return path.read_text("utf-8-sig")
