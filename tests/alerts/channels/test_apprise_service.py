"""Apprise, with a service of its own that posts JSON to a real server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.alerts.channels.conftest import write_private
from tests.alerts.channels.http_receiver import Receiver
from tests.alerts.messages import NOTICE, SECRETS, envelope, illustrated

from fairplate.alerts.channel import Channel, DeliveryError
from fairplate.alerts.channels import apprise_service
from fairplate.alerts.channels.apprise_service import check_address, open_apprise
from fairplate.alerts.wording import plain_text
from fairplate.core.errors import InputError

# What Apprise itself warns of when it loads its plug-ins is its own business.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def open_to(receiver: Receiver, folder: Path) -> Channel:
    url = receiver.url.replace("http://", "json://")
    lines = f"# who  where\n\ndesk {url}/secret-path\nchief   {url}/chief\n"
    write_private(folder / "urls", lines)
    return open_apprise("chat", {"url_file": "urls"}, folder)


def test_what_arrives(receiver: Receiver, folder: Path) -> None:
    receiver.status = 200
    channel = open_to(receiver, folder)
    channel.deliver(envelope("desk", illustrated()))
    channel.deliver(envelope("chief", illustrated(), plate=True))
    channel.deliver(envelope("desk", NOTICE))
    channel.close()
    assert [one.path for one in receiver.posted] == ["/secret-path", "/chief", "/secret-path"]
    hidden, shown, notice = (json.loads(one.body) for one in receiver.posted)
    assert hidden["title"] == "UNCONFIRMED alert: stolen vehicle, Gate 7 north"
    assert not any(secret in str(hidden) for secret in SECRETS)
    assert "KV[8]ZRD1" in shown["title"]
    assert shown["message"].strip() == plain_text(illustrated()).strip()
    assert NOTICE.lines[0] in notice["message"]


def test_a_refusal_is_temporary(receiver: Receiver, folder: Path) -> None:
    receiver.status = 500
    with pytest.raises(DeliveryError) as caught:
        open_to(receiver, folder).deliver(envelope("desk"))
    assert caught.value.retryable
    assert "secret-path" not in str(caught.value)


def test_a_service_that_hangs_is_not_waited_for(
    receiver: Receiver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise_service, "TIMEOUT_S", 0)
    with pytest.raises(DeliveryError, match="did not answer in time"):
        open_to(receiver, folder).deliver(envelope("desk"))


def test_an_address_without_a_url_is_permanent(receiver: Receiver, folder: Path) -> None:
    with pytest.raises(DeliveryError, match="has none for this address") as caught:
        open_to(receiver, folder).deliver(envelope("nobody"))
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "content",
    ["", "# nothing\n", "desk\n", "desk nonsense\n", "desk gibberish://secret\n", "Desk json://x\n",
     "desk json://x\ndesk json://y\n", "json://x\n"],
)  # fmt: skip
def test_files_that_are_refused(folder: Path, content: str) -> None:
    write_private(folder / "urls", content)
    with pytest.raises(InputError, match=r"channels\.chat: url_file: expected") as caught:
        open_apprise("chat", {"url_file": "urls"}, folder)
    assert "secret" not in str(caught.value)


def test_without_the_package_it_is_said_what_to_install(folder: Path) -> None:
    write_private(folder / "urls", "desk json://x\n")
    script = (
        "import sys; from pathlib import Path; sys.modules['apprise'] = None\n"
        "from fairplate.alerts.channels import KINDS\n"
        f"KINDS['apprise'].open('chat', {{'url_file': 'urls'}}, Path({str(folder)!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "channels.chat: kind: expected the package apprise" in done.stderr
    assert "pip install 'fairplate[apprise]'" in done.stderr


def test_it_is_loaded_only_when_it_is_used() -> None:
    script = "import sys, fairplate.alerts.channels; print('apprise' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("text", ["", "Desk", "a b", "x" * 65, "json://x"])
def test_what_is_no_word(text: str) -> None:
    with pytest.raises(InputError, match="subscriber: address: expected a word"):
        check_address("subscriber", text)
