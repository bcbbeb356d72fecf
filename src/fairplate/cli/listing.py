"""Listings: a table of plain columns for people, JSON Lines for programs, and moments in both."""

import json
from collections.abc import Iterable, Sequence
from typing import TextIO

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fairplate.cli.terminal_text import printable

_PIPE_WIDTH = 10_000  # no line is cut or wrapped where a program reads along


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], out: TextIO) -> None:
    """Print one row a line, without a frame; a narrow terminal folds what is too long."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    width = None if out.isatty() else _PIPE_WIDTH
    Console(file=out, width=width, highlight=False).print(table)


def print_json_line(fields: dict[str, object]) -> None:
    """Print one line of ASCII JSON, at once."""
    click.echo(json.dumps(fields, separators=(",", ":")))
