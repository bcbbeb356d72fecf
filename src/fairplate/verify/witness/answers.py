"""What a witness answers: every rule of tlog-witness's add-checkpoint, without signing anything."""

from dataclasses import dataclass

from fairplate.verify.tree import EMPTY_ROOT, proves_consistency
from fairplate.verify.witness.submissions import SIZE_TYPE, Submission

TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and its type; `told` says for the witness's own log what happened."""

    status: int
    body: bytes
    told: str
    content_type: str = TEXT_TYPE


@dataclass(frozen=True, slots=True)
class Head:
    """What the witness signed last of a log, and when (POSIX)."""

    size: int
    root: bytes
    time_s: int


NOTHING_SIGNED = Head(0, EMPTY_ROOT, 0)


def refuse(status: int, reason: str, about: str = "") -> Answer:
    """Return a refusal that tells its reason; the own log also hears what it was about."""
    return Answer(status, f"{reason}\n".encode(), f"{about}: {reason}" if about else reason)


def find_refusal(submission: Submission, last: Head) -> Answer | None:
    """Return why a checkpoint that its log did sign is not cosigned after `last`; None if it is."""
    checkpoint = submission.checkpoint
    asked = f"{checkpoint.origin} {submission.old}..{checkpoint.size}"
    if submission.old > checkpoint.size:
        return refuse(400, "the old size is above the checkpoint's", asked)
    if submission.old != last.size:
        return _tell_size(last, f"{asked}: signed {last.size} last")
    if is_fork(submission, last):
        return _tell_size(last, f"{asked}: ANOTHER ROOT of the size signed last")
    if not proves_consistency(
        last.size, last.root, checkpoint.size, checkpoint.root, submission.proof
    ):
        return refuse(422, "the proof does not lead here from what was signed last", asked)
    return None


def is_fork(submission: Submission, last: Head) -> bool:
    """Say whether the log signed two roots of one size, of which `last` has one."""
    checkpoint = submission.checkpoint
    return checkpoint.size == last.size and checkpoint.root != last.root


def _tell_size(last: Head, told: str) -> Answer:
    return Answer(409, f"{last.size}\n".encode(), told, SIZE_TYPE)
