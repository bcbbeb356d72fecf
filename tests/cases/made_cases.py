"""Cases for tests of rules: values only."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.worlds import NOON, READERS

from fairplate.cases.case import Asked, Case, Vote
from fairplate.core.purposes import Purpose

OPENER, ANNE, BERT = "user:opener", "user:anne", "user:bert"
WEEK = timedelta(days=7)


def asked(**more: Any) -> Asked:
    values: dict[str, Any] = {
        "purpose": Purpose.STOLEN_VEHICLE,
        "reference": "2026/17",
        "why": "taken from the station last night",
        "plates": frozenset({"ABC1234"}),
        "reader_ids": frozenset(READERS),
        "captured_from": NOON - timedelta(days=2),
        "captured_until": NOON,
        "ends_at": NOON + WEEK,
    }
    return Asked(**{**values, **more})


def case(votes: Sequence[Vote] = (), *, needed: int = 1, **more: Any) -> Case:
    known = {"owed_since", "closed_at"}
    of_case = {name: more.pop(name) for name in known & more.keys()}
    return Case(
        id="case-1",
        asked=asked(**more),
        opened_by=OPENER,
        opened_at=NOON,
        needed=needed,
        votes=tuple(votes),
        **of_case,
    )


def yes(person: str = ANNE, *, after: timedelta = timedelta(0), lasts: timedelta = WEEK) -> Vote:
    return Vote(person, NOON + after, NOON + after + lasts)


def no(person: str = ANNE) -> Vote:
    return Vote(person, NOON, None)
