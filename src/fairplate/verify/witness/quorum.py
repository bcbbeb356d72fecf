"""When a checkpoint counts as witnessed: its cosignatures, the keys that count, and how many."""

from collections.abc import Iterable

from fairplate.verify.notes import KeyType, Note, VerifierKey


def witnessed_at(note: Note, keys: Iterable[VerifierKey], quorum: int) -> int | None:
    """Return the POSIX time at which `quorum` of the witnesses had signed; None if fewer have.

    A quorum of 0 says that no witnesses are used: then nothing is witnessed. One public key is one
    witness, under however many names.
    """
    times: dict[bytes, int] = {}
    for key in keys:
        if key.type is not KeyType.COSIGNATURE:
            continue
        for signature in note.signatures:
            if signature.holds(key, note.text):
                earliest = times.get(key.public, signature.time_s)
                times[key.public] = min(earliest, signature.time_s)
    return sorted(times.values())[quorum - 1] if 1 <= quorum <= len(times) else None
