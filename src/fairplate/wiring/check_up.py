"""What was checked of a deployment and what is wrong with it; `health.py` and others fill it in."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from fairplate.core.errors import FairplateError


class Check(StrEnum):
    """What is checked; the value is the word in JSON."""

    PLACES = "places"  # the keyring lies outside of what is backed up with the database
    DATABASE = "database"  # it can be used and has this version's tables
    KEYRING = "keyring"  # it can be used, and nothing in it is damaged
    POLICY = "policy"  # one is in force
    KEYS = "keys"  # none lives past its time; keyring and register agree
    ROWS = "rows"  # those of destroyed keys are gone; none was found damaged
    LOG = "log"  # its keys can be used; events are published and witnessed in time
    LISTS = "lists"  # none is stale or damaged; neither list nor reader is suspended
    OUTBOX = "outbox"  # somebody can be told; no message waits long or was given up
    CLOCKS = "clocks"  # not set back; the database server's agrees


@dataclass(slots=True)
class CheckUp:
    """What was checked and what is wrong; the rest could not be, since a part cannot be used."""

    checked: list[Check] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """What could not be checked."""
        return tuple(check for check in Check if check not in self.checked)

    @contextlib.contextmanager
    def checking(self, check: Check) -> Iterator[None]:
        """Count `check` as made; an error of ours is a problem, and the next one goes on."""
        self.checked.append(check)
        try:
            yield
        except FairplateError as error:
            self.problems.append(str(error))
