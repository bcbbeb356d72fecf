"""Where the server may listen. Pure: decides from the settings alone.

Plain HTTP leaves the machine only towards a proxy that speaks TLS to the world, and only inside a
private network: keys of readers and sessions of people go over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from fairplate.core.errors import InputError, PolicyError

DEFAULT_PORT = 8750
_WHERE = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """One address and port; TLS with both files or with none. `behind_proxy`: TLS ends there."""

    address: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False

    def __post_init__(self) -> None:
        """Refuse what would send secrets over a network in clear."""
        address = _parse(self.address)
        if not 0 <= self.port < 1 << 16:
            raise InputError(_WHERE, "port", expected="0 to 65535", found=f"{self.port}")
        if (self.certificate is None) is not (self.key is None):
            expected = "tls_certificate and tls_key, or neither"
            raise InputError(_WHERE, "tls", expected=expected, found="one of them")
        if self.certificate is not None or address.is_loopback:
            return
        if not self.behind_proxy:
            expected = "a loopback address, TLS files, or behind_proxy = true"
            raise PolicyError(f"server: address: expected {expected}, found none of them")
        if not address.is_private or address.is_unspecified:
            expected = "an address of a private network between the proxy and here, or TLS files"
            raise PolicyError(f"server: address: expected {expected}, found another address")

    @property
    def url(self) -> str:
        """What a browser on this machine opens."""
        scheme = "http" if self.certificate is None else "https"
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{scheme}://{host}:{self.port}"


def read_listening(table: Mapping[str, Any], folder: Path) -> Listening:
    """Return what the table `[server]` of the settings says; paths begin at `folder`.

    Raises InputError for a value of another kind, PolicyError where secrets would go in clear.
    """

    def value(name: str, kind: type, *, default: Any) -> Any:
        given = table.get(name, default)
        if given is not default and type(given) is not kind:
            words = {str: "a text", int: "a whole number", bool: "true or false"}
            raise InputError(_WHERE, name, expected=words[kind], found="another value")
        return given

    def path(name: str) -> Path | None:
        given = value(name, str, default=None)
        return None if given is None else folder / given

    return Listening(
        address=value("address", str, default="127.0.0.1"),
        port=value("port", int, default=DEFAULT_PORT),
        certificate=path("tls_certificate"),
        key=path("tls_key"),
        behind_proxy=value("behind_proxy", bool, default=False),
    )


def _parse(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        expected = "an IP address of this machine"
        raise InputError(_WHERE, "address", expected=expected, found="another text") from None
