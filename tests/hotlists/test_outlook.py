"""What is to be expected of a list, against the sums written out."""

import pytest

from fairplate.hotlists.chance import PLATES_ALIKE, Circumstances
from fairplate.hotlists.outlook import Outlook, look_ahead, plates_per_pattern

SPACE = 1_000_000.0


def look(
    *patterns: str,
    look_alikes: bool = False,
    reads_a_day: float | None = 1000.0,
    listed_share: float = 0.0,
) -> Outlook:
    known = Circumstances(100, SPACE, listed_share, 0.05)
    return look_ahead(
        "gate", known, patterns=patterns, look_alikes=look_alikes, reads_a_day=reads_a_day
    )


def test_misreads_of_others_hit_each_entry() -> None:
    found = look()
    assert found.false_alerts_a_read == pytest.approx(100 * 0.05 / SPACE)
    assert found.false_alerts_a_day == pytest.approx(1000 * 100 * 0.05 / SPACE)
    assert (found.reader_id, found.misread_rate, found.reads_a_day) == ("gate", 0.05, 1000.0)


def test_vehicles_that_look_alike_hit_too() -> None:
    found = look(look_alikes=True)
    assert found.false_alerts_a_read == pytest.approx(100 * (0.05 + PLATES_ALIKE) / SPACE)


@pytest.mark.parametrize(
    ("patterns", "plates"),
    [((), 0), (("AB?123",), 26), (("A??123",), 676), (("A??123", "AB?123", "?BC123"), 728)],
)
def test_a_pattern_fits_as_many_plates_as_its_unknown_characters_let(
    patterns: tuple[str, ...], plates: int
) -> None:
    """One unknown character is not taken for two: that would be 26 times too many."""
    assert plates_per_pattern(patterns) * len(patterns) == pytest.approx(plates)
    fixed = (100 - len(patterns)) * 0.05
    assert look(*patterns).false_alerts_a_read == pytest.approx((fixed + plates) / SPACE)


def test_what_was_not_counted_is_not_told() -> None:
    assert look(reads_a_day=None).false_alerts_a_day is None


def test_how_many_of_the_exact_alerts_are_right() -> None:
    """Of a million reads, at one in a thousand listed: 950 right, 5 misread into an entry."""
    found = look(listed_share=0.001)
    right, wrong = 1_000_000 * 0.001 * 0.95, 1_000_000 * 0.999 * 0.05 * 100 / SPACE
    assert found.right_share == pytest.approx(right / (right + wrong))
    assert look().right_share == pytest.approx(0.95)  # as often listed as not
