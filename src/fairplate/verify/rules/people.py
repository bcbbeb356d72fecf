"""People: who was invited, and that nobody decides what they themselves may do."""

from collections.abc import Sequence

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault
from fairplate.verify.rules.restores import Restores


class People:
    """Everybody who was invited: the role, None for none any more, and the index of its event."""

    def __init__(self, restores: Restores) -> None:
        self._restores = restores
        self._roles: dict[str, tuple[str | None, int]] = {}

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {"user.invited": self._take_invited, "user.role-changed": self._take_changed}

    @property
    def with_role(self) -> int:
        """How many people may do something."""
        return sum(role is not None for role, _ in self._roles.values())

    def _take_invited(self, event: LoggedEvent) -> Sequence[Finding]:
        # An invitation may be sent again, for another role too: the first may not have arrived.
        user = event.public["user"]
        self._roles[user] = event.public["role"], event.index
        return self._judge_actor(event)

    def _take_changed(self, event: LoggedEvent) -> Sequence[Finding]:
        user, was = event.public["user"], event.public["was"]
        known = self._roles.get(user)
        self._roles[user] = event.public["role"], event.index
        if known is None:
            return [fault("user-unknown", event.index, "no event before it invited the person")]
        found = list(self._judge_actor(event))
        role, index = known
        if role != was and not self._restores.excuses(index):
            message = f"event {index} says another role"
            found.append(fault("role-differs", event.index, message))
        return found

    def _judge_actor(self, event: LoggedEvent) -> Sequence[Finding]:
        if event.actor == event.public["user"]:
            return [fault("own-role-changed", event.index, "the actor is the person concerned")]
        return NO_FINDINGS
