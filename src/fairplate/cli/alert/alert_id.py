"""The argument that names an alert, for every command that takes one."""

import click

from fairplate.core.errors import InputError


def _parse(context: click.Context, parameter: click.Parameter, value: str) -> str:  # noqa: ARG001 - click gives them
    """Return the id; InputError for what no id is, since no database takes half a character."""
    if not value.isascii():
        raise InputError("alert", "id", expected="one that was raised", found="none of that id")
    return value


ALERT_ID = click.argument("alert_id", metavar="ID", callback=_parse)
