"""Where the server may listen: every kind of address, with and without TLS and a proxy."""

from pathlib import Path
from typing import Any

import pytest

from fairplate.core.errors import InputError, PolicyError
from fairplate.web.listening import DEFAULT_PORT, Listening, read_listening

FOLDER = Path("/srv/data")
TLS = {"tls_certificate": "tls.crt", "tls_key": "tls.key"}
OWN, PRIVATE, ALL, PUBLIC = (
    ("127.0.0.1", "127.9.9.9", "::1"),
    ("10.0.0.2", "192.168.1.5", "172.16.0.1", "fd00::1", "169.254.1.1"),
    ("0.0.0.0", "::"),  # noqa: S104 - what is refused
    ("8.8.8.8", "2606:4700::1"),
)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("behind_proxy", [False, True])
@pytest.mark.parametrize("address", [*OWN, *PRIVATE, *ALL, *PUBLIC])
def test_keys_never_cross_a_network_in_clear(
    address: str, *, tls: bool, behind_proxy: bool
) -> None:
    table: dict[str, Any] = {"address": address, "behind_proxy": behind_proxy}
    if tls:
        table |= TLS
    may = tls or address in OWN or (behind_proxy and address in PRIVATE)
    if may:
        listening = read_listening(table, FOLDER)
        assert listening.url.startswith("https://" if tls else "http://")
        assert listening.certificate == (FOLDER / "tls.crt" if tls else None)
    else:
        with pytest.raises(PolicyError) as caught:
            read_listening(table, FOLDER)
        assert "server: address" in str(caught.value)


def test_without_settings_it_listens_on_this_machine() -> None:
    listening = read_listening({}, FOLDER)
    assert listening.url == f"http://127.0.0.1:{DEFAULT_PORT}"
    assert Listening(address="::1").url == f"http://[::1]:{DEFAULT_PORT}"


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"address": "localhost"}, "address"),
        ({"address": 1}, "address"),
        ({"address": ""}, "address"),
        ({"port": "8750"}, "port"),
        ({"port": True}, "port"),
        ({"port": -1}, "port"),
        ({"port": 65_536}, "port"),
        ({"behind_proxy": 1}, "behind_proxy"),
        ({"tls_certificate": "a"}, "tls"),
        ({"tls_key": "a"}, "tls"),
        ({"tls_certificate": 1, "tls_key": 2}, "tls_certificate"),
    ],
)
def test_what_is_no_setting_is_refused(table: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_listening(table, FOLDER)
    assert caught.value.field == field
