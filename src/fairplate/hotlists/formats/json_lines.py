"""JSON Lines: each line one flat object whose values are strings.

Decides what is such an object (RFC 8259, and no key twice). Leaves to `batches.py` which keys and
texts are right. Numbers are refused because a plate of digits would lose its leading zeros.
"""

import json
from collections.abc import Iterable, Iterator

from fairplate.hotlists.entries import Problem
from fairplate.hotlists.records import read_lines, require_text
from fairplate.hotlists.rows import MAX_COLUMNS, Row, Table, column_label, fold_column

# What json hands over for an object: its pairs in order, so that no repeated key is lost. A JSON
# array arrives as a list, so the two cannot be taken for each other.
_Pairs = tuple[tuple[str, object], ...]


def parse_json_lines(lines: Iterable[str], *, name: str) -> Table:
    """Return one row for each line that is not blank; every row names its own columns.

    Raises HotListError if no line holds anything.
    """
    records = require_text(read_lines(lines), name, expected="one JSON object a line")
    return Table(_rows(records, name))


def _rows(lines: Iterator[tuple[int, str]], name: str) -> Iterator[Row]:
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
    return Row(line, None, faults=(Problem(name, line, "row", "a flat JSON object", found),))


def _row(name: str, line: int, pairs: _Pairs) -> Row:
    keys = tuple(fold_column(key) for key, _ in pairs)
    if len(keys) > MAX_COLUMNS:
        return _unreadable(name, line, f"{len(keys)} keys")
    columns = tuple(dict.fromkeys(keys))
    faults = []
    cells: dict[str, str] = {}
    for position, (key, (_, value)) in enumerate(zip(keys, pairs, strict=True)):
        if key in cells:
            label = column_label(position, keys)
            faults.append(Problem(name, line, label, "the key once", "it twice"))
        elif isinstance(value, str):
            cells[key] = value
        else:
            label = column_label(position, keys)
            faults.append(Problem(name, line, label, "a string", _kind(value)))
            cells[key] = ""
    return Row(line, tuple(cells.values()), columns, tuple(faults))


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
