"""Sealed reads in the database: stored in batches, found and opened only by naming the plate.

Decides which rows a set of row keys finds. Leaves to `seal.py` the bytes, to `grants.py` whether
anybody may look. Nothing here, or anywhere, lists rows or opens one without its plate.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from fairplate.storage.rows import find_sealed_reads, insert_sealed_reads
from fairplate.vault.errors import SealedRowError
from fairplate.vault.payloads import OpenedRead, decode_read
from fairplate.vault.register import RegisteredKey
from fairplate.vault.seal import (
    NONCE_BYTES,
    ReaderKey,
    RowKey,
    SealedRow,
    open_row,
    seal_read,
)


@dataclass(frozen=True, slots=True)
class ReadToSeal:
    """One read before sealing: the key of its reader in its period, its plate, its payload."""

    key_id: int
    reader_key: ReaderKey
    plate: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A row that was found: the read and its payload, or why it does not open."""

    read: OpenedRead | None
    payload: bytes = field(default=b"", repr=False)
    error: SealedRowError | None = None


def store_reads(
    connection: sa.Connection, reads: Sequence[ReadToSeal], random_bytes: Callable[[int], bytes]
) -> None:
    """Seal `reads` and insert the rows."""
    insert_sealed_reads(connection, seal_reads(reads, random_bytes))


def seal_reads(
    reads: Sequence[ReadToSeal], random_bytes: Callable[[int], bytes]
) -> list[tuple[int, bytes, bytes, bytes]]:
    """Return the rows of `reads`: key id, token, nonce, ciphertext."""
    nonces = random_bytes(NONCE_BYTES * len(reads))
    rows = []
    for number, read in enumerate(reads):
        nonce = nonces[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
        token, ciphertext = seal_read(read.reader_key, read.plate, read.payload, nonce)
        rows.append((read.key_id, token, nonce, ciphertext))
    return rows


def open_reads(
    connection: sa.Connection, key: RegisteredKey, row_keys: Sequence[RowKey]
) -> Iterator[Found]:
    """Yield what lies under `row_keys`, all of the period of `key`."""
    by_token = {row_key.token: row_key for row_key in row_keys}
    seen = set()  # a row that somebody copied is one read
    for token, nonce, ciphertext in find_sealed_reads(connection, key.id, list(by_token)):
        if (token, nonce) in seen:
            continue
        seen.add((token, nonce))
        row_key = by_token[token]
        try:
            payload = open_row(row_key, SealedRow(row_key.period, token, nonce, ciphertext))
            yield Found(decode_read(payload), payload)
        except SealedRowError as error:
            yield Found(None, error=error)
