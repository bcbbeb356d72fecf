"""What the objects of a pkcs11 keyring are called, and what the names say.

Decides what belongs to the keyring and what of it can be read; touches no token.

    secret keys      CKA_ID     the key's name
                     CKA_LABEL  fairplate/v1 key NAME until MOMENT
    data objects     CKA_APPLICATION is fairplate/v1; CKA_LABEL and CKA_VALUE are
                     fairplate/v1 keyring           32 hexadecimal digits, this keyring's identity
                     fairplate/v1 making NAME       nothing: the key is being made
                     fairplate/v1 destroyed NAME    MOMENT by which the key was to be gone
                     fairplate/v1 floor DURATION    MOMENT before which no period of this length
                                                    gets a key any more

Names are spelled as in `key_names.py`, moments as ISO 8601 in UTC; all is ASCII. The longest label,
of a case with an id of 64 characters that ends between two seconds, has 125 bytes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import assert_never

from fairplate.core.errors import InputError
from fairplate.core.periods import PERIOD_LENGTHS, Period
from fairplate.vault.key_names import KeyName, latest_end, parse_key_name, period_of

APPLICATION = "fairplate/v1"
_KEY, _UNTIL = f"{APPLICATION} key ", " until "
_DAY_ONE = datetime(1970, 1, 1, tzinfo=UTC)
_DURATIONS = frozenset(Period(_DAY_ONE, length).duration for length in PERIOD_LENGTHS)


class MarkKind(StrEnum):
    """What a data object of the keyring says."""

    IDENTITY = "keyring"
    MAKING = "making"
    DESTROYED = "destroyed"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class KeyLabel:
    """What the id and the label of a secret key say; `destroy_by` is None if they contradict."""

    name: KeyName
    destroy_by: datetime | None


def key_id(name: KeyName) -> bytes:
    """Return the CKA_ID of the key called `name`."""
    return str(name).encode("ascii")


def read_id(text: bytes) -> KeyName | None:
    """Return the name that a CKA_ID spells, or None."""
    try:
        return parse_key_name(_ascii(text), where="token")
    except InputError:
        return None


def key_label(name: KeyName, destroy_by: datetime) -> bytes:
    """Return the CKA_LABEL of the key called `name`."""
    return f"{_KEY}{name}{_UNTIL}".encode("ascii") + write_moment(destroy_by)


def read_key(ident: bytes, label: bytes, now: datetime) -> KeyLabel | None:
    """Return what a secret key's id and label say, or None if the id is no key's name.

    An end later than a period's key may have is none that this keyring wrote.
    """
    name = read_id(ident)
    if name is None:
        return None
    destroy_by = read_moment(label.rpartition(_UNTIL.encode())[2])
    if destroy_by is None or label != key_label(name, destroy_by):
        return KeyLabel(name, None)
    # A case key has no latest end of its own: what `latest_end` says moves with the clock.
    too_late = period_of(name) is not None and destroy_by > latest_end(name, now)
    return KeyLabel(name, None if too_late else destroy_by)


def is_ours(label: bytes) -> bool:
    """Say whether a label claims to be of a Fairplate keyring."""
    return label.startswith(APPLICATION.encode())


def mark_label(kind: MarkKind, of: KeyName | str = "") -> bytes:
    """Return the CKA_LABEL of a data object about `of`: a key's name, or a floor's duration."""
    return f"{APPLICATION} {kind} {of}".rstrip(" ").encode("ascii")


def read_mark(label: bytes) -> tuple[MarkKind, KeyName | str] | None:
    """Return the kind of a data object and what it is about, or None if the label says neither."""
    application, kind, of = ([*_ascii(label).split(" ", maxsplit=2), "", ""])[:3]
    if application != APPLICATION or kind not in set(MarkKind):
        return None
    about: KeyName | str | None
    match MarkKind(kind):
        case MarkKind.IDENTITY:
            about = "" if of == "" else None
        case MarkKind.FLOOR:
            about = of if of in _DURATIONS else None
        case MarkKind.MAKING | MarkKind.DESTROYED:
            about = read_id(of.encode())
        case other:
            assert_never(other)
    if about is None or mark_label(MarkKind(kind), about) != label:
        return None
    return MarkKind(kind), about


def write_moment(moment: datetime) -> bytes:
    """Return the one spelling of `moment`."""
    return moment.astimezone(UTC).isoformat().encode("ascii")


def read_moment(text: bytes) -> datetime | None:
    """Return the moment that `text` spells, or None."""
    try:
        moment = datetime.fromisoformat(_ascii(text))
        whole = moment.utcoffset() is not None and write_moment(moment) == text
    except (ValueError, OverflowError):  # the latter in a zone, at an end of the calendar
        return None
    return moment if whole else None


def _ascii(text: bytes) -> str:
    return text.decode("ascii", "replace")
