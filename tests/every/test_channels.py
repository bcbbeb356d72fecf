"""One suite for every channel: strict options, and failures that tell no more than they should."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.alerts.channels.conftest import write_private
from tests.alerts.channels.push_service import Browser
from tests.alerts.messages import NOTICE, SECRETS, envelope, illustrated

from fairplate.alerts.channel import DeliveryError
from fairplate.alerts.channels import KINDS
from fairplate.alerts.vapid import create_vapid_key
from fairplate.core.errors import InputError

SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - no key of anything
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Sample:
    """Options of a channel whose server is dead, and an address; `must` are needed."""

    options: Mapping[str, object]
    address: str
    must: tuple[str, ...]


def _email(folder: Path, port: int) -> Sample:
    write_private(folder / "password", SECRET)
    options = {"host": HOST, "port": port, "sender": "alerts@example.org", "user": "fairplate",
               "password_file": "password", "security": "tls"}  # fmt: skip
    return Sample(options, "officer@example.org", ("host", "sender"))


def _webhook(folder: Path, port: int) -> Sample:
    write_private(folder / "secret", f"whsec_{SECRET}")
    options = {"secret_file": "secret", "allow_private": True, "pictures": True}
    return Sample(options, f"http://{HOST}:{port}/officer", ("secret_file",))


def _web_push(folder: Path, port: int) -> Sample:
    create_vapid_key(folder / "vapid.pem")
    browser = Browser(ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef")
    options = {"vapid_key_file": "vapid.pem", "contact": "https://example.org/officer",
               "allow_private": True}  # fmt: skip
    address = browser.subscription(f"https://{HOST}:{port}/officer")
    return Sample(options, address, ("vapid_key_file", "contact"))


def _mqtt(folder: Path, port: int) -> Sample:
    write_private(folder / "password", SECRET)
    options = {"host": HOST, "port": port, "tls": False, "user": "fairplate",
               "password_file": "password"}  # fmt: skip
    return Sample(options, "officer", ("host",))


def _ntfy(folder: Path, port: int) -> Sample:
    write_private(folder / "token", SECRET)
    options = {"server": f"http://{HOST}:{port}", "token_file": "token", "allow_private": True}
    return Sample(options, "officer", ("server",))


def _apprise(folder: Path, port: int) -> Sample:
    write_private(folder / "urls", f"officer json://{HOST}:{port}/{SECRET}")
    return Sample({"url_file": "urls"}, "officer", ("url_file",))


# A new channel needs its line here, or this suite fails.
SAMPLES: dict[str, Callable[[Path, int], Sample]] = {
    "email": _email,
    "webhook": _webhook,
    "web-push": _web_push,
    "mqtt": _mqtt,
    "ntfy": _ntfy,
    "apprise": _apprise,
}

# What Apprise itself warns of when it loads its plug-ins is its own business.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def dead_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def sample(kind: str, tmp_path: Path, dead_port: int) -> Sample:
    return SAMPLES[kind](tmp_path, dead_port)


def test_every_channel_has_a_sample() -> None:
    assert set(SAMPLES) == set(KINDS)


@every_kind
@pytest.mark.parametrize("message", [illustrated(), NOTICE], ids=["alert", "notice"])
def test_a_dead_server_is_temporary_and_nothing_leaks(
    kind: str, message: object, sample: Sample, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    channel = KINDS[kind].open("mine", sample.options, tmp_path)
    address = KINDS[kind].check_address("subscriber", sample.address)
    for _ in range(2):
        with pytest.raises(DeliveryError) as caught:
            channel.deliver(envelope(address, message))  # type: ignore[arg-type]
        assert caught.value.retryable
        assert not caught.value.gone
        # A traceback would tell what the text does not.
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        told = str(caught.value)
        assert not any(word in told for word in (*SECRETS, SECRET, "officer", HOST))
        channel.close()
    channel.close()
    assert SECRET not in repr(channel)
    assert not any(word in caplog.text for word in (*SECRETS, SECRET, "officer"))


@every_kind
def test_an_unknown_option_is_refused(kind: str, sample: Sample, tmp_path: Path) -> None:
    for name in ("colour", "kind", "password", "secret"):
        with pytest.raises(InputError) as caught:
            KINDS[kind].open("mine", {**sample.options, name: SECRET}, tmp_path)
        assert caught.value.where == "channels.mine"
        assert caught.value.field == repr(name)
        assert SECRET not in str(caught.value)
        known = caught.value.expected.removeprefix("one of ").split(", ")
        assert set(sample.options) <= set(known)


@every_kind
def test_a_missing_option_is_refused(kind: str, sample: Sample, tmp_path: Path) -> None:
    assert set(sample.must) <= set(sample.options)
    for name in sample.must:
        rest = {key: value for key, value in sample.options.items() if key != name}
        with pytest.raises(InputError) as caught:
            KINDS[kind].open("mine", rest, tmp_path)
        assert (caught.value.where, caught.value.field) == ("channels.mine", name)


@every_kind
@pytest.mark.parametrize("value", [None, [], {}, 1.5, -7, "", "\n", "x" * 2000, b"x"])
def test_no_value_of_another_kind_is_taken(
    kind: str, value: object, sample: Sample, tmp_path: Path
) -> None:
    for name in sample.options:
        with pytest.raises(InputError) as caught:
            KINDS[kind].open("mine", {**sample.options, name: value}, tmp_path)
        assert caught.value.where == "channels.mine"


@every_kind
def test_secrets_that_others_may_read_are_refused(
    kind: str, sample: Sample, tmp_path: Path
) -> None:
    files = [name for name in sample.options if name.endswith("_file") and name != "ca_file"]
    assert files
    for name in files:
        path = tmp_path / str(sample.options[name])
        path.chmod(0o644)
        with pytest.raises(InputError, match="mode 0600 or less") as caught:
            KINDS[kind].open("mine", sample.options, tmp_path)
        assert caught.value.field == name
        path.unlink()
        with pytest.raises(InputError, match="a file that can be read"):
            KINDS[kind].open("mine", sample.options, tmp_path)


@every_kind
def test_an_address_is_checked_and_never_quoted(kind: str, sample: Sample) -> None:
    check = KINDS[kind].check_address
    checked = check("subscriber", sample.address)
    assert check("subscriber", checked) == checked
    assert json.dumps(checked)
    for text in ("", " ", "KV8ZRD1 at home", "\0", "a\r\nb", "\ud800", "x" * 100_000):
        with pytest.raises(InputError) as caught:
            check("subscriber", text)
        assert (caught.value.where, caught.value.field) == ("subscriber", "address")
        assert not text.strip() or text not in str(caught.value)
