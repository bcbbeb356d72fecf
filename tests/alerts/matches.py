"""Reads, entries of kept lists and their matches, with every value that a gate looks at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fairplate.alerts.gate import Listed, ListStanding, Passing
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.chance import Circumstances
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import match_entry
from fairplate.policy.document import check_policy
from fairplate.policy.rules import Policy

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLATE = "ABC1234"


def alert_policy(**figures: object) -> Policy:
    """Return a policy that permits everything, with other figures where given."""
    text = f"""\
name = "trial"
title = "Trial"
jurisdiction = "none"
notes = ["A test."]
[non_hits_kept]
value = "30 days"
source = "a test"
statute_read = false
[hits_kept]
value = "1 day"
source = "a test"
statute_read = false
[purposes]
value = {[purpose.value for purpose in Purpose]}
source = "a test"
statute_read = false
[approvals]
value = 1
source = "a test"
statute_read = false
[longest_look_back]
value = "30 days"
source = "a test"
statute_read = false
[exigent]
value = false
source = "a test"
statute_read = false
"""
    policy = check_policy(text, where="test").require()
    return replace(policy, **figures)  # type: ignore[arg-type] - the names are the fields'


def read_of(plate: str = PLATE, *, frames: int = 2, confidence: float = 0.97) -> PlateRead:
    return PlateRead(
        source="gate-north",
        plate=plate,
        confidence=confidence,
        characters=tuple(Character(char, confidence) for char in plate),
        box=Box(100, 200, 180, 224),
        frames=frames,
    )


def entry_of(
    plate: str = PLATE,
    purpose: Purpose = Purpose.STOLEN_VEHICLE,
    *,
    valid_until: datetime | None = None,
    reference: str = "2026/17",
    line: int = 2,
) -> Entry:
    return Entry(
        plate=plate,
        jurisdiction=None,
        vehicle=VehicleType.UNKNOWN,
        purpose=purpose,
        reference=reference,
        call="desk 555 0100",
        valid_until=valid_until,
        source="county",
        line=line,
    )


def standing_of_county(**values: object) -> ListStanding:
    standing = ListStanding(
        id="county",
        title="County",
        purposes=frozenset(Purpose),
        look_alikes=True,
        entries=100,
        imported_at=NOON - timedelta(hours=1),
        fresh_until=None,
    )
    return replace(standing, **values)  # type: ignore[arg-type] - the names are the fields'


def listed(
    entry: Entry | None = None,
    read: PlateRead | None = None,
    standing: ListStanding | None = None,
    *,
    now: datetime = NOON,
) -> Listed:
    match = match_entry(read or read_of(), entry or entry_of(), now=now)
    return Listed(
        match=match,
        standing=standing or standing_of_county(),
        first_listed=NOON - timedelta(days=3),
        circumstances=Circumstances(100),
    )


def passing(read: PlateRead | None = None, **values: object) -> Passing:
    return replace(Passing(read=read or read_of()), **values)  # type: ignore[arg-type] - fields'
