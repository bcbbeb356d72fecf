"""The page on the database names every table and column, and no other."""

import re
from pathlib import Path

from fairplate.storage.schema import metadata

PAGE = Path(__file__).parents[2] / "docs/storage.md"


def test_every_table_and_column_is_named() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}
    assert told.pop("alembic_version") == ["version_num"]
    assert told == {name: list(table.columns.keys()) for name, table in metadata.tables.items()}
