"""What is done for each read before the transaction: refusal, keys, matches, the pictures of hits.

Nothing is stored here but keys that are new. Hot lists are asked, and pictures cut, outside of the
transaction, because both take longer than storing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairplate.alerts.evidence import encode_parts
from fairplate.alerts.raising import AlertDesk, Judged, Seen
from fairplate.core.errors import InputError
from fairplate.core.periods import Period
from fairplate.core.purposes import Purpose
from fairplate.hotlists.match import Match, MatchKind, match_fields
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
    """A hit before sealing; its key is destroyed by `ends_at`, `matches` permit keeping it."""

    key: RegisteredKey
    own_key: OwnKey
    ends_at: datetime
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
    judged: Judged | None = None
    test_parts: bytes = field(default=b"", repr=False)


def prepare_read(
    arriving: Arriving,
    reader: Reader,
    setting: Setting,
    checks: Matcher | AlertDesk,
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
    found = _check(arriving, checks, setting, now)
    payload = encode_read(arriving.read_id, arriving.reader_id, captured_at, arriving.read)
    pictures = _pictures(arriving) if found.to_keep or found.tests else {}
    parts = {Part.READ: payload, Part.MATCHES: found.told, **pictures}
    of_test = {Part.READ: payload, Part.MATCHES: found.told_of_tests, **pictures}
    return Prepared(
        arriving,
        reader_key=reader_key,
        receipt=receipt,
        earlier=tuple(_earlier(arriving, setting, keys)),
        payload=payload,
        hit=_hit(arriving, found.to_keep, parts, setting, keys, now=now) if found.to_keep else None,
        only_tests=found.tests and not found.to_keep,
        judged=found.judged,
        test_parts=encode_parts({part.value: each for part, each in of_test.items()})
        if found.tests and found.judged is not None
        else b"",
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What the lists say: the matches that permit keeping, what is kept of them, if any is a test.

    `judged` is None, and no test is told of, where nothing raises alerts.
    """

    to_keep: tuple[Match, ...] = field(repr=False)
    told: bytes = field(repr=False)
    tests: bool
    told_of_tests: bytes = field(default=b"", repr=False)
    judged: Judged | None = None


def _check(
    arriving: Arriving, checks: Matcher | AlertDesk, setting: Setting, now: datetime
) -> _Found:
    if isinstance(checks, AlertDesk):
        judged = checks.judge(_seen(arriving), setting.policy, now=now)
        found = tuple(verdict.listed.match for verdict in judged.passed)
        told, of_tests = judged.evidence(tests=False), judged.evidence(tests=True)
        # No policy lets the plate of a test be kept, also one that does not permit tests.
        found += tuple(match for match in judged.matches_held if _is_exact_test(match))
    else:
        judged, of_tests, found = None, b"", _permitted(checks, arriving, setting, now)
        fields = [match_fields(match) for match in found if not _is_test(match)]
        told = json.dumps(fields, separators=(",", ":")).encode()
    to_keep = tuple(match for match in found if not _is_test(match))
    return _Found(to_keep, told, len(to_keep) < len(found), of_tests, judged)


def _is_test(match: Match) -> bool:
    return match.entry.purpose is Purpose.TEST


def _is_exact_test(match: Match) -> bool:
    return _is_test(match) and match.kind is MatchKind.EXACT


def _seen(arriving: Arriving) -> Seen:
    return Seen(
        read=arriving.read,
        reader_id=arriving.reader_id,
        captured_at=arriving.captured_at,
        picture=arriving.picture,
        from_video=arriving.from_video,
        direction=arriving.direction,
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
    parts: Mapping[Part, bytes],
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
    return HitToKeep(key, own_key, due, matches, parts)


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
