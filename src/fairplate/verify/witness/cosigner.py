"""The witness itself: what is submitted, judged against the record, recorded, and then signed.

A signature leaves it only after the record that holds it is on the disk. If the record cannot be
read or written, nothing is signed.
"""

import re
import threading
from collections.abc import Callable
from pathlib import Path

from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import Note, Signature, SigningKey
from fairplate.verify.witness.answers import Answer, Head, find_refusal, is_fork, refuse
from fairplate.verify.witness.records import (
    Log,
    RecordError,
    find_log,
    keep_first,
    keep_fork,
    keep_latest,
    read_first,
    read_latest,
)
from fairplate.verify.witness.submissions import Submission, parse_submission

CLOCK_SLACK_S = 60
"""So far behind its last signature a clock may be: then that one's time is signed again."""

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class Cosigner:
    """Answers for one folder, whose one user it is; from any number of threads."""

    def __init__(self, folder: Path, key: SigningKey, now_s: Callable[[], int]) -> None:
        """Take the clock as a function of POSIX seconds."""
        self._folder = folder
        self._key = key
        self._now_s = now_s
        # For all logs: from reading a record to writing it, nobody else may.
        self._lock = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a submission (tlog-witness, "add-checkpoint")."""
        try:
            submission = parse_submission(body)
        except LogFormatError as error:
            return refuse(400, str(error))
        origin = submission.checkpoint.origin
        try:
            log = find_log(self._folder, origin)
            if log is None:
                return refuse(404, "this log is not known here", origin)
            signature = submission.note.signature_by(log.key)
            if signature is None:
                return refuse(403, "no signature by the key of this log", origin)
            with self._lock:
                return self._judge(log, submission, signature)
        except RecordError as error:
            return _fail("the record of this log is damaged: its keeper must look", str(error))
        except OSError as error:
            return _fail("the record of this log cannot be kept", f"{origin}: {error}")

    def first_of_month(self, month: str, origin: str) -> Answer:
        """Return the first note of `month` (YYYY-MM) that was signed for the log."""
        try:
            log = find_log(self._folder, origin) if _MONTH.fullmatch(month) else None
            note = read_first(log, month, self._key.verifier) if log else None
        except (RecordError, OSError) as error:
            return _fail("the record of this log is damaged: its keeper must look", str(error))
        if note is None:
            return refuse(404, "nothing was signed for that log in that month")
        return Answer(200, note.data, f"{origin}: first of {month}")

    def _judge(self, log: Log, submission: Submission, signature: Signature) -> Answer:
        last, note = read_latest(log, self._key.verifier)
        if note is not None:  # a crash may have come between the two
            keep_first(log, last, note)
        refusal = find_refusal(submission, last)
        if refusal is not None:
            if is_fork(submission, last):
                keep_fork(log, Note(submission.note.text, (signature,)))
            return refusal
        now_s = self._now_s()
        if now_s < last.time_s - CLOCK_SLACK_S:
            told = f"{log.key.name}: the clock is {last.time_s - now_s} s before the last signature"
            return _fail("the witness's clock is wrong", told)
        return self._sign(log, submission, signature, max(now_s, last.time_s))

    def _sign(self, log: Log, submission: Submission, signature: Signature, time_s: int) -> Answer:
        text, checkpoint = submission.note.text, submission.checkpoint
        ours = self._key.sign(text, time_s=time_s)
        note = Note(text, (signature, ours))
        keep_latest(log, note)
        # Not before: the first of a month must be one that later ones continue.
        keep_first(log, Head(checkpoint.size, checkpoint.root, time_s), note)
        told = f"{checkpoint.origin} {submission.old}..{checkpoint.size}: signed"
        return Answer(200, f"{ours.line}\n".encode(), told)


def _fail(reason: str, told: str) -> Answer:
    return Answer(500, f"{reason}\n".encode(), told)
