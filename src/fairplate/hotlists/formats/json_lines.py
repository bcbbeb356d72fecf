"""JSON Lines: each line one flat object whose values are strings.

Decides what is such an object (RFC 8259, and no key twice). Leaves to `batches.py` which keys and
texts are right. Numbers are refused because a plate of digits would lose its leading zeros.
"""

import json
from collections.abc import Iterator

from fairplate.core.errors import HotListError
from fairplate.hotlists.entries import Problem
from fairplate.hotlists.rows import Row, Table, column_label, fold_column

# What json hands over for an object: its pairs in order, so that no repeated key is lost. A JSON
# array arrives as a list, so the two cannot be taken for each other.
_Pairs = tuple[tuple[str, object], ...]


def parse_json_lines(text: str, *, name: str) -> Table:
    """Return one row for each line that is not blank; every row names its own columns.

    Raises HotListError if no line holds anything.
    """
    # Not splitlines(): U+2028 and its like may stand inside a JSON string.
    lines = [
        (number, line)
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip(" \t\r")
    ]
    if not lines:
        raise HotListError(f"{name}:1", "list", expected="one JSON object a line", found="no text")
    return Table(_rows(lines, name))


def _rows(lines: list[tuple[int, str]], name: str) -> Iterator[Row]:
    for number, line in lines:
        try:
            value = json.loads(line, object_pairs_hook=tuple, parse_constant=_refuse_constant)
        except RecursionError:
            yield _unreadable(name, number, "nesting too deep")
        except json.JSONDecodeError as error:
            yield _unreadable(name, number, f"no JSON at character {error.colno}: {error.msg}")
        except ValueError:
            yield _unreadable(name, number, "a number that JSON does not have or that is too long")
        else:
            if isinstance(value, tuple):
                yield _row(name, number, value)
            else:
                yield _unreadable(name, number, _kind(value))


def _refuse_constant(_name: str) -> None:
    raise ValueError


def _unreadable(name: str, line: int, found: str) -> Row:
    return Row(line, None, (Problem(name, line, "row", "a flat JSON object", found),))


def _row(name: str, line: int, pairs: _Pairs) -> Row:
    keys = [fold_column(key) for key, _ in pairs]
    cells: dict[str, str] = {}
    faults: list[Problem] = []
    for position, (key, (_, value)) in enumerate(zip(keys, pairs, strict=True)):
        label = column_label(position, keys)
        if key in keys[:position]:
            faults.append(Problem(name, line, label, "the key once", "it twice"))
        elif not isinstance(value, str):
            faults.append(Problem(name, line, label, "a string", _kind(value)))
            cells[key] = ""
        else:
            cells[key] = value
    return Row(line, cells, tuple(faults))


def _kind(value: object) -> str:
    """Return what JSON calls the value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"
