"""Roles as an argument of commands."""

import click

from fairplate.deployment.roles import ACTS

ROLE = click.Choice([role.value for role in ACTS])
