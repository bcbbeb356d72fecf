"""Who is told and by which channels, from the settings alone. Nothing is connected to."""

from dataclasses import replace
from pathlib import Path

from fairplate.alerts.channel import Channel, ChannelKind
from fairplate.alerts.channels import KINDS
from fairplate.alerts.subscribers import Subscriber, read_subscriber
from fairplate.core.errors import InputError
from fairplate.settings import Settings


def subscribers_of(settings: Settings) -> tuple[Subscriber, ...]:
    """Return who is told; InputError where the settings contradict themselves."""
    found = []
    for name, table in settings.subscribers.items():
        subscriber = read_subscriber(name, table)
        where = f"subscribers.{name}"
        if subscriber.channel not in settings.channels:
            expected = "the name of a channel in the settings"
            raise InputError(where, "channel", expected=expected, found="another text")
        kind = _kind_of(subscriber.channel, settings)
        found.append(replace(subscriber, address=kind.check_address(where, subscriber.address)))
    return tuple(found)


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Return every channel, set up; InputError for one that cannot be."""
    opened = {}
    for name, table in settings.channels.items():
        options = {key: value for key, value in table.items() if key != "kind"}
        opened[name] = _kind_of(name, settings).open(name, options, Path(settings.folder))
    return opened


def _kind_of(channel: str, settings: Settings) -> ChannelKind:
    kind = settings.channels[channel].get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        expected = f"one of {', '.join(KINDS)}"
        found = "none" if kind is None else "another text or value"
        raise InputError(f"channels.{channel}", "kind", expected=expected, found=found)
    return KINDS[kind]
