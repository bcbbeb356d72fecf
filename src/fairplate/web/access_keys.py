"""Which reader sends a request, by its key: as a bearer token, or as the password of Basic.

Decides what is believed for how long: a key that ended is refused within five seconds, and a
disabled reader's reads are refused by the intake at once.
"""

import base64
import binascii
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus

from fairplate.deployment.access_keys import reader_of_key
from fairplate.storage.database import Database
from fairplate.web.problems import Problem

BELIEVED_S = 5.0
_MOST_BELIEVED = 1_000
_LONGEST_HEADER = 512
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="fairplate", Basic realm="fairplate"'}


@dataclass(slots=True)
class AccessKeys:
    """Tells readers apart; for one thread, which may be the event loop's."""

    database: Database
    _believed: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)

    def reader_of(self, authorization: str | None) -> str:
        """Return the reader's id; Problem 401 for a header without a key that counts."""
        key = key_in(authorization)
        if key is None:
            raise refused()
        reader_id, until_s = self._believed.get(key, (None, 0.0))
        if reader_id is not None and time.monotonic() < until_s:
            return reader_id
        with self.database.reading() as connection:
            found = reader_of_key(connection, key)
        self._believed.pop(key, None)
        if found is None:
            raise refused()
        self._believed[key] = found, time.monotonic() + BELIEVED_S
        while len(self._believed) > _MOST_BELIEVED:
            self._believed.popitem(last=False)
        return found


def key_in(authorization: str | None) -> str | None:
    """Return the key that an Authorization header holds (RFC 6750, RFC 7617), if any."""
    if authorization is None or len(authorization) > _LONGEST_HEADER:
        return None
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return decoded.partition(":")[2] or None


def refused() -> Problem:
    """Return what a request without a key that counts is answered."""
    return Problem(HTTPStatus.UNAUTHORIZED, "a reader's key is needed", dict(_CHALLENGE))
