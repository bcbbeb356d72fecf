"""`fairplate policy`: which policies ship, what one says, whether a file may be used, and its use.

Parses and prints; what a policy may say is decided in `policy/`, the wording in `policy_text.py`.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.policy_choice import read_chosen_policy
from fairplate.cli.policy_text import (
    hits_words,
    policies_table,
    policy_fields,
    policy_lines,
    problem_fields,
)
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import FairplateError, InputError
from fairplate.policy.document import check_policy
from fairplate.policy.presets import PRESETS, check_policy_file, load_preset, read_preset
from fairplate.policy.rules import Policy
from fairplate.policy.times import format_span

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

_JSON_HELP = "Print JSON Lines; docs/policies.md tells the fields."


@click.group(short_help="Show and check what a place's rules permit.")
def policy() -> None:
    """Show and check policies: how long reads live, for what, approved by how many.

    No policy is legal advice. None may keep a read that matched nothing longer than 90 days, nor
    permit a purpose that is not on Fairplate's closed list.
    """


@policy.command(name="list", short_help="List the policies that ship with Fairplate.")
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
def list_command(*, as_json: bool) -> ExitCode:
    """List the policies that ship with Fairplate, the default first."""
    presets = [load_preset(name) for name in PRESETS]
    if as_json:
        for preset in presets:
            _print_json(policy_fields(preset))
    else:
        policies_table(presets, sys.stdout)
    return ExitCode.DONE


@policy.command(short_help="Show one policy with its sources and notes.")
@click.argument("name", type=click.Choice(list(PRESETS)), metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
@click.option("--toml", "as_toml", is_flag=True, help="Print the file itself, to make one's own.")
def show(*, name: str, as_json: bool, as_toml: bool) -> ExitCode:
    """Show the policy NAME: each figure, its source, whether the statute was read, and the notes.

    `fairplate policy list` tells the names.
    """
    if as_json and as_toml:
        raise click.UsageError("--json and --toml are two forms: give one of them")
    if as_toml:
        click.echo(read_preset(name), nl=False)
    elif as_json:
        _print_json(policy_fields(load_preset(name)))
    else:
        for line in policy_lines(load_preset(name)):
            click.echo(printable(line))
    return ExitCode.DONE


@policy.command(short_help="Say whether a policy file may be used.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
def check(*, file: Path, as_json: bool) -> ExitCode:
    """Say whether the policy in FILE (TOML) may be used, or everything that is wrong with it.

    Exit codes: 0 it may be used, 1 it cannot be read or is malformed, 2 wrong use, 3 it is
    well-formed but permits what no policy may.
    """
    checked = check_policy_file(file)
    for problem in checked.problems:
        click.echo(f"fairplate: {printable(str(problem))}", err=True)
    if as_json:
        found = None if checked.policy is None else policy_fields(checked.policy)
        problems = [problem_fields(problem) for problem in checked.problems]
        _print_json({"file": str(file), "policy": found, "problems": problems})
    elif checked.policy is not None:
        click.echo(printable(f"{file}: policy {checked.policy.name} may be used"))
        for line in policy_lines(checked.policy):
            click.echo(printable(line))
    if checked.policy is not None:
        return ExitCode.DONE
    malformed = any(isinstance(problem, InputError) for problem in checked.problems)
    return ExitCode.FAILED if malformed else ExitCode.REFUSED_BY_POLICY


@policy.command(name="set", short_help="Put a policy in force.")
@click.argument("chosen", metavar="NAME|FILE")
@data_option
def set_command(*, chosen: str, folder: Path) -> ExitCode:
    """Put the policy NAME, or the one in FILE, in force for a deployment.

    Keys that live longer than it allows are destroyed at the next round of `keys expire`, and what
    they sealed is lost. None lives longer because of it. Exit codes: 0 in force, 1 it cannot be
    read or is malformed, 2 wrong use, 3 it permits what no policy may.
    """
    document = read_chosen_policy(chosen)
    with opened(folder) as deployment:
        before = _policy_in_force(deployment)
        if before == check_policy(document, where="policy").require():
            click.echo(f"policy {before.name} is in force already")
            return ExitCode.DONE
        deployment.set_policy(document)
        after, now = deployment.policy().policy, deployment.now()
        over = sum(status.exists and status.due <= now for status in deployment.key_statuses())
    click.echo(f"policy {after.name} is in force")
    click.echo(f"  non-hits kept: {_change(before, after, lambda p: format_span(p.non_hits_kept))}")
    click.echo(f"  hits kept: {_change(before, after, hits_words)}")
    if over:
        click.echo(f"  {over} key{'' if over == 1 else 's'} to destroy at the next `keys expire`")
    return ExitCode.DONE


def _policy_in_force(deployment: "Deployment") -> Policy | None:
    try:
        return deployment.policy().policy
    except FairplateError:
        return None  # altered in the database, say; the new one mends that


def _change(before: Policy | None, after: Policy, words: Callable[[Policy], str]) -> str:
    """Return what `words` say of the policy in force, and of the one before if that is another."""
    if before is None or words(before) == words(after):
        return words(after)
    return f"{words(after)} (before: {words(before)})"


def _print_json(fields: dict[str, object]) -> None:
    click.echo(json.dumps(fields, separators=(",", ":")))
