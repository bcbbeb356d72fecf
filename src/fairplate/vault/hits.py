"""The hits of named plates, among the records that alerts name: for who asks what is kept of them.

Decides which of them lie within the grant; the others are opened to see that, and forgotten. Hits
cannot be found by plate, so whoever calls names the records. Leaves the event to its use of the
same grant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fairplate.core.errors import InputError
from fairplate.policy.rules import Policy, is_past
from fairplate.vault.approval import Approval, Grant, require_grant_of_hits
from fairplate.vault.errors import KeyUnusableError, SealedRowError
from fairplate.vault.kept_records import Part, open_kept_record
from fairplate.vault.payloads import OpenedRead, decode_read
from fairplate.vault.register import due_now, find_living_key
from fairplate.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class FoundHits:
    """What was found, by time of capture. `damaged`: records that do not open."""

    reads: tuple[OpenedRead, ...] = field(repr=False)
    damaged: tuple[SealedRowError, ...] = ()


def find_hits(
    vault: Vault, record_ids: Iterable[str], grant: Grant, approval: Approval, policy: Policy
) -> FoundHits:
    """Return the reads among `record_ids` of exactly the plates that `grant` names.

    Records whose time is over are as good as gone. Raises PolicyError if the grant may not be used,
    and KeyringStorageError, StorageError.
    """
    now = vault.recorder.clock()
    require_grant_of_hits(grant, approval, policy, now=now)
    reads, damaged = [], []
    with vault.database.reading() as connection:
        for record_id in record_ids:
            try:
                name, parts = open_kept_record(connection, vault.keyring, record_id)
                found = decode_read(parts[Part.READ])
            except (KeyUnusableError, InputError):
                continue  # its time is over, or it is gone since it was named
            except SealedRowError as error:
                damaged.append(error)
                continue
            key = find_living_key(connection, name)
            if key is None or is_past(due_now(key, policy), now):
                continue
            if _is_within(found, grant):
                reads.append(found)
    reads.sort(key=lambda one: one.captured_at)
    return FoundHits(tuple(reads), tuple(damaged))


def _is_within(found: OpenedRead, grant: Grant) -> bool:
    return (
        found.read.plate in grant.plates
        and found.reader_id in grant.reader_ids
        and grant.captured_from <= found.captured_at < grant.captured_until
    )
