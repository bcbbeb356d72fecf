"""The digest: what stands for alerts that are too many to be told one by one."""

from collections.abc import Mapping
from datetime import datetime

from fairplate.alerts.message import Notice


def digest_notice(numbers: Mapping[str, int], at: datetime) -> Notice:
    """Return the loud notice that stands for alerts which were not told one by one."""
    total = sum(numbers.values())
    by_list = tuple(f"{title}: {number}" for title, number in sorted(numbers.items()))
    return Notice(
        subject=f"{total} more alerts that were not sent one by one",
        lines=(
            "So many alerts at once are seldom right: a list may be wrong or too large.",
            *by_list,
            "They are all kept, unconfirmed: see `fairplate alert list`.",
        ),
        at=at,
        is_loud=True,
    )
