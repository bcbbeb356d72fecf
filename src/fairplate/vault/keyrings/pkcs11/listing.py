"""What is known of each key, from what lies in the token.

Decides the state of each key and what a health check is told; touches no token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fairplate.vault.key_names import KeyName, latest_end
from fairplate.vault.keyring import KeptKey, KeyState

if TYPE_CHECKING:
    from pkcs11 import Object

_TOLD = {
    KeyState.DUE: "the key is past its time and must be destroyed",
    KeyState.DAMAGED: "it derives nothing and can only be destroyed",
    KeyState.HALF_DESTROYED: "the destruction was interrupted; opening the keyring finishes it",
}


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The secret keys of one name: one, unless somebody else put others there.

    `destroy_by` is what the label says, None if that is no whole label. `wrong` names what is not
    as this keyring makes it; with any of it the key is damaged.
    """

    name: KeyName
    destroy_by: datetime | None
    wrong: tuple[str, ...]
    handles: "tuple[Object, ...]"


@dataclass(frozen=True, slots=True)
class Contents:
    """All that claims to be of the keyring.

    A tombstone's moment is None if it says none; `strangers` are labels that are none of ours.
    """

    keys: Sequence[TokenKey]
    tombstones: Mapping[KeyName, datetime | None]
    strangers: Sequence[str]


def kept_key(key: TokenKey, now: datetime) -> KeptKey:
    """Return what is known of a key that has no tombstone."""
    if key.wrong or key.destroy_by is None:
        return KeptKey(key.name, latest_end(key.name, now), KeyState.DAMAGED)
    state = KeyState.LIVE if now < key.destroy_by else KeyState.DUE
    return KeptKey(key.name, key.destroy_by, state)


def kept_keys(contents: Contents, now: datetime) -> tuple[KeptKey, ...]:
    """Return what is known of each key, by spelling; destroyed ones only before their time."""
    there = {key.name for key in contents.keys}
    listed = [kept_key(key, now) for key in contents.keys if key.name not in contents.tombstones]
    for name, moment in contents.tombstones.items():
        end = moment or latest_end(name, now)
        if name in there:
            listed.append(KeptKey(name, end, KeyState.HALF_DESTROYED))
        elif now < end:
            listed.append(KeptKey(name, end, KeyState.DESTROYED))
    return tuple(sorted(listed, key=lambda kept: str(kept.name)))


def find_problems(contents: Contents, now: datetime, where: str) -> tuple[str, ...]:
    """Return one sentence for each thing that is not as it should be; `where` is the token."""
    wrong = {key.name: key.wrong for key in contents.keys}
    found = []
    for kept in kept_keys(contents, now):
        if kept.state in _TOLD:
            why = f"{speak_wrong(wrong[kept.name])}; " if kept.state is KeyState.DAMAGED else ""
            found.append(f"key {kept.name}: {why}{_TOLD[kept.state]}")
    strangers = (f"{where}: {label} is no object of a keyring" for label in contents.strangers)
    return (*found, *strangers)


def speak_wrong(wrong: Sequence[str]) -> str:
    """Return what is wrong with a key as part of a sentence."""
    return f"its {', '.join(wrong)} is not as this keyring makes keys"
