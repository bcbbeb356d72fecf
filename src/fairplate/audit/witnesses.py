"""Asking witnesses to countersign a checkpoint (C2SP tlog-witness), each within its time.

Decides which answers count. Leaves to others which witnesses there are, where checkpoints and
cosignatures are kept, and when to ask again. Trusts no answer but a cosignature that holds, so an
address without TLS risks no more than that it is not answered.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from fairplate.audit.witness_calls import CallError, Reply, post
from fairplate.core.clock import Clock
from fairplate.core.errors import FairplateError, InputError
from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.errors import LogFormatError, parse_decimal
from fairplate.verify.notes import KeyType, Note, Signature, VerifierKey, parse_signatures
from fairplate.verify.witness.quorum import witnessed_at
from fairplate.verify.witness.submissions import PATH, SIZE_TYPE, Submission

MAX_CLOCK_DIFFERENCE = timedelta(minutes=5)

_MAX_URL = 2000
_MAX_QUOTED = 120
_OK, _CONFLICT = 200, 409
_REDIRECTS, _SERVER_ERRORS = range(300, 400), range(500, 600)
_PASSING = {408, 429}
_REFUSALS = {
    400: "could not read what it was sent",
    403: "does not trust the log's key",
    404: "does not know the log, or its address is another",
    422: "says that the checkpoint does not continue the one it signed last",
}

Prove = Callable[[int], Sequence[bytes]]
"""Returns the proof that the checkpoint's tree begins with that of a size; called from a thread."""


class WitnessError(FairplateError):
    """One witness did not countersign: `witness NAME: …`; `retryable` as its kind of fault is."""

    def __init__(self, witness: str, problem: str, *, retryable: bool) -> None:
        """Take the witness's key name, and what it did."""
        super().__init__(f"witness {witness}: {problem}")
        self.witness = witness
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness's key for cosignatures, and the address in front of `/add-checkpoint`."""

    key: VerifierKey
    url: str

    def __post_init__(self) -> None:
        """Raise InputError for a key or an address that no witness has."""
        if self.key.type is not KeyType.COSIGNATURE:
            raise InputError(
                f"witness {self.key.name}",
                "key",
                expected="a cosignature/v1 key",
                found="a key for notes",
            )
        object.__setattr__(self, "url", parse_witness_url(self.url))


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The cosignature, and the size that the witness now knows."""

    signature: Signature
    size: int


def parse_witness_url(text: str) -> str:
    """Return the address without a last slash; raise InputError unless http(s)://HOST[:PORT][/…].

    Both are good: what a witness says is signed, so TLS only keeps others from hiding it.
    """
    try:
        parts = urlsplit(text)
        valid = parts.port != 0 and bool((parts.hostname or "").encode("idna"))
    except ValueError:
        valid = False
    if (
        not valid
        or len(text) > _MAX_URL
        or not all("!" <= sign <= "~" for sign in text)
        or parts.scheme not in {"http", "https"}
        or "@" in parts.netloc
        or "?" in text
        or "#" in text
    ):
        raise InputError(
            "witness",
            "url",
            expected="http:// or https://, a host, and at most a port and a path",
            found="something else",  # which may hold a password
        )
    return text.rstrip("/")


def is_witnessed(note: Note, keys: Iterable[VerifierKey], quorum: int) -> bool:
    """Say whether at least `quorum` of the witnesses signed; for a quorum of 0, never."""
    return witnessed_at(note, keys, quorum) is not None


def ask_witness(
    witness: Witness, note: Note, *, old: int, prove: Prove, clock: Clock, timeout: timedelta
) -> Cosigned:
    """Return the witness's cosignature of `note`, a checkpoint signed by its log.

    `old` is the size that it signed last, as far as known, or 0. If it knows another one it is
    asked once more, with the proof from there. Raises WitnessError.
    """
    size = parse_checkpoint(note.text).size
    deadline = time.monotonic() + timeout.total_seconds()

    def submit(old: int) -> Reply:
        return _post(witness, _prepare(witness, note, old, size, prove), deadline)

    if old > size:  # what is known is wrong, and an old size of 0 asks for it
        old = 0
    reply = submit(old)
    if reply.status == _CONFLICT:
        old = _read_known_size(witness, reply, old, size)
        reply = submit(old)
    if reply.status == _CONFLICT:
        _read_known_size(witness, reply, old, size)
        problem = "signed another checkpoint while it was asked (409)"
        raise WitnessError(witness.key.name, problem, retryable=True)
    return Cosigned(_find_cosignature(witness, note, reply, clock), size)


def ask_witnesses(
    witnesses: Sequence[Witness],
    note: Note,
    *,
    known: Mapping[str, int],
    prove: Prove,
    clock: Clock,
    timeout: timedelta,
) -> tuple[list[Signature], list[WitnessError], dict[str, int]]:
    """Ask all at the same time; return cosignatures, faults, and the sizes now known.

    Sizes stand under the spelling of the witness's key. Returns at the latest after `timeout`;
    whoever has not answered by then is given up.
    """
    answers: queue.SimpleQueue[tuple[Witness, Cosigned | WitnessError]] = queue.SimpleQueue()

    def ask(witness: Witness) -> None:
        old = known.get(str(witness.key), 0)
        answer: Cosigned | WitnessError
        try:
            answer = ask_witness(witness, note, old=old, prove=prove, clock=clock, timeout=timeout)
        except WitnessError as error:
            answer = error
        answers.put((witness, answer))

    deadline = time.monotonic() + timeout.total_seconds()
    for witness in witnesses:
        # Daemons, since a name server that hangs must not keep the process from ending.
        threading.Thread(target=ask, args=(witness,), name="witness", daemon=True).start()
    return _gather(witnesses, answers, dict(known), deadline)


def _gather(
    witnesses: Sequence[Witness],
    answers: "queue.SimpleQueue[tuple[Witness, Cosigned | WitnessError]]",
    sizes: dict[str, int],
    deadline: float,
) -> tuple[list[Signature], list[WitnessError], dict[str, int]]:
    found: dict[Witness, Cosigned | WitnessError] = {}
    while len(found) < len(set(witnesses)):
        try:
            witness, answer = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[witness] = answer
    signatures, errors = [], []
    for witness in dict.fromkeys(witnesses):
        late = WitnessError(witness.key.name, "did not answer in time", retryable=True)
        answer = found.get(witness, late)
        if isinstance(answer, WitnessError):
            errors.append(answer)
        else:
            signatures.append(answer.signature)
            sizes[str(witness.key)] = answer.size
    return signatures, errors, sizes


def _prepare(witness: Witness, note: Note, old: int, size: int, prove: Prove) -> Submission:
    fault: FairplateError | LogFormatError
    try:
        return Submission(old, () if old in {0, size} else tuple(prove(old)), note)
    except (FairplateError, LogFormatError) as error:
        fault = error
    retryable = isinstance(fault, FairplateError) and fault.retryable
    problem = f"could not be given a proof: {fault}"
    raise WitnessError(witness.key.name, problem, retryable=retryable) from fault


def _post(witness: Witness, submission: Submission, deadline: float) -> Reply:
    try:
        return post(witness.url + PATH, submission.data, deadline)
    except CallError as error:
        raise WitnessError(witness.key.name, str(error), retryable=error.retryable) from None


def _read_known_size(witness: Witness, reply: Reply, old: int, size: int) -> int:
    """Return the size that it signed last, from which the checkpoint may continue."""
    known = old
    if reply.content_type == SIZE_TYPE:
        with contextlib.suppress(UnicodeDecodeError, LogFormatError):
            known = parse_decimal(reply.body.decode("ascii").removesuffix("\n"), "size")
    if old != known <= size:
        return known
    if known > size:
        problem = f"signed {known} entries of this log already (409), the checkpoint has {size}"
    elif old == size:
        problem = f"signed another checkpoint with {size} entries (409): the log has forked"
    else:
        problem = "refused (409) without the size of another checkpoint that it signed"
    raise WitnessError(witness.key.name, problem, retryable=False)


def _find_cosignature(witness: Witness, note: Note, reply: Reply, clock: Clock) -> Signature:
    name = witness.key.name
    if reply.status != _OK:
        passing = reply.status in _PASSING or reply.status in _SERVER_ERRORS
        problem = _describe(reply, _REFUSALS.get(reply.status, "refused"))
        raise WitnessError(name, problem, retryable=passing)
    try:
        given = parse_signatures(reply.body.decode())
    except (UnicodeDecodeError, LogFormatError):
        raise WitnessError(
            name, "answered with something else than signatures", retryable=False
        ) from None
    ours = [signature for signature in given if signature.is_by(witness.key)]
    if not ours:
        raise WitnessError(name, "answered without a cosignature by its key", retryable=False)
    found = Note(note.text, tuple(ours)).signature_by(witness.key)
    if found is None:
        raise WitnessError(name, "answered with a cosignature that does not hold", retryable=False)
    apart = abs(found.time_s - int(clock().timestamp()))
    if apart > MAX_CLOCK_DIFFERENCE.total_seconds():
        problem = f"signed for a time that is {apart} s from this clock's"
        raise WitnessError(name, problem, retryable=False)
    return found


def _describe(reply: Reply, meaning: str) -> str:
    """Return what the status means, and what a person may read of the answer."""
    if reply.status in _REDIRECTS:
        return f"answered with a redirect ({reply.status}), which is not followed"
    said = reply.body[:_MAX_QUOTED].decode("ascii", "replace").partition("\n")[0]
    said = "".join(sign for sign in said if " " <= sign <= "~")
    return f"{meaning} ({reply.status})" + (f": {said}" if said else "")
