from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.alerts.channels.certificates import Certificates, make_certificates
from tests.alerts.channels.http_receiver import Receiver, receive_posts


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receive_posts() as receiver:
        yield receiver


@pytest.fixture
def tls_receiver(certificates: Certificates) -> Iterator[Receiver]:
    with receive_posts(certificates.server_context()) as receiver:
        yield receiver


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the private files that options name."""
    for name, content in {
        "password": "correct horse\n",
        "token": "tk_0123456789",
        "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
    }.items():
        write_private(tmp_path / name, content)
    return tmp_path


def write_private(path: Path, content: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")
    return path
