"""Hits and held reads in the database: a random id, and parts that are sealed one by one.

Decides what the parts are called. A record says nothing without its key and cannot be found by
plate; whoever holds its id (an alert, a case) may ask for it. Leaves to policy how long its key
lives.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

import sqlalchemy as sa

from fairplate.core.errors import InputError
from fairplate.core.periods import Period
from fairplate.storage.schema import kept_records, vault_keys
from fairplate.vault.errors import SealedRowError
from fairplate.vault.key_names import OwnKeyName, parse_key_name
from fairplate.vault.keyring import Keyring
from fairplate.vault.seal import NONCE_BYTES, OwnKey, SealedRecord, open_record, seal_record

ID_BYTES = 16


class Part(StrEnum):
    """One part of a record."""

    READ = "read"  # as payloads.py writes it
    MATCHES = "matches"  # the entries it matched, as JSON
    CROP = "crop"  # the plate cut out, JPEG
    BLURRED = "blurred"  # the picture, blurred outside the plate, JPEG


def keep_record(
    connection: sa.Connection,
    key_id: int,
    own_key: OwnKey,
    parts: Mapping[Part, bytes],
    *,
    random_bytes: Callable[[int], bytes],
) -> str:
    """Seal `parts` under `own_key`, insert them as one record, and return its id."""
    record_id = random_bytes(ID_BYTES).hex()
    _insert_parts(connection, key_id, own_key, record_id, parts, random_bytes=random_bytes)
    return record_id


def open_kept_record(
    connection: sa.Connection, keyring: Keyring, record_id: str
) -> tuple[OwnKeyName, dict[Part, bytes]]:
    """Return the name of the record's key and its parts.

    Raises InputError if there is no such record, SealedRowError if one part was altered or the read
    itself is missing, and KeyUnusableError if its time is over.
    """
    query = (
        sa.select(kept_records, vault_keys.c.name)
        .join(vault_keys, vault_keys.c.id == kept_records.c.key_id)
        .where(kept_records.c.id == record_id)
    )
    rows = connection.execute(query).all()
    if not rows:
        raise InputError("record", "id", expected="one that is kept", found="none")
    name = parse_key_name(rows[0].name, where="vault_keys")
    if isinstance(name, Period) or Part.READ not in {row.part for row in rows}:
        found = "one that was altered"
        raise SealedRowError(f"sealed record {record_id}: expected a whole one, found {found}")
    own_key = keyring.own_key(name)
    parts = {}
    for row in rows:
        sealed = SealedRecord(f"{record_id}/{row.part}", row.nonce, row.ciphertext)
        parts[Part(row.part)] = open_record(own_key, sealed)
    return name, parts


def reseal_record(
    connection: sa.Connection,
    key_ids: tuple[int, int],
    own_key: OwnKey,
    record_id: str,
    parts: Mapping[Part, bytes],
    *,
    random_bytes: Callable[[int], bytes],
) -> None:
    """Move a record from the first of `key_ids` to the second, whose key is `own_key`.

    What was sealed under the first is deleted. Raises InputError if it lies there no longer.
    """
    old_key_id, key_id = key_ids
    deleted = connection.execute(
        sa.delete(kept_records).where(
            kept_records.c.id == record_id, kept_records.c.key_id == old_key_id
        )
    )
    if not deleted.rowcount:
        raise InputError("record", "id", expected="one that is kept", found="one moved meanwhile")
    _insert_parts(connection, key_id, own_key, record_id, parts, random_bytes=random_bytes)


def list_record_ids(connection: sa.Connection, key_id: int) -> tuple[str, ...]:
    """Return the ids of the records under a key."""
    query = sa.select(kept_records.c.id).where(kept_records.c.key_id == key_id).distinct()
    return tuple(connection.execute(query.order_by(kept_records.c.id)).scalars())


def delete_records(connection: sa.Connection, key_id: int) -> None:
    """Delete every record under a key."""
    connection.execute(sa.delete(kept_records).where(kept_records.c.key_id == key_id))


def _insert_parts(
    connection: sa.Connection,
    key_id: int,
    own_key: OwnKey,
    record_id: str,
    parts: Mapping[Part, bytes],
    *,
    random_bytes: Callable[[int], bytes],
) -> None:
    rows = []
    for part, payload in parts.items():
        nonce = random_bytes(NONCE_BYTES)
        sealed = seal_record(own_key, f"{record_id}/{part}", payload, nonce)
        rows.append(
            {
                "id": record_id,
                "part": part.value,
                "key_id": key_id,
                "nonce": nonce,
                "ciphertext": sealed.ciphertext,
            }
        )
    connection.execute(sa.insert(kept_records), rows)
