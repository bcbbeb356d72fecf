"""What is wrong with the lists of a deployment, one sentence each. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from fairplate.hotlists.register import KeptList


def find_list_problems(lists: Iterable[KeptList], *, now: datetime) -> Iterator[str]:
    """Yield a sentence for each list that is stale, and so raises no alerts, at `now`."""
    for kept in lists:
        if kept.fresh_until is not None and now >= kept.fresh_until:
            due = kept.fresh_until.isoformat(timespec="minutes")
            yield (
                f"hot list {kept.id}: expected another batch by {due}, found none: it raises no "
                "alerts"
            )
