"""When a key must be destroyed: as promised when it was made, or earlier if the policy says so.

Decides from names and times alone. Leaves the acting to `expiry.py`.
"""

from datetime import datetime
from typing import assert_never

from fairplate.core.periods import Period
from fairplate.policy.arrivals import read_life
from fairplate.policy.rules import NEVER, Policy, destroy_by
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName


def due_at(
    name: KeyName, promised: datetime, made_at: datetime, policy: Policy, *, set_at: datetime
) -> datetime:
    """Return when the key called `name` must be gone under `policy`, in force since `set_at`.

    Never later than `promised`. A policy that writes no non-hits ends the period keys of an earlier
    one at once, since reads are sealed under those.
    """
    match name:
        case CaseKeyName():
            return promised
        case HitsKeyName(period):
            return min(promised, destroy_by(period.start, policy.lone_hit_kept))
        case Period():
            if policy.non_hits_kept == NEVER and made_at < set_at:
                return min(promised, set_at)
            return min(promised, destroy_by(name.start, read_life(policy)))
        case _:
            assert_never(name)
