"""Under what a batch is taken: the policy in force, and keys of an earlier policy that still live.

Read anew only when the policy changed, which each transaction checks.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from fairplate.core.periods import Period
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.policy.arrivals import read_life
from fairplate.policy.rules import Policy, period_length
from fairplate.vault.register import RegisteredKey, read_living_keys


@dataclass(frozen=True, slots=True)
class Setting:
    """The policy in force, and the living period keys whose length is not its own."""

    policy_id: int
    policy: Policy
    earlier: tuple[tuple[Period, RegisteredKey], ...]


def read_setting(connection: sa.Connection) -> Setting:
    """Return what a batch is taken under; raises StorageError if no policy was ever set."""
    in_force = read_policy_in_force(connection)
    length = period_length(read_life(in_force.policy))
    earlier = tuple(
        (key.name, key)
        for key in read_living_keys(connection)
        if isinstance(key.name, Period) and key.name.length != length
    )
    return Setting(in_force.id, in_force.policy, earlier)
