"""`fairplate subject-report`: what a driver may ask about their own plate."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.case.looking import report_problems
from fairplate.cli.deployment_folder import acting_user, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line
from fairplate.cli.terminal_text import printable

if TYPE_CHECKING:
    from fairplate.cases.subject_report import SubjectReport


@click.command(short_help="Tell a driver what is kept of their own plate.")
@click.argument("plate", metavar="PLATE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; docs/cases.md tells the fields.")
@data_option
def subject_report(*, plate: str, as_json: bool, folder: Path) -> ExitCode:
    """Print what is kept of PLATE, for the driver whose plate it is.

    First see that it is theirs. Then open a case of the purpose subject-access for that plate
    alone, with how they showed it as its reference, and let somebody else approve it.

    Exit codes: 0 done, 1 some reads could not be opened, 3 there is no such case.
    """
    with opened(folder) as deployment:
        report = deployment.cases.report_subject(plate, person=acting_user())
    if as_json:
        print_json_line({**report.fields(), "reads": report.reads()})
    else:
        for line in _lines(report):
            click.echo(printable(line))
    return report_problems(report.found)


def _lines(report: "SubjectReport") -> list[str]:
    fields, reads = report.fields(), report.reads()
    hits_kept = fields["hits_kept_s"]
    hits_time = "until a case ends" if hits_kept is None else f"{hits_kept} s"
    lines = [
        f"What is kept of {fields['plate']}, as of {fields['made_at']}",
        f"told by {fields['made_by']}, case {fields['case']}",
        f"readers: {', '.join(sorted(report.case.asked.reader_ids))}",
        f"captured from {fields['captured_from']} until {fields['captured_until']}",
        f"reads are kept: {fields['reads_kept_s']} s; those that match an entry: {hits_time}",
        "",
    ]
    for read in reads:
        matched = "  matched an entry" if read["matched"] else ""
        lines.append(f"{read['captured_at']}  {read['reader']}  {read['confidence']}{matched}")
    lines.append(f"reads: {len(reads)}, of these matched: {sum(bool(x['matched']) for x in reads)}")
    return lines
