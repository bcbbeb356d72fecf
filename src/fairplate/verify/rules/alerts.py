"""Alerts: raised for a purpose on the list, decided once, followed up only if confirmed."""

from collections.abc import Sequence

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault
from fairplate.verify.rules.moments import millis
from fairplate.verify.rules.policies import Policies, permit_purpose
from fairplate.verify.rules.restores import Restores

_RAISED, _CONFIRMED, _OTHERWISE, _FOLLOWED_UP = range(4)
_STATE_BITS = 2
_STATE = (1 << _STATE_BITS) - 1


class Alerts:
    """Every alert there was: its state, and the index of the event that made it so, in one int.

    None is forgotten, or an alert could be decided anew.
    """

    def __init__(self, policies: Policies, restores: Restores) -> None:
        self._policies, self._restores = policies, restores
        self._states: dict[str, int] = {}
        self.confirmed = self.expired = self.wrong = self.mistaken = 0

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {
            "alert.raised": self._take_raised,
            "alert.decided": self._take_decided,
            "alert.outcome": self._take_outcome,
        }

    def _take_raised(self, event: LoggedEvent) -> Sequence[Finding]:
        alert, purpose = event.public["alert"], event.public["purpose"]
        found = list(self._policies.require(event))
        state = self._states.get(alert)
        if state is not None and not self._restores.excuses(state >> _STATE_BITS):
            message = "its id is that of an earlier alert"
            found.append(fault("alert-raised-twice", event.index, message))
        policies = self._policies.around(millis(event.at))
        if policies and not permit_purpose(policies, purpose):
            message = f"the policy does not permit {purpose}"
            found.append(fault("purpose-not-permitted", event.index, message))
        self._states[alert] = event.index << _STATE_BITS | _RAISED
        return found

    def _take_decided(self, event: LoggedEvent) -> Sequence[Finding]:
        alert, decision = event.public["alert"], event.public["decision"]
        before = self._states.get(alert)
        if before is None:
            return [fault("alert-unknown", event.index, "no event before it raised the alert")]
        if before & _STATE != _RAISED and not self._restores.excuses(before >> _STATE_BITS):
            message = f"event {before >> _STATE_BITS} decided it before"
            return [fault("alert-decided-twice", event.index, message)]
        state = _CONFIRMED if decision == "confirmed" else _OTHERWISE
        self._states[alert] = event.index << _STATE_BITS | state
        if decision == "confirmed":
            self.confirmed += 1
        elif decision == "expired":
            self.expired += 1
        else:
            self.wrong += 1
        return NO_FINDINGS

    def _take_outcome(self, event: LoggedEvent) -> Sequence[Finding]:
        before = self._states.get(event.public["alert"])
        if before is None:
            return [fault("alert-unknown", event.index, "no event before it raised the alert")]
        state = before & _STATE
        if state == _FOLLOWED_UP and not self._restores.excuses(before >> _STATE_BITS):
            message = f"event {before >> _STATE_BITS} told an outcome before"
            return [fault("outcome-twice", event.index, message)]
        if state in {_RAISED, _OTHERWISE}:
            message = "nobody had confirmed the alert"
            return [fault("outcome-not-confirmed", event.index, message)]
        self._states[event.public["alert"]] = event.index << _STATE_BITS | _FOLLOWED_UP
        self.mistaken += event.public["outcome"] == "mistaken"
        return NO_FINDINGS
