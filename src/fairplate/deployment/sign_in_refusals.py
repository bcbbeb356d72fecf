"""Somebody could not come in: told to them in one sentence for all reasons, and to the log why."""

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.audit.words import SignInFailure
from fairplate.core.errors import PolicyError

LONGEST_ADDRESS = 64


class SignInRefusedError(PolicyError):
    """The one error of everything by which people come in; its text never tells the reason."""

    def __init__(self, reason: SignInFailure, person_id: str | None = None) -> None:
        """Take why, and as whom if that is known."""
        super().__init__("sign-in: expected an invite or a passkey that counts, found another")
        self.reason = reason
        self.person_id = person_id


def record_refusal(
    connection: sa.Connection, recorder: Recorder, refusal: SignInRefusedError, address: str
) -> None:
    """Put a refusal on record; `address` is the network's, sealed."""
    recorder.record(
        connection,
        EventType.SIGN_IN_FAILED,
        public={"user": refusal.person_id, "reason": refusal.reason.value},
        private={"address": address[:LONGEST_ADDRESS]},
    )
