"""The keys by which readers send reads over the network: made, shown once, ended.

Decides what a key may look like. A key lets its reader send reads and nothing else. Only its digest
is kept: a key has 256 random bits, so no slow hash is needed (NIST SP 800-63B, 5.1.2.2).
"""

import base64
import hashlib
import re

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.core.errors import InputError
from fairplate.deployment.readers import read_readers
from fairplate.storage.schema import access_keys, readers

MOST_KEYS = 2
"""A reader has the key that is being replaced and the one that replaces it."""

_SECRET_BYTES = 32
_PREFIX = "fpr1_"  # what scanners for secrets that leaked can look for
_KEY = re.compile(r"fpr1_[A-Za-z0-9_-]{43}")
_DIGEST_OF = b"fairplate/v1/reader-key\0"


def make_access_key(
    connection: sa.Connection, recorder: Recorder, reader_id: str, *, keep_old: bool
) -> str:
    """Return a new key of a reader, with its event; older ones end unless `keep_old`.

    Raises InputError unless the reader is enrolled, or if it would have too many keys.
    """
    known = read_readers(connection, [reader_id]).get(reader_id)
    if known is None or known.disabled_at is not None:
        found = "none of that id" if known is None else "a disabled one"
        raise InputError("reader", "id", expected="an enrolled reader", found=found)
    of_reader = access_keys.c.reader_id == reader_id
    ended = 0
    if not keep_old:
        ended = connection.execute(sa.delete(access_keys).where(of_reader)).rowcount
    count = sa.select(sa.func.count()).select_from(access_keys).where(of_reader)
    if connection.execute(count).scalar_one() >= MOST_KEYS:
        expected = f"at most {MOST_KEYS} at a time"
        raise InputError("reader", "keys", expected=expected, found="one more")
    secret = base64.urlsafe_b64encode(recorder.random_bytes(_SECRET_BYTES)).decode().rstrip("=")
    key = f"{_PREFIX}{secret}"
    made_at = recorder.clock()
    row = {"digest": _digest(key), "reader_id": reader_id, "made_at": made_at}
    connection.execute(sa.insert(access_keys).values(row))
    recorder.record(
        connection,
        EventType.READER_KEYED,
        public={"reader": reader_id, "ended": ended},
        private={},
    )
    return key


def reader_of_key(connection: sa.Connection, key: str) -> str | None:
    """Return whose key it is; None for a text that is none, or of a reader that is disabled.

    What is compared is a digest: how long that takes tells nothing of any key.
    """
    if _KEY.fullmatch(key) is None:
        return None
    query = (
        sa.select(access_keys.c.reader_id)
        .join(readers, readers.c.id == access_keys.c.reader_id)
        .where(access_keys.c.digest == _digest(key), readers.c.disabled_at.is_(None))
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else str(found)


def _digest(key: str) -> bytes:
    return hashlib.sha256(_DIGEST_OF + key.encode()).digest()
