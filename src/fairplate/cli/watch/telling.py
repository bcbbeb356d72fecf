"""What `watch` prints: a line an alert and a line a trouble, from any of its threads.

Decides the words and that the same trouble is told once a minute. No line holds a plate.
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from fairplate.cli.match_text import UNCONFIRMED
from fairplate.cli.terminal_text import printable
from fairplate.core.clock import spell_moment
from fairplate.core.doubts import percent

if TYPE_CHECKING:
    from fairplate.alerts.decisions import KeptAlert
    from fairplate.wiring import TakenDrop

TOLD_AGAIN_AFTER_S = 60.0
_MOST_REMEMBERED = 200


@dataclass(slots=True)
class Totals:
    """How a run went, for its last line."""

    reads: int = 0
    alerts: int = 0
    refused: int = 0
    waiting: int = 0


@dataclass(slots=True)
class Telling:
    """Prints to `out` what happened and to `err` what went wrong."""

    out: TextIO
    err: TextIO
    as_json: bool = False
    now_s: Callable[[], float] = time.monotonic
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _told: dict[str, float] = field(default_factory=dict)

    def alert(self, alert: "KeptAlert") -> None:
        """Tell of an alert that was raised."""
        self._print(
            f"alert {alert.id}: list {alert.list_id}, reader {alert.reader_id}, {alert.purpose}, "
            f"chance {percent(alert.chance)}; {UNCONFIRMED}",
            what="alert",
            alert=alert.id,
            list=alert.list_id,
            reader=alert.reader_id,
            purpose=alert.purpose,
            chance=alert.chance,
            raised_at=spell_moment(alert.raised_at),
        )

    def dropped(self, taken: "TakenDrop") -> None:
        """Tell what became of a file in a drop folder."""
        if taken.imported is None:
            first = taken.problems[0] if taken.problems else "no reason"
            more = len(taken.problems) - 1
            rest = (
                f" (and {more} more problems, see the report beside the file)" if more > 0 else ""
            )
            self.problem(f"list {taken.list_id}: refused: {first}{rest}")
        else:
            self.imported(taken.list_id, taken.imported.entries)

    def imported(self, list_id: str, entries: int) -> None:
        """Tell of a batch that came into force."""
        told = "1 entry" if entries == 1 else f"{entries} entries"
        self._print(f"list {list_id}: {told}", what="imported", list=list_id, entries=entries)

    def unchanged(self, list_id: str) -> None:
        """Tell that a list is as its file has it."""
        self._print(f"list {list_id}: unchanged", what="unchanged", list=list_id)

    def problem(self, line: str) -> None:
        """Tell of a trouble, unless it was told within the last minute."""
        now_s = self.now_s()
        with self._turn:
            told_s = self._told.get(line)
            if told_s is not None and now_s - told_s < TOLD_AGAIN_AFTER_S:
                return
            if len(self._told) >= _MOST_REMEMBERED:
                self._told.clear()
            self._told[line] = now_s
            with suppress(OSError):
                self.err.write(f"fairplate: {printable(line)}\n")
                self.err.flush()
        if self.as_json:
            self._print("", what="problem", message=printable(line))

    def ended(self, totals: Totals) -> None:
        """Tell how the run went."""
        refused = f" ({totals.refused} more refused)" if totals.refused else ""
        self._print(
            f"{totals.reads} reads{refused}, {totals.alerts} alerts, "
            f"{totals.waiting} messages waiting",
            what="ended",
            reads=totals.reads,
            alerts=totals.alerts,
            refused=totals.refused,
            waiting=totals.waiting,
        )

    def _print(self, line: str, **fields: object) -> None:
        text = json.dumps(fields, separators=(",", ":")) if self.as_json else printable(line)
        # Whoever read along has gone; alerts are delivered all the same.
        with self._turn, suppress(OSError):
            self.out.write(f"{text}\n")
            self.out.flush()
