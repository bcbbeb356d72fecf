"""MQTT: the message as JSON to a topic of a broker, for displays, barriers and other programs.

Decides topic and options. One connection for each message: the broker's word that it has it
(PUBACK) is waited for, and nothing is left that could be sent later.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from fairplate.alerts.channel import TIMEOUT_S, ChannelKind, DeliveryError, Envelope
from fairplate.alerts.guarded_connection import connect, encrypt, tell_failure
from fairplate.alerts.message_json import message_json
from fairplate.alerts.options import Options
from fairplate.core.errors import InputError

OPTIONS = ("host", "port", "tls", "user", "password_file", "topic", "version", "pictures", "ca_file")  # fmt: skip  # noqa: E501
WHO = "the MQTT broker"
DEFAULT_TOPIC = "fairplate/alerts/{address}"
_VERSIONS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
_LEVEL = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TOPIC = re.compile(r"(?:[A-Za-z0-9._ -]|\{address\})+(?:/(?:[A-Za-z0-9._ -]|\{address\})+)*")
_NOWHERE = "broker.invalid"  # paho wants a name, and hands it to nobody
_QOS = 1
# MQTT 5, section 2.4: with these codes the same message is refused again.
_FOR_EVER = frozenset({0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x90, 0x95, 0x99, 0x9A, 0x9B})


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttBroker:
    """Where the broker is and how it is spoken to; `tls` None: in the clear."""

    host: str
    port: int
    version: MQTTProtocolVersion
    tls: ssl.SSLContext | None = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class MqttChannel:
    """Publishes every message to a topic."""

    def __init__(self, broker: MqttBroker, topic: str, *, pictures: bool) -> None:
        self._broker, self._topic, self._pictures = broker, topic, pictures

    def deliver(self, envelope: Envelope) -> None:
        """Return once the broker acknowledged the message."""
        deadline = time.monotonic() + TIMEOUT_S
        body = message_json(envelope.message, key=envelope.key, pictures=self._pictures)
        topic = self._topic.replace("{address}", envelope.address)
        exchange = _Exchange(_Client(self._broker, deadline), deadline)
        try:
            exchange.connect()
            exchange.publish(topic, body)
        except (OSError, ValueError) as error:
            raise tell_failure(WHO, error) from None
        finally:
            exchange.end()

    def close(self) -> None:
        """Hold nothing open."""


class _Client(mqtt.Client):
    """paho's protocol over a connection of ours: its own waits for names without limit."""

    def __init__(self, broker: MqttBroker, deadline: float) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, protocol=broker.version)
        self._broker, self._deadline = broker, deadline
        self.username_pw_set(broker.user, broker.password)

    def _create_socket(self) -> socket.socket:
        """Return what paho speaks through; it calls this when it connects."""
        broker = self._broker
        # An administrator named this broker: it is often in the own network.
        connection = connect(broker.host, broker.port, self._deadline, allow_private=True)
        if broker.tls is None:
            return connection
        return encrypt(connection, broker.tls, broker.host, self._deadline)


@dataclass(slots=True)
class _Exchange:
    """One connection: what the broker said so far."""

    client: mqtt.Client
    deadline: float
    connected: ReasonCode | None = None
    published: dict[int, ReasonCode] = field(default_factory=dict)

    def connect(self) -> None:
        """Return once the broker let us in."""
        self.client.on_connect = self._on_connect
        self.client.on_publish = self._on_publish
        self.client.connect(_NOWHERE)
        self._wait_until(lambda: self.connected is not None)
        _require("the connection", self.connected)

    def publish(self, topic: str, body: bytes) -> None:
        """Return once the broker acknowledged the message."""
        info = self.client.publish(topic, body, qos=_QOS)
        self._wait_until(lambda: info.mid in self.published)
        _require("the message", self.published[info.mid])

    def end(self) -> None:
        """Say goodbye if there is anybody to say it to."""
        self.client.disconnect()

    def _wait_until(self, is_done: Callable[[], bool]) -> None:
        while not is_done():
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            code = self.client.loop(min(left, 1.0))
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS and not is_done():
                raise DeliveryError(f"{WHO} closed the connection", retryable=True)

    def _on_connect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.connected = reason

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.published[mid] = reason


def _require(what: str, reason: ReasonCode | None) -> None:
    """Raise what a reason code from 0x80 means."""
    if reason is not None and reason.is_failure:
        told = f"{WHO} refused {what}: {reason.getName()}"
        raise DeliveryError(told, retryable=reason.value not in _FOR_EVER)


def open_mqtt(name: str, given: Mapping[str, object], folder: Path) -> MqttChannel:
    """Return the channel that the options describe."""
    options = Options(name, given, folder, known=OPTIONS)
    host = options.text("host")
    use_tls = options.flag("tls", default=True)
    if options.has("ca_file") and not use_tls:
        raise options.error("ca_file", expected="none with tls = false", found="one")
    context = options.tls() if use_tls else None
    if options.has("user") != options.has("password_file"):
        raise options.error("user", expected="user and password_file, or neither", found="one")
    user = options.text("user") if options.has("user") else None
    password = options.secret_text("password_file") if user is not None else None
    version = _VERSIONS[options.one_of("version", _VERSIONS, "5")]
    topic = options.text("topic", DEFAULT_TOPIC)
    if _TOPIC.fullmatch(topic) is None:
        expected = "levels of letters and digits between /, with {address} for the subscriber's"
        raise options.error("topic", expected=expected, found="another text")

    broker = MqttBroker(
        host=host,
        port=options.number("port", 8883 if use_tls else 1883, least=1, most=65535),
        version=version,
        tls=context,
        user=user,
        password=password,
    )
    return MqttChannel(broker, topic, pictures=options.flag("pictures", default=False))


def check_address(where: str, text: str) -> str:
    """Return the word that stands for {address} in the topic."""
    level = text.strip()
    if _LEVEL.fullmatch(level) is None:
        expected = "a word of at most 64 letters, digits, dots, hyphens and underscores"
        raise InputError(where, "address", expected=expected, found="another text")
    return level


KIND = ChannelKind(open=open_mqtt, check_address=check_address)
