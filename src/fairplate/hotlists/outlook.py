"""What is to be expected of a list at a reader before it goes live. Pure arithmetic.

Decides from counts alone; the formulas are those of `chance.py`. Both figures are of plates alone:
what jurisdiction, vehicle and repeats hold back is not taken off.
"""

from collections.abc import Collection
from dataclasses import dataclass

from fairplate.hotlists.chance import Circumstances, expected_false_alerts
from fairplate.hotlists.entries import UNKNOWN_CHARACTER

_LETTERS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a list will do at one reader.

    `reader_id` None: at a reader of which nothing is known. `reads_a_day` None: it has not been
    counted for a day yet. `right_share`: of the alerts whose text is the entry's, how many are
    right, over reads of every confidence.
    """

    reader_id: str | None
    misread_rate: float
    reads_a_day: float | None
    false_alerts_a_read: float
    right_share: float

    @property
    def false_alerts_a_day(self) -> float | None:
        """How many vehicles a day that are not listed will match; None where it is not known."""
        return None if self.reads_a_day is None else self.reads_a_day * self.false_alerts_a_read


def look_ahead(
    reader_id: str | None,
    circumstances: Circumstances,
    *,
    patterns: Collection[str],
    look_alikes: bool,
    reads_a_day: float | None,
) -> Outlook:
    """Return what is to be expected of a list with these `patterns` among its entries."""
    return Outlook(
        reader_id=reader_id,
        misread_rate=circumstances.misread_rate,
        reads_a_day=reads_a_day,
        false_alerts_a_read=expected_false_alerts(
            entries=circumstances.entries,
            reads_per_day=1.0,
            misread_rate=circumstances.misread_rate,
            look_alikes=look_alikes,
            plate_space=circumstances.plate_space,
            patterns=len(patterns),
            plates_per_pattern=plates_per_pattern(patterns),
        ),
        right_share=_right_share(circumstances),
    )


def plates_per_pattern(patterns: Collection[str]) -> float:
    """Return how many plates a pattern fits on average, each unknown character taken as a letter.

    That is the most it can be; 0 without patterns.
    """
    plates = (_LETTERS ** pattern.count(UNKNOWN_CHARACTER) for pattern in patterns)
    return sum(plates) / len(patterns) if patterns else 0.0


def _right_share(circumstances: Circumstances) -> float:
    """Return the share of exact alerts in which the vehicle is the entry's.

    A listed vehicle is read as it is; any other is misread into the entry's plate.
    """
    right = circumstances.entry_odds * (1 - circumstances.misread_rate)
    return right / (right + circumstances.misread_rate)
