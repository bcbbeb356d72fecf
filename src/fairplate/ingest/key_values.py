"""Lines such as `Events[0].TrafficCar.DrivingDirection[0]=Approach`, as a tree like JSON's."""

import re
from typing import Any

from fairplate.ingest.limits import MAX_DEPTH, MAX_ITEMS
from fairplate.ingest.vendor import PayloadError

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,4})\]")


def parse_key_values(text: str, *, vendor: str) -> dict[str, Any]:
    """Return the tree; lists become dicts whose keys are the indices as text.

    A line without `=` is left out. Raises PayloadError if there are too many lines or levels.
    """
    if text.count("\n") > MAX_ITEMS:
        raise PayloadError(vendor, "body", expected=f"at most {MAX_ITEMS} lines", found="more")
    tree: dict[str, Any] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            _put(tree, _steps(key.strip(), vendor), value.strip())
    return tree


def listed(value: Any) -> list[Any]:
    """Return what a list written with indices holds, in their order."""
    if isinstance(value, dict):
        numbered = [(int(key), item) for key, item in value.items() if key.isdecimal()]
        return [item for _, item in sorted(numbered, key=lambda pair: pair[0])]
    return value if isinstance(value, list) else []


def _steps(key: str, vendor: str) -> list[str]:
    steps = [name or index for name, index in _STEP.findall(key[:1000])]
    if len(steps) > MAX_DEPTH:
        expected = f"at most {MAX_DEPTH} levels"
        raise PayloadError(vendor, "body", expected=expected, found="more")
    return steps


def _put(tree: dict[str, Any], steps: list[str], value: str) -> None:
    if not steps:
        return
    for step in steps[:-1]:
        inner = tree.get(step)
        if not isinstance(inner, dict):
            inner = tree[step] = {}
        tree = inner
    tree[steps[-1]] = value
