"""The objects of a pkcs11 keyring in a token: secret keys, and marks about them.

Decides what a whole key is, and in which order objects are made and destroyed, so that a crash
between two calls leaves no key that derives past its time. Every method raises PKCS11Error.

A token makes a key in one call, but not every token does so at once: killed inside that call,
SoftHSM leaves a key without a value. So a mark says that a key is being made; a key that is not
whole and has this mark was never used and is destroyed. A key is destroyed after its tombstone is
there, which alone stops its use. Where there is no room for the tombstone the key goes first.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pkcs11 import (
    Attribute,
    KeyType,
    Mechanism,
    MechanismFlag,
    Object,
    ObjectClass,
    PKCS11Error,
    Session,
    SignMixin,
)

from fairplate.core.periods import Period
from fairplate.vault.key_names import KeyName, latest_end
from fairplate.vault.keyrings.pkcs11 import labels
from fairplate.vault.keyrings.pkcs11.labels import APPLICATION, KeyLabel, MarkKind
from fairplate.vault.keyrings.pkcs11.listing import Contents, TokenKey
from fairplate.vault.seal import SECRET_BYTES

_MADE_WITH: dict[Attribute, bool] = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.COPYABLE: False,
}
_WHOLE: dict[Attribute, bool] = _MADE_WITH | {
    Attribute.TOKEN: True,
    Attribute.LOCAL: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.SIGN: True,
    Attribute.VERIFY: False,
    Attribute.ENCRYPT: False,
    Attribute.DECRYPT: False,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
    Attribute.DERIVE: False,
}
_SECRET_KEYS = {Attribute.CLASS: ObjectClass.SECRET_KEY}
_KEY_TYPES = (KeyType.GENERIC_SECRET, KeyType.SHA256_HMAC)
_READ = [Attribute.ID, Attribute.LABEL, Attribute.KEY_TYPE, Attribute.VALUE_LEN, *_WHOLE]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A data object of the keyring; `moment` is None where its value is none."""

    kind: MarkKind
    of: KeyName | str
    moment: datetime | None
    handle: Object


class TokenObjects:
    """What one session finds and does at one time."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Take a session that is logged in, read and write."""
        self._session = session
        self._now = now

    def is_empty(self) -> bool:
        """Say whether nothing in the token claims to be of a keyring."""
        contents = self.contents()
        return not (contents.keys or contents.strangers or self._find_marks())

    def key(self, name: KeyName) -> TokenKey | None:
        """Return the key called `name`, or None if there is none."""
        keys, _ = self._read_keys({**_SECRET_KEYS, Attribute.ID: labels.key_id(name)})
        return keys[0] if keys else None

    def has_mark(self, kind: MarkKind, of: KeyName) -> bool:
        """Say whether there is a mark of this kind about `of`."""
        return bool(self._find_marks(labels.mark_label(kind, of)))

    def floor(self, period: Period) -> datetime | None:
        """Return the floor of the periods as long as `period`; None is no floor yet."""
        label = labels.mark_label(MarkKind.FLOOR, period.duration)
        moments = [_read_moment(handle) for handle in self._find_marks(label)]
        return max((moment for moment in moments if moment is not None), default=None)

    def contents(self) -> Contents:
        """Return all that claims to be of the keyring."""
        keys, others = self._read_keys(_SECRET_KEYS)
        marks, strange = self._read_marks()
        tombstones = {name: mark.moment for name, mark in _about_keys(marks, MarkKind.DESTROYED)}
        strangers = sorted((*filter(labels.is_ours, others), *strange))
        spoken = tuple(ascii(label.decode("utf-8", "replace")) for label in strangers)
        return Contents(keys, tombstones, spoken)

    def make_mark(self, kind: MarkKind, of: KeyName | str = "", value: bytes = b"") -> Object:
        """Make a data object of the keyring."""
        return self._session.create_object(
            {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: True,
                Attribute.MODIFIABLE: False,
                Attribute.APPLICATION: APPLICATION,
                Attribute.LABEL: labels.mark_label(kind, of),
                Attribute.VALUE: value,
            }
        )

    def make_key(self, name: KeyName, destroy_by: datetime) -> TokenKey:
        """Make the secret called `name` in the token; if it is not whole nothing is left of it."""
        making = self.make_mark(MarkKind.MAKING, name)
        handle = self._session.generate_key(
            KeyType.GENERIC_SECRET,
            SECRET_BYTES * 8,
            id=labels.key_id(name),
            store=True,
            capabilities=MechanismFlag.SIGN,
            mechanism=Mechanism.GENERIC_SECRET_KEY_GEN,
            template={**_MADE_WITH, Attribute.LABEL: labels.key_label(name, destroy_by)},
        )
        key = self.key(name)
        if key is None or key.wrong:
            handle.destroy()
        making.destroy()
        return key or TokenKey(name, None, ("existence",), ())

    def destroy(self, name: KeyName, destroy_by: datetime) -> None:
        """Destroy all keys called `name` and leave a tombstone until `destroy_by`."""
        value = labels.write_moment(destroy_by)
        try:
            self.make_mark(MarkKind.DESTROYED, name, value)
        except PKCS11Error:
            # Full, perhaps. The key's end is worth more than its tombstone, and makes room for it.
            self._destroy_keys(name)
            self.make_mark(MarkKind.DESTROYED, name, value)
        self._destroy_keys(name)

    def finish_interrupted(self) -> None:
        """Go on where a crash stopped a make or a destruction, and end what is over."""
        marks, _ = self._read_marks()
        destroyed = {name for name, _ in _about_keys(marks, MarkKind.DESTROYED)}
        if destroyed:  # one pass over all keys is quicker than a search for each name
            for handle in list(self._session.get_objects(_SECRET_KEYS)):
                if labels.read_id(_read_bytes(handle, Attribute.ID)) in destroyed:
                    handle.destroy()
        for name, making in _about_keys(marks, MarkKind.MAKING):
            key = self.key(name)
            if key is not None and key.wrong:
                self._destroy_keys(name)
            making.handle.destroy()
        self._remove_tombstones(marks)

    def remove_tombstones(self) -> None:
        """Remove those whose time is over, once a floor says the same of the periods among them."""
        self._remove_tombstones(self._read_marks()[0])

    def sign(self, key: TokenKey, message: bytes) -> bytes:
        """Return HMAC-SHA256 of `message` under the secret of a whole key; 32 bytes."""
        signer = cast("SignMixin", key.handles[0])
        signature: bytes = signer.sign(message, mechanism=Mechanism.SHA256_HMAC)
        return signature

    def _remove_tombstones(self, marks: Sequence[_Mark]) -> None:
        over = [
            (name, mark)
            for name, mark in _about_keys(marks, MarkKind.DESTROYED)
            if (mark.moment or latest_end(name, self._now)) <= self._now
        ]
        highest: dict[str, Period] = {}
        for period in sorted(name for name, _ in over if isinstance(name, Period)):
            highest[period.duration] = period
        # A tombstone says all that its floor does, so that no room for the floor is no failure.
        with contextlib.suppress(PKCS11Error):
            for period in highest.values():
                self._raise_floor(period)
            for _, mark in over:
                mark.handle.destroy()

    def _raise_floor(self, period: Period) -> None:
        floor = self.floor(period)
        if floor is None or floor < period.end:
            lower = self._find_marks(labels.mark_label(MarkKind.FLOOR, period.duration))
            moment = labels.write_moment(period.end)
            self.make_mark(MarkKind.FLOOR, period.duration, moment)
            for handle in lower:
                handle.destroy()

    def _destroy_keys(self, name: KeyName) -> None:
        key = self.key(name)
        for handle in key.handles if key is not None else ():
            handle.destroy()

    def _find_marks(self, label: bytes | None = None) -> list[Object]:
        template = {Attribute.CLASS: ObjectClass.DATA, Attribute.APPLICATION: APPLICATION}
        narrower = {} if label is None else {Attribute.LABEL: label}
        return list(self._session.get_objects({**template, **narrower}))

    def _read_marks(self) -> tuple[list[_Mark], list[bytes]]:
        """Return the data objects of the keyring, and the labels of those that say nothing."""
        marks, strange = [], []
        for handle in self._find_marks():
            label = _read_bytes(handle, Attribute.LABEL)
            moment = _read_moment(handle)
            said = labels.read_mark(label)
            if said is None or (said[0] is MarkKind.FLOOR and moment is None):
                strange.append(label)
            else:
                marks.append(_Mark(*said, moment, handle))
        return marks, strange

    def _read_keys(self, template: dict[Attribute, Any]) -> tuple[list[TokenKey], list[bytes]]:
        """Return the keys of the keyring, one a name, and the labels of others."""
        keys: dict[KeyName, TokenKey] = {}
        others = []
        for handle in list(self._session.get_objects(template)):
            read = handle.get_attributes(_READ)
            label: bytes = read.get(Attribute.LABEL, b"")
            said = labels.read_key(read.get(Attribute.ID, b""), label, self._now)
            if said is None:
                others.append(label)
            elif said.name in keys:
                handles = (*keys[said.name].handles, handle)
                keys[said.name] = TokenKey(said.name, None, ("NUMBER",), handles)
            else:
                wrong = tuple(attribute.name for attribute in _find_wrong(read, said))
                keys[said.name] = TokenKey(said.name, said.destroy_by, wrong, (handle,))
        return list(keys.values()), others


def _find_wrong(read: Mapping[Attribute, Any], said: KeyLabel) -> Iterator[Attribute]:
    if said.destroy_by is None:
        yield Attribute.LABEL
    if read.get(Attribute.KEY_TYPE) not in _KEY_TYPES:
        yield Attribute.KEY_TYPE
    if read.get(Attribute.VALUE_LEN) != SECRET_BYTES:
        yield Attribute.VALUE_LEN
    for attribute, value in _WHOLE.items():
        if read.get(attribute) is not value:
            yield attribute


def _about_keys(marks: Iterable[_Mark], kind: MarkKind) -> list[tuple[KeyName, _Mark]]:
    named = [(mark.of, mark) for mark in marks if mark.kind is kind]
    return [(of, mark) for of, mark in named if not isinstance(of, str)]


def _read_moment(handle: Object) -> datetime | None:
    return labels.read_moment(_read_bytes(handle, Attribute.VALUE))


def _read_bytes(handle: Object, attribute: Attribute) -> bytes:
    """Return an attribute that others' objects need not have; nothing then."""
    value: bytes = handle.get_attributes([Attribute.CLASS, attribute]).get(attribute, b"")
    return value
