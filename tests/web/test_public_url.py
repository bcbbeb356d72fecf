"""The public address: what passkeys can be bound to, and nothing in clear over a network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import FairplateError, InputError, PolicyError
from fairplate.web.public_url import read_public_url


@pytest.mark.parametrize(
    ("table", "origin", "host"),
    [
        ({}, "http://localhost:8750", "localhost"),
        ({"port": 9000}, "http://localhost:9000", "localhost"),
        ({"public_url": "https://plates.example"}, "https://plates.example", "plates.example"),
        ({"public_url": "https://plates.example/"}, "https://plates.example", "plates.example"),
        ({"public_url": "https://plates.example:443"}, "https://plates.example", "plates.example"),
        ({"public_url": "https://p.example:8443"}, "https://p.example:8443", "p.example"),
        ({"public_url": "http://localhost:80"}, "http://localhost", "localhost"),
    ],
)
def test_addresses(table: dict[str, object], origin: str, host: str) -> None:
    found = read_public_url(table)
    assert (found.origin, found.host) == (origin, host)
    assert found.is_secure is origin.startswith("https")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plates.example",
        "https://",
        "https://plates.example/path",
        "https://plates.example?x",
        "https://user@plates.example",
        "https://Plates.example",
        "https://plates.example:x",
        "https://plates.example:99999",
        "https://192.0.2.1",
        "https://[2001:db8::1]",
        "https://0x7f.1",
        "https://pl\u00e4tes.example",
        "ftp://plates.example",
        "javascript:alert(1)",
        "https://" + "a" * 200,
        7,
        True,
    ],
)
def test_what_is_no_address(text: object) -> None:
    with pytest.raises(InputError, match="public_url"):
        read_public_url({"public_url": text})


@pytest.mark.parametrize("text", ["http://plates.example", "http://plates.local:8750"])
def test_nothing_in_clear_over_a_network(text: str) -> None:
    with pytest.raises(PolicyError, match="http on a network"):
        read_public_url({"public_url": text})


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = read_public_url({"public_url": text})
    except FairplateError:
        return
    assert found.origin.startswith(("https://", "http://localhost"))
