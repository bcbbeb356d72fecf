"""From the outbox to the channels: each message until it is accepted, or there is no use any more.

Decides what an answer of a channel means for a message. A message may go out twice if this dies
between the other side's yes and noting it; both carry one key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from fairplate.alerts.channel import Channel, DeliveryError, Envelope
from fairplate.alerts.message import AlertMessage, Message
from fairplate.alerts.outbox import (
    UNKNOWN,
    State,
    Waiting,
    count_waiting,
    end,
    is_waiting,
    put_off,
    take_due,
)
from fairplate.alerts.retries import next_try
from fairplate.alerts.subscribers import Subscriber
from fairplate.core.clock import Clock
from fairplate.core.errors import FairplateError, PolicyError, StorageError
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.storage.database import Database

Compose = Callable[[sa.Connection, str], AlertMessage | None]
"""Returns what an alert tells, None if nothing is left of it."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the messages of one round."""

    accepted: int = 0
    put_off: int = 0
    given_up: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """The channels, who is reached by them, and how an alert is composed; opened ones are closed.

    Each channel is served by one thread at a time.
    """

    database: Database
    channels: Mapping[str, Channel]
    subscribers: Mapping[str, Subscriber]
    compose: Compose
    clock: Clock

    def deliver_due(self, channel: str) -> Delivered:
        """Deliver what is due on a channel; raises StorageError where the outbox cannot be used."""
        with self.database.transaction() as connection:
            taken = take_due(connection, channel, now=self.clock())
        states: list[State] = []
        problems: list[str] = []
        for waiting in taken:
            state, problem = self._deliver(channel, waiting)
            states.append(state)
            problems += [f"{channel}: {problem}"] if problem else []
        return Delivered(
            accepted=states.count(State.ACCEPTED),
            put_off=states.count(State.WAITING),
            given_up=states.count(State.FAILED),
            problems=tuple(problems),
        )

    def count_waiting(self) -> int:
        """Return how many messages are not accepted yet; those that quiet hours hold are not."""
        with self.database.reading() as connection:
            return count_waiting(connection, now=self.clock())

    def close(self) -> None:
        """Close every channel."""
        for channel in self.channels.values():
            channel.close()

    def _deliver(self, channel: str, waiting: Waiting) -> tuple[State, str]:
        """Try one message; return what is noted of it and the problem, empty if there is none."""
        subscriber = self.subscribers.get(waiting.subscriber)
        if subscriber is None or subscriber.channel != channel:
            return self._end(waiting, State.FAILED, UNKNOWN)
        try:
            with self.database.reading() as connection:
                if not is_waiting(connection, waiting.id):
                    return State.MOOT, ""  # withdrawn since it was taken
                message, plate_in_subject = self._message(connection, waiting)
            if message is None:
                return self._end(waiting, State.FAILED, "what was to be told is destroyed")
            envelope = Envelope(
                key=waiting.key,
                address=subscriber.address,
                message=message,
                plate_in_subject=plate_in_subject,
            )
            self.channels[channel].deliver(envelope)
        except FairplateError as error:
            return self._not_accepted(waiting, error)
        except Exception as error:  # noqa: BLE001 - one message must not stop all others
            told = f"the channel failed: {type(error).__name__}"
            return self._not_accepted(waiting, DeliveryError(told, retryable=True))
        return self._end(waiting, State.ACCEPTED, "")

    def _message(self, connection: sa.Connection, waiting: Waiting) -> tuple[Message | None, bool]:
        if waiting.notice is not None:
            return waiting.notice, False
        policy = read_policy_in_force(connection).policy
        return self.compose(connection, waiting.alert_id or ""), policy.plate_in_subject

    def _not_accepted(self, waiting: Waiting, error: FairplateError) -> tuple[State, str]:
        again = None
        # A database or policy that cannot be used is put right by a person: the alert waits.
        if error.retryable or isinstance(error, StorageError | PolicyError):
            asked = error.retry_after if isinstance(error, DeliveryError) else None
            again = next_try(waiting.attempts + 1, waiting.created_at, self.clock(), asked)
        if again is None:
            return self._end(waiting, State.FAILED, str(error))
        with self.database.transaction() as connection:
            put_off(connection, waiting.id, again, problem=str(error))
        return State.WAITING, str(error)

    def _end(self, waiting: Waiting, state: State, problem: str) -> tuple[State, str]:
        with self.database.transaction() as connection:
            end(connection, waiting.id, state, at=self.clock(), problem=problem)
        return state, problem
