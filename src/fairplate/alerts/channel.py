"""What a channel is: it takes one message for one address, and says whether it was accepted.

To add one: a file in `channels/` and a line in its `KINDS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from fairplate.alerts.message import Message
from fairplate.core.errors import FairplateError


class DeliveryError(FairplateError):
    """A channel did not accept a message. The text names no address, plate or secret.

    `retryable`: the same message may be accepted later, not before `retry_after` where that is
    given. `gone`: the address will never take one again, such as a push subscription ended (410).
    """

    def __init__(
        self,
        told: str,
        *,
        retryable: bool,
        retry_after: timedelta | None = None,
        gone: bool = False,
    ) -> None:
        """Take what went wrong, in words for an administrator."""
        super().__init__(told)
        self.retryable = retryable
        self.retry_after = retry_after
        self.gone = gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message for one address.

    `key` is the same whenever this message is sent to this address again (a-z, 0-9 and hyphens, up
    to 64): what receives it can tell a double. `plate_in_subject`: the policy lets the plate stand
    where a locked screen shows it.
    """

    key: str
    address: str = field(repr=False)
    message: Message = field(repr=False)
    plate_in_subject: bool = False


class Channel(Protocol):
    """One way to reach people, set up."""

    def deliver(self, envelope: Envelope) -> None:
        """Return once the other side accepted the message; raise DeliveryError if it did not.

        Never waits longer than `TIMEOUT_S` in all. Is called from one thread at a time.
        """
        ...

    def close(self) -> None:
        """Let go of connections; `deliver` may be called again."""
        ...


TIMEOUT_S = 15
"""A server that says nothing for so long is taken for dead."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """How a channel of one kind is set up.

    `open` takes the options of its table in the settings (TOML values without `kind`) and the
    folder where relative paths begin; it raises InputError with `where` "channels.NAME" for an
    option that is missing, unknown or wrong, and connects to nothing. `check_address` returns a
    subscriber's address in the form that `deliver` takes, or raises InputError.
    """

    open: Callable[[str, Mapping[str, object], Path], Channel]
    check_address: Callable[[str, str], str]
