"""What is to be expected of a list at each reader, in words and in fields.

Decides the wording alone; docs/hot-lists.md tells the fields.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fairplate.core.doubts import percent

if TYPE_CHECKING:
    from fairplate.hotlists.outlook import Outlook

PER_READS = 10_000
OUTLOOK_COLUMNS = ("reader", "false alerts to expect", "exact alerts right")
_MOST_READERS = 20
_LEAST_TOLD = 0.0001


def outlook_rows(outlooks: Sequence["Outlook"]) -> Iterator[tuple[str, ...]]:
    """Yield what a table says of each reader, the worst first."""
    worst = sorted(outlooks, key=lambda one: -(one.false_alerts_a_day or 0.0))
    for one in worst[:_MOST_READERS]:
        yield one.reader_id or "any", _expected(one), percent(one.right_share)


def more_readers_line(outlooks: Sequence["Outlook"]) -> str | None:
    """Return how many readers are not in the table, None if all are."""
    rest = len(outlooks) - _MOST_READERS
    readers = "1 more reader" if rest == 1 else f"{rest:,} more readers"
    return f"and {readers}; --json tells all" if rest > 0 else None


def spell_figure(figure: float) -> str:
    """Return a figure with two digits that count, without an exponent."""
    if figure < _LEAST_TOLD:
        return "0" if figure <= 0 else f"under {_LEAST_TOLD:.4f}"
    if figure >= 1:
        return f"{figure:,.0f}" if figure >= 10 else f"{figure:.1f}"  # noqa: PLR2004 - two digits
    digits = next(n for n in range(1, 6) if figure * 10**n >= 1)
    return f"{figure:.{digits + 1}f}"


def _expected(one: "Outlook") -> str:
    if one.false_alerts_a_day is None:
        return f"{spell_figure(one.false_alerts_a_read * PER_READS)} in {PER_READS:,} reads"
    reads = spell_figure(one.reads_a_day or 0.0)
    return f"{spell_figure(one.false_alerts_a_day)} a day, in {reads} reads"
