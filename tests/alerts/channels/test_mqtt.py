"""MQTT with a real broker: what it hands on, and what it refuses."""

import json
import queue
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.alerts.channels.certificates import Certificates
from tests.alerts.channels.mosquitto import PATIENCE_S, USER, Broker, run_broker, subscribed
from tests.alerts.channels.smtp_receiver import Line, scripted_server
from tests.alerts.messages import KEY, NOTICE, SECRETS, envelope, illustrated

from fairplate.alerts.channel import Channel, DeliveryError
from fairplate.alerts.channels import mqtt
from fairplate.alerts.channels.mqtt import check_address, open_mqtt
from fairplate.alerts.message_json import message_json
from fairplate.core.errors import InputError

TO = "gate-7"


@pytest.fixture(scope="module")
def broker(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Broker]:
    with run_broker(tmp_path_factory.mktemp("broker"), certificates) as broker:
        yield broker


def open_to(port: int, folder: Path, **more: object) -> Channel:
    options = {"host": "127.0.0.1", "port": port, "tls": False,
               "user": USER, "password_file": "password", **more}  # fmt: skip
    given = {key: value for key, value in options.items() if value is not None}
    return open_mqtt("broker", given, folder)


def failure(channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.deliver(envelope(TO))
    assert not any(secret in str(caught.value) for secret in (*SECRETS, TO, "horse"))
    return caught.value


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_the_broker_hands_on(broker: Broker, folder: Path, version: str) -> None:
    with subscribed(broker, "fairplate/#") as got:
        channel = open_to(broker.port, folder, version=version)
        channel.deliver(envelope(TO, illustrated()))
        channel.deliver(envelope(TO, NOTICE))
        channel.close()
        alert, notice = (got.get(timeout=PATIENCE_S) for _ in range(2))
    assert alert.topic == "fairplate/alerts/gate-7"
    assert (alert.qos, alert.retain) == (1, False)
    assert alert.payload == message_json(illustrated(), key=KEY, pictures=False)
    assert json.loads(notice.payload)["type"] == "notice"


def test_over_tls_with_pictures_to_a_topic_of_choice(
    broker: Broker, folder: Path, certificates: Certificates
) -> None:
    with subscribed(broker, "fairplate/#") as got:
        channel = open_to(
            broker.tls_port, folder, tls=True, ca_file=str(certificates.ca_file), user=None,
            password_file=None, topic="fairplate/site 1/{address}/alerts", pictures=True,
        )  # fmt: skip
        channel.deliver(envelope(TO, illustrated()))
        message = got.get(timeout=PATIENCE_S)
    assert message.topic == "fairplate/site 1/gate-7/alerts"
    assert message.payload == message_json(illustrated(), key=KEY, pictures=True)


def test_a_broker_that_cannot_prove_its_name_gets_nothing(broker: Broker, folder: Path) -> None:
    with subscribed(broker, "fairplate/#") as got:
        error = failure(open_to(broker.tls_port, folder, tls=True))
        assert "no valid TLS certificate" in str(error)
        assert error.retryable
        with pytest.raises(queue.Empty):
            got.get(timeout=0.1)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_wrong_password_is_permanent(broker: Broker, folder: Path, version: str) -> None:
    (folder / "password").write_text("wrong horse")
    error = failure(open_to(broker.port, folder, version=version))
    assert "refused the connection: " in str(error)
    assert not error.retryable


def test_a_topic_that_is_not_ours_is_permanent(broker: Broker, folder: Path) -> None:
    error = failure(open_to(broker.port, folder, topic="elsewhere/{address}"))
    assert "refused the message: Not authorized" in str(error)
    assert not error.retryable


def _hang(line: Line) -> None:
    line.done.wait(30)


def _let_in_and_hang(line: Line) -> None:
    line._connection.sendall(b"\x20\x03\x00\x00\x00")
    line.done.wait(30)


def _hang_up(line: Line) -> None:
    line._connection.recv(100)


def _speak_smtp(line: Line) -> None:
    line.greet()


@pytest.mark.parametrize("script", [_hang, _let_in_and_hang, _hang_up, _speak_smtp])
@pytest.mark.parametrize("tls", [False, True])
def test_brokers_that_misbehave(
    script: object, tls: bool, folder: Path, monkeypatch: pytest.MonkeyPatch  # noqa: FBT001
) -> None:  # fmt: skip
    monkeypatch.setattr(mqtt, "TIMEOUT_S", 0.5)
    with scripted_server(script) as (port, _):  # type: ignore[arg-type]
        assert failure(open_to(port, folder, tls=tls)).retryable


def test_nobody_listens(folder: Path) -> None:
    with scripted_server() as (port, _):
        pass
    error = failure(open_to(port, folder))
    assert error.retryable
    assert "cannot be reached (Connection refused)" in str(error)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"topic": "a/#"}, "topic: expected levels"),
        ({"topic": "a/+/b"}, "topic: expected levels"),
        ({"topic": "/a"}, "topic: expected levels"),
        ({"topic": "a//b"}, "topic: expected levels"),
        ({"topic": "$SYS/a"}, "topic: expected levels"),
        ({"topic": "{key}"}, "topic: expected levels"),
        ({"version": "4"}, "version: expected 5 or 3.1.1"),
        ({"version": 5}, "version: expected 5 or 3.1.1"),
        ({"ca_file": "password"}, "ca_file: expected "),
        ({"password_file": None}, "user: expected user and password_file"),
        ({"host": None}, "host: expected a text"),
        ({"pictures": "yes"}, "pictures: expected true or false"),
    ],
)
def test_options_that_are_refused(options: Mapping[str, object], said: str, folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_to(1883, folder, **options)
    assert str(caught.value).startswith(f"channels.broker: {said}")


@pytest.mark.parametrize("text", ["", "a/b", "#", "+", "a b", "$x", "{address}", "x" * 65])
def test_what_is_no_word_of_a_topic(text: str) -> None:
    with pytest.raises(InputError, match="subscriber: address: expected a word"):
        check_address("subscriber", text)
