"""A real MQTT broker, from Debian's package, and a subscriber that keeps what it gets."""

import contextlib
import os
import queue
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from tests.alerts.channels.certificates import Certificates

USER, PASSWORD = "gate", "correct horse"
PATIENCE_S = 20


@dataclass(frozen=True)
class Broker:
    """Where it listens: in the clear for a known user, and over TLS for anybody."""

    port: int
    tls_port: int


def require_mosquitto() -> str:
    """Skip the test where the broker is not installed, but not in CI."""
    found = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        missing = "mosquitto is not installed: apt-get install mosquitto, or make setup-ci"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return found


@contextlib.contextmanager
def run_broker(folder: Path, certificates: Certificates) -> Iterator[Broker]:
    program = require_mosquitto()
    broker = Broker(_free_port(), _free_port())
    passwords, rules = folder / "passwords", folder / "rules"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", passwords, USER, PASSWORD], check=True)
    rules.write_text(f"topic readwrite fairplate/#\nuser {USER}\ntopic readwrite fairplate/#\n")
    settings = folder / "mosquitto.conf"
    settings.write_text(
        "per_listener_settings true\nmax_packet_size 2000000\n"
        # As root it would become another user, who cannot read the files.
        + ("user root\n" if os.geteuid() == 0 else "")
        + f"listener {broker.port} 127.0.0.1\npassword_file {passwords}\nacl_file {rules}\n"
        + f"listener {broker.tls_port} 127.0.0.1\nallow_anonymous true\nacl_file {rules}\n"
        + f"certfile {certificates.certificate}\nkeyfile {certificates.key}\n"
    )
    log = folder / "mosquitto.log"
    with log.open("wb") as stream, subprocess.Popen(
        [program, "-c", settings], stdout=stream, stderr=stream
    ) as process:  # fmt: skip
        try:
            _wait_for(broker, process, log)
            yield broker
        finally:
            process.terminate()


def _wait_for(broker: Broker, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    for port in (broker.port, broker.tls_port):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text()) from None
                time.sleep(0.02)


@contextlib.contextmanager
def subscribed(broker: Broker, topic: str) -> Iterator["queue.SimpleQueue[mqtt.MQTTMessage]"]:
    """Keep what is published to `topic`."""
    got: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
    ready: queue.SimpleQueue[bool] = queue.SimpleQueue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(USER, PASSWORD)
    client.on_message = lambda _client, _userdata, message: got.put(message)
    client.on_subscribe = lambda *_: ready.put(True)  # noqa: FBT003
    client.connect("127.0.0.1", broker.port)
    client.subscribe(topic, qos=1)
    client.loop_start()
    try:
        ready.get(timeout=PATIENCE_S)
        yield got
    finally:
        client.disconnect()
        client.loop_stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
