"""The report of a check, for people and for programs.

Whatever comes from a file is written without control characters: it must not steer a terminal.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fairplate.verify.findings import Finding, Severity
from fairplate.verify.opened import OpenedEvent
from fairplate.verify.signature_check import Cosigner


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked and found; None is what could not be read."""

    findings: tuple[Finding, ...]
    origin: str | None = None
    size: int | None = None
    root: bytes | None = None
    time: datetime | None = None
    cosigners: tuple[Cosigner, ...] = ()
    facts: Mapping[str, int | str] = field(default_factory=dict)
    opened: tuple[OpenedEvent, ...] = ()
    proved: tuple[int, str] | None = None
    """The event that a proof is about, and its body."""
    subject: str = "log"
    """What it is about, in the last line: the log, or the proof."""

    @property
    def well(self) -> bool:
        """Whether there is no fault."""
        return all(finding.severity is not Severity.FAULT for finding in self.findings)


def report_json(report: Report) -> str:
    """Return one JSON object in one line, in ASCII."""
    root = None if report.root is None else base64.b64encode(report.root).decode("ascii")
    value: dict[str, Any] = {
        "well": report.well,
        "origin": report.origin,
        "size": report.size,
        "root": root,
        "time": _spell(report.time),
        "witnesses": [
            {"name": one.key.name, "key": str(one.key), "time": _spell(one.time)}
            for one in report.cosigners
        ],
        "facts": dict(report.facts),
        "opened": [
            {
                "event": one.index,
                "type": one.type,
                "at": one.at.astimezone(UTC).isoformat(),
                "actor": one.actor,
                "private": one.private,
            }
            for one in report.opened
        ],
        "findings": [
            {
                "code": one.code,
                "where": one.where,
                "message": one.message,
                "severity": one.severity.value,
            }
            for one in report.findings
        ],
    }
    if report.proved is not None:
        value["proved"] = {"event": report.proved[0], "body": report.proved[1]}
    return json.dumps(value)


def report_text(report: Report) -> str:
    """Return lines for people, the last of which says whether all is well."""
    lines = [*_tell_checkpoint(report), *_tell_facts(report.facts), *_tell_opened(report.opened)]
    if report.proved is not None:
        lines += ["", f"Event {report.proved[0]}:", f"  {report.proved[1]}"]
    for severity in (Severity.FAULT, Severity.NOTICE):
        found = [one for one in report.findings if one.severity is severity]
        lines += _tell_findings(f"{severity.value.capitalize()}s", found)
    said = "holds." if report.well else "does NOT hold: see the faults above."
    lines += ["", f"The {report.subject} {said}"]
    return "".join(f"{escape(line)}\n" for line in lines)


def escape(text: str) -> str:
    """Return `text` with everything unprintable spelled out."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode()
        for sign in text
    )


def _tell_checkpoint(report: Report) -> Iterator[str]:
    if report.size is None or report.root is None:
        yield "There is no checkpoint that can be read, so nothing else was checked."
        return
    yield f"Log:        {report.origin}"
    yield f"Entries:    {report.size}"
    yield f"Root:       {base64.b64encode(report.root).decode('ascii')}"
    yield f"Made at:    {_spell(report.time) or 'a time that nobody signed'}"
    for one in report.cosigners:
        yield f"Witness:    {one.key.name} at {_spell(one.time)}"
    if not report.cosigners:
        yield "Witness:    none"


def _tell_facts(facts: Mapping[str, int | str]) -> Iterator[str]:
    if facts:
        yield ""
        yield "What the log tells:"
        width = max(map(len, facts))
        for name, value in facts.items():
            yield f"  {name.replace('_', ' '):{width}}  {value}"


def _tell_opened(opened: Iterable[OpenedEvent]) -> Iterator[str]:
    for one in opened:
        yield ""
        yield f"Event {one.index}, {one.type}, {_spell(one.at)}, by {one.actor}; opened:"
        yield f"  {one.private}"


def _tell_findings(title: str, findings: Iterable[Finding]) -> Iterator[str]:
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    if by_code:
        yield ""
        yield f"{title}:"
    for code, same in by_code.items():
        yield f"  {code}"
        yield from (f"    {one.where}: {one.message}" for one in same)


def _spell(time: datetime | None) -> str | None:
    return None if time is None else f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
