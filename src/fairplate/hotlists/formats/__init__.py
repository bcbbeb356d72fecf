"""The list formats by file suffix. To add one: a file here and a line in `FORMATS`."""

from collections.abc import Mapping
from typing import Protocol

from fairplate.hotlists.formats.comma_separated import parse_comma_separated
from fairplate.hotlists.formats.json_lines import parse_json_lines
from fairplate.hotlists.rows import Table


class Format(Protocol):
    """Turns the text of a list into rows; pure."""

    def __call__(self, text: str, *, name: str) -> Table:
        """Return the rows of `text`; raise HotListError if they cannot be told apart."""
        ...


FORMATS: Mapping[str, Format] = {
    "csv": parse_comma_separated,
    "jsonl": parse_json_lines,
    "ndjson": parse_json_lines,
}
