"""The verifier's command: checks, writes what it found, and returns the exit code.

0: no fault. 1: faults. 2: wrong use, such as a key with a wrong character; nothing is said then
about the log.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fairplate.verify.arguments import Asked, WrongUseError, read_arguments
from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.log_check import check_log
from fairplate.verify.log_directory import LogDirectory
from fairplate.verify.older_check import OlderCheckpoint, take_older
from fairplate.verify.proving import NoSuchEventError, check_proof, prove_event
from fairplate.verify.report import Report, escape, report_json, report_text

WELL, FAULTS, WRONG_USE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, by the clock of this machine; return the exit code."""
    for stream in (sys.stdout, sys.stderr):  # names of people need not fit the terminal
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # text files both
    try:
        code = _run(read_arguments(arguments), datetime.now(UTC))
        sys.stdout.flush()
    except WrongUseError as error:
        sys.stderr.write(f"fairplate-verify: {escape(str(error))}\n")
        return WRONG_USE
    except OSError as error:  # of reading, each is dealt with where it happens
        # What is left in the buffer would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read it has had enough
            return FAULTS
        sys.stderr.write(f"fairplate-verify: the report cannot be written: {error.strerror}\n")
        return WRONG_USE
    return code


def _run(asked: Asked, now: datetime) -> int:
    if asked.event is not None and asked.folder is not None:
        return _prove(asked, asked.folder, asked.event, now)
    report = None
    if asked.proof is not None:
        report = check_proof(asked.proof, "proof", asked.trust, now=now)
    if asked.folder is not None:
        with _open_folder(asked.folder) as directory:
            older = [*asked.older, *_proved_before(asked)]
            log = check_log(directory, asked.trust, now=now, older=older, openings=asked.openings)
        report = log if report is None else _join(log, report)
    if report is None:
        raise WrongUseError("expected DIR, or --proof")
    sys.stdout.write(_spell(report, asked))
    return WELL if report.well else FAULTS


def _prove(asked: Asked, folder: Path, event: int, now: datetime) -> int:
    with _open_folder(folder) as directory:
        try:
            proof, report = prove_event(directory, asked.trust, event, now=now)
        except NoSuchEventError as error:
            raise WrongUseError(f"--prove: {error}") from None
    if proof is None:
        sys.stderr.write(_spell(report, asked))
        return FAULTS
    if asked.out is None:
        sys.stdout.buffer.write(proof.data)
        return WELL
    try:
        asked.out.write_bytes(proof.data)
    except OSError as error:
        raise WrongUseError(f"--out: {asked.out}: {error.strerror}") from None
    return WELL


def _proved_before(asked: Asked) -> list[OlderCheckpoint]:
    """Return the checkpoint of the proof, which the log must agree with."""
    if asked.proof is None:
        return []
    note = asked.proof.note
    try:
        return [take_older(note, parse_checkpoint(note.text), asked.trust.key)]
    except LogFormatError:
        return []  # not by the log: the check of the proof says so


def _join(log: Report, proof: Report) -> Report:
    """Return one report about both; what they say alike is said once."""
    findings = tuple(dict.fromkeys((*proof.findings, *log.findings)))
    return replace(log, findings=findings, proved=proof.proved, subject="log, with the proof,")


def _open_folder(folder: Path) -> LogDirectory:
    try:
        return LogDirectory(folder)
    except OSError as error:
        raise WrongUseError(f"{folder}: {error.strerror}") from None


def _spell(report: Report, asked: Asked) -> str:
    return f"{report_json(report)}\n" if asked.as_json else report_text(report)
