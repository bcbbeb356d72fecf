"""What is done for each read before the transaction: refusal, keys, matches, the pictures of hits.

Nothing is stored here but keys that are new. Hot lists are asked, and pictures cut, outside of the
transaction, because both take longer than storing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairplate.core.errors import InputError
from fairplate.core.periods import Period
from fairplate.core.purposes import Purpose
from fairplate.hotlists.match import Match, match_fields
from fairplate.intake.arriving import Arriving, Matcher
from fairplate.intake.setting import Setting
from fairplate.policy.arrivals import (
    Place,
    Reader,
    Refused,
    hits_period,
    place_read,
)
from fairplate.policy.rules import Policy, destroy_by, is_past
from fairplate.reading.hit_pictures import cut_hit_pictures
from fairplate.vault.current_keys import CurrentKeys
from fairplate.vault.kept_records import Part
from fairplate.vault.key_names import HitsKeyName
from fairplate.vault.payloads import encode_read
from fairplate.vault.register import RegisteredKey
from fairplate.vault.seal import OwnKey, ReaderKey, make_receipt


@dataclass(frozen=True, slots=True)
class Receipt:
    """By what a read is known when it is sent again: the key it is made under, and the bytes."""

    key: RegisteredKey
    digest: bytes


@dataclass(frozen=True, slots=True)
class HitToKeep:
    """A hit before sealing; `matches` are those that permit keeping it."""

    key: RegisteredKey
    own_key: OwnKey
    matches: tuple[Match, ...] = field(repr=False)
    parts: Mapping[Part, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A read with all that the transaction needs. No receipt: its period's key cannot be used."""

    arriving: Arriving
    refused: Refused | None = None
    reader_key: ReaderKey | None = None
    receipt: Receipt | None = None
    earlier: tuple[Receipt, ...] = ()
    payload: bytes = field(default=b"", repr=False)
    hit: HitToKeep | None = None
    only_tests: bool = False


def prepare_read(
    arriving: Arriving,
    reader: Reader,
    setting: Setting,
    matcher: Matcher,
    keys: CurrentKeys,
    *,
    now: datetime,
) -> Prepared:
    """Return `arriving` as refused, or with its keys, matches and pictures.

    Raises KeyringStorageError and StorageError where a new key cannot be made.
    """
    policy, captured_at = setting.policy, arriving.captured_at
    place = _place(arriving, reader, policy, now)
    if isinstance(place, Refused):
        return Prepared(arriving, place)
    key = keys.registered(place.period, place.destroy_by)
    reader_key, receipt = _receipt(arriving, place.period, key, keys)
    found = _permitted(matcher, arriving, setting, now)
    to_keep = tuple(match for match in found if match.entry.purpose is not Purpose.TEST)
    payload = encode_read(arriving.read_id, arriving.reader_id, captured_at, arriving.read)
    return Prepared(
        arriving,
        reader_key=reader_key,
        receipt=receipt,
        earlier=tuple(_earlier(arriving, setting, keys)),
        payload=payload,
        hit=_hit(arriving, to_keep, payload, setting, keys, now=now) if to_keep else None,
        only_tests=bool(found) and not to_keep,
    )


def _place(arriving: Arriving, reader: Reader, policy: Policy, now: datetime) -> Place | Refused:
    try:
        return place_read(policy, arriving.captured_at, reader, now=now)
    except InputError:
        return Refused.TOO_OLD  # before 1970: a camera that lost its clock, east of Greenwich


def _receipt(
    arriving: Arriving, period: Period, key: RegisteredKey | None, keys: CurrentKeys
) -> tuple[ReaderKey | None, Receipt | None]:
    reader_key = None if key is None else keys.reader_key(period, arriving.reader_id, key)
    if key is None or reader_key is None:
        return None, None
    return reader_key, Receipt(key, make_receipt(reader_key, arriving.read_id))


def _earlier(arriving: Arriving, setting: Setting, keys: CurrentKeys) -> list[Receipt]:
    """Return the receipts a read would have had under the keys of an earlier policy."""
    receipts = []
    for period, key in setting.earlier:
        if period.start <= arriving.captured_at < period.end:
            _, receipt = _receipt(arriving, period, key, keys)
            receipts += [] if receipt is None else [receipt]
    return receipts


def _permitted(
    matcher: Matcher, arriving: Arriving, setting: Setting, now: datetime
) -> tuple[Match, ...]:
    # No policy lets the plate of a test be kept, also one that does not permit tests.
    purposes = setting.policy.purposes | {Purpose.TEST}
    return tuple(
        match
        for match in matcher.match(arriving.read, now=now)
        if not match.held_back and match.entry.purpose in purposes
    )


def _hit(
    arriving: Arriving,
    matches: tuple[Match, ...],
    payload: bytes,
    setting: Setting,
    keys: CurrentKeys,
    *,
    now: datetime,
) -> HitToKeep | None:
    """Return the hit to keep, or None where it would be past its time already."""
    period = hits_period(setting.policy, arriving.captured_at)
    name, due = HitsKeyName(period), destroy_by(period.start, setting.policy.lone_hit_kept)
    if is_past(due, now):
        return None
    key = keys.registered(name, due)
    own_key = None if key is None else keys.own_key(name)
    if key is None or own_key is None:
        return None
    told = json.dumps([match_fields(match) for match in matches], separators=(",", ":"))
    parts = {Part.READ: payload, Part.MATCHES: told.encode(), **_pictures(arriving)}
    return HitToKeep(key, own_key, matches, parts)


def _pictures(arriving: Arriving) -> dict[Part, bytes]:
    if arriving.picture is None:
        return {}
    try:
        pictures = cut_hit_pictures(
            arriving.picture, arriving.read.box, others=arriving.other_boxes
        )
    except InputError:
        return {}  # a hit without its picture is still one; its record shows that there is none
    return {Part.CROP: pictures.crop, Part.BLURRED: pictures.blurred}
