"""Prints `docs/reference/cli.md`: the help of every command, as `--help` shows it.

`python -m fairplate.cli.help_page > docs/reference/cli.md`; a test compares the two.
"""

from collections.abc import Iterator

import click

from fairplate.cli.main import HELP_OPTIONS, cli

_HEAD = """\
# The command line

Made by `python -m fairplate.cli.help_page`; change the help in `src/fairplate/cli/` instead.
The fields of `read --json` are in [read-json.md](read-json.md); what can be read is in
[sources.md](../sources.md), what a hot list holds in [hot-lists.md](../hot-lists.md). Running a
deployment is told in [keys.md](../keys.md), its settings in [settings.md](../settings.md), its
audit log in [audit-commands.md](../audit-commands.md). Alerts are told in
[alerts.md](../alerts.md), what vendors' cameras send in [vendors.md](../vendors.md).

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | failed: something could not be read or done (the rest was), is not right, or was stopped |
| 2 | wrong use: an option or argument makes no sense |
| 3 | refused by policy |

Every trouble is one line on standard error, `fairplate: where: field: expected ..., found ...`.
"""


def render_help_page() -> str:
    """Return the page as Markdown, the same whatever the terminal."""
    parts = [f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in _helps(cli, "fairplate")]
    return _HEAD + "".join(parts)


def _helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    # What a command inherits from the group, its path and -h, is given here: no parent is needed.
    with click.Context(
        command, info_name=name, terminal_width=80, help_option_names=HELP_OPTIONS
    ) as context:
        yield name, command.get_help(context).rstrip()
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                if found is not None:
                    yield from _helps(found, f"{name} {child}")


if __name__ == "__main__":
    click.echo(render_help_page(), nl=False)
