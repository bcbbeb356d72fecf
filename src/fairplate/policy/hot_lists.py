"""When an entry ends and when a list is stale, under a policy.

Decides from the policy's figures and times alone. Leaves to the lists to act on it.
"""

from datetime import UTC, datetime, timedelta

from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import ENTRY_LIFE
from fairplate.policy.rules import Policy


def entry_life(policy: Policy, purpose: Purpose) -> timedelta:
    """Return how long an entry for `purpose` lives at most after a batch last brought it."""
    return dict(policy.entry_life).get(purpose, ENTRY_LIFE[purpose])


def entry_ends(
    policy: Policy, purpose: Purpose, imported_at: datetime, valid_until: datetime | None
) -> datetime:
    """Return when an entry ends, in UTC: by its own word, or by the policy's if that is sooner.

    `imported_at` is when a batch last brought it. Both times are aware; None: the entry says none.
    """
    longest = _later(imported_at, entry_life(policy, purpose), "imported_at")
    if valid_until is None:
        return longest
    return min(longest, _later(valid_until, timedelta(0), "valid_until"))


def list_fresh_until(
    policy: Policy, refresh: timedelta | None, imported_at: datetime
) -> datetime | None:
    """Return when the batch imported at `imported_at` is stale, in UTC, or None for never.

    `refresh` is the list's own figure; the sooner of it and the policy's holds.
    """
    spans = [span for span in (refresh, policy.hot_lists_refreshed) if span is not None]
    return _later(imported_at, min(spans), "imported_at") if spans else None


def _later(moment: datetime, time: timedelta, name: str) -> datetime:
    try:
        return require_aware(moment, where="hot list", field=name).astimezone(UTC) + time
    except OverflowError:
        expected = "a time within the years 1 to 9999"
        raise InputError("hot list", name, expected=expected, found="another") from None
