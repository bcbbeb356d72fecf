"""`fairplate audit`: the log of every act, for its administrator, its reviewers and auditors.

One file a group of commands; each parses and prints, and what is done is decided in `audit/`.
"""

import click

from fairplate.cli.audit.publishing import publish, status
from fairplate.cli.audit.reviewing import review, sample
from fairplate.cli.audit.taking_out import export, open_, prove
from fairplate.cli.audit.verifying import verify
from fairplate.cli.audit.witnesses import witness


@click.group(short_help="Publish, prove and check the log of every act.")
def audit() -> None:
    """Publish, prove and check the log of every act.

    Outsiders check it without Fairplate: docs/audit-log.md says how.
    """


for _command in (status, publish, verify, export, prove, open_, witness, sample, review):
    audit.add_command(_command)
