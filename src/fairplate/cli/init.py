"""`fairplate init`: a new deployment, and what its administrator must know about it.

Parses and prints; what is made, and in which order, is decided in `wiring/creation.py`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fairplate.audit.kinds import VERIFIER_KEY
from fairplate.audit.words import Role
from fairplate.cli.deployment_folder import acting_user, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.policy_choice import read_chosen_policy
from fairplate.cli.policy_text import hits_words
from fairplate.cli.terminal_text import printable
from fairplate.policy.presets import DEFAULT_PRESET
from fairplate.policy.times import format_span
from fairplate.settings import DEFAULT_KEYRING, FILE_NAME, KEYRINGS, compose_settings

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

_NO_KEY = f"+{'0' * 8}+{'A' * 44}"


@click.command(short_help="Make a new deployment: settings, database, keyring, audit log, policy.")
@data_option
@click.option(
    "--policy",
    "policy_name",
    default=DEFAULT_PRESET,
    show_default=True,
    metavar="NAME|FILE",
    help="The policy to begin with: a name of `policy list`, or a file.",
)
@click.option(
    "--database",
    "database_url",
    metavar="URL",
    envvar="FAIRPLATE_DATABASE",
    show_envvar=True,
    help="postgresql://USER@HOST/NAME, or sqlite:////PATH. [default: SQLite in the folder]",
)
@click.option(
    "--keyring",
    "keyring_kind",
    type=click.Choice(list(KEYRINGS)),
    help=f"Where the keys are kept. [default: {DEFAULT_KEYRING}]",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="file: keep what wraps the keys here, on another device than the keyring.",
)
@click.option(
    "--module",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="pkcs11: the library of the token's maker.",
)
@click.option("--token", metavar="LABEL", help="pkcs11: the token's label.")
@click.option(
    "--pin-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="pkcs11: a private file that holds the PIN.",
)
@click.option(
    "--log-name",
    metavar="NAME",
    help="Name of the audit log, in public: a-z 0-9 . / : - [default: one made at random]",
)
@click.option(
    "--new-keyring",
    is_flag=True,
    help="Only make a new keyring, where that of the deployment is lost.",
)
def init(
    *, folder: Path, policy_name: str, log_name: str | None, new_keyring: bool, **asked: Any
) -> ExitCode:
    """Make a new deployment in a folder, and say what to back up and what never.

    Goes on where an attempt stopped half-way. On a deployment made by an older Fairplate it brings
    the database up to date. Settings that are there already are kept; docs/settings.md tells them.
    """
    from fairplate.wiring import create_deployment, replace_lost_keyring  # noqa: PLC0415 - see deployment_folder.py

    given = {name: value for name, value in asked.items() if value is not None}
    if new_keyring:
        if given or log_name is not None:
            raise click.UsageError("--new-keyring takes everything from the settings")
        settings = replace_lost_keyring(folder, actor=acting_user())
        click.echo(printable(f"new keyring in {settings.keyring_directory}"))
        click.echo("next: fairplate keys expire, which drops what the lost keys sealed")
        return ExitCode.DONE
    if log_name is not None:
        _require_log_name(log_name)
    create_deployment(
        folder,
        read_chosen_policy(policy_name),
        actor=acting_user(),
        settings_document=_document(given) if given else None,
        log_name=log_name,
    )
    with opened(folder) as deployment:
        for line in _lines(deployment):
            click.echo(printable(line))
    return ExitCode.DONE


def _invite_lines(deployment: "Deployment") -> Iterator[str]:
    """Yield how the first administrator comes in; nothing where there is one."""
    from fairplate.cli.user.invite_text import invite_lines  # noqa: PLC0415 - loads web/

    people = deployment.people
    if not people.has_administrator():
        made = people.invite("First administrator", "", Role.ADMINISTRATOR)
        yield "to become administrator:"
        yield from (f"  {line}" for line in invite_lines(deployment, made))


def _require_log_name(name: str) -> None:
    """Refuse a name that may not stand in the verifier key of a log."""
    if not VERIFIER_KEY.fits(f"{name}{_NO_KEY}"):
        expected = "1 to 128 of a-z, 0-9, full stop, slash, colon and hyphen"
        raise click.UsageError(f"--log-name: expected {expected}, found {ascii(name)[:40]}")


def _document(given: Mapping[str, Any]) -> str:
    """Return the settings that the options ask for; relative paths begin at the current folder."""
    kind = given.get("keyring_kind", DEFAULT_KEYRING)
    for other, options in KEYRINGS.items():
        for name in options:
            option = f"--{name.replace('_', '-')}"
            if other != kind and name in given:
                raise click.UsageError(f"{option} goes with --keyring {other}")
            if other == kind == "pkcs11" and name not in given:
                raise click.UsageError(f"--keyring {kind} needs {option}")
    absolute: dict[str, Any] = {
        name: it.absolute() if isinstance(it, Path) else it for name, it in given.items()
    }
    return compose_settings(**absolute)


def _lines(deployment: "Deployment") -> Iterator[str]:
    """Yield what was made, where it is, and what a backup may hold of it."""
    settings, policy = deployment.settings, deployment.policy().policy
    yield f"policy {policy.name} is in force"
    yield f"  non-hits kept: {format_span(policy.non_hits_kept)}"
    yield f"  hits kept: {hits_words(policy)}"
    yield "back up:"
    yield f"  settings  {settings.folder / FILE_NAME}"
    yield f"  database  {str(deployment.database.address).removeprefix('database ')}"
    yield f"  log keys  {settings.log_keys}, apart from the database"
    yield f"  log       {settings.log_directory}, which any web server may publish"
    yield "never back up, copy or snapshot (a copied key cannot be destroyed):"
    if settings.token is None:
        yield f"  keyring   {settings.keyring_directory}"
    else:
        yield f"  token     {settings.token}"
        yield f"  its PIN   {settings.pin_file}"
    if settings.key_file is not None:
        yield f"  key file  {settings.key_file}"
    yield "give this key to whoever checks the log:"
    yield f"  {deployment.log.keys.signing.verifier}"
    yield from _invite_lines(deployment)
    yield "next:"
    yield "  fairplate reader add ID --name TEXT    take reads from a reader"
    yield "  fairplate serve                        keep it running: it does all the rest"
    yield "  fairplate doctor                       check it all, daily"
