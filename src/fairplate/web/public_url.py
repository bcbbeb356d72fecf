"""The address under which people's browsers see the server. Pure: decides from the settings alone.

Passkeys are bound to it, so it is a setting and never taken from a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from fairplate.core.errors import InputError, PolicyError
from fairplate.web.listening import DEFAULT_PORT

_WHERE, _FIELD = "server", "public_url"
_EXPECTED = "https:// and a host name, or http://localhost, without a path"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """Scheme, host and port as browsers spell them (`origin`), and the host alone."""

    origin: str
    host: str

    @property
    def is_secure(self) -> bool:
        """Whether cookies can be kept to TLS."""
        return self.origin.startswith("https://")


def read_public_url(table: Mapping[str, Any]) -> PublicUrl:
    """Return what the table `[server]` of the settings says.

    Raises InputError for what is no such address, PolicyError for one in clear over a network.
    """
    default = f"http://localhost:{table.get('port') or DEFAULT_PORT}"
    given = table.get(_FIELD, default)
    if not isinstance(given, str) or len(given) > _LONGEST or not given.isascii():
        raise InputError(_WHERE, _FIELD, expected=_EXPECTED, found="another value")
    try:
        parts = urlsplit(given.removesuffix("/"))
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise InputError(_WHERE, _FIELD, expected=_EXPECTED, found="another text") from None
    spelled = host if port is None else f"{host}:{port}"
    whole = f"{parts.scheme}://{spelled}"
    if parts.scheme not in {"http", "https"} or not host or whole != given.removesuffix("/"):
        raise InputError(_WHERE, _FIELD, expected=_EXPECTED, found="another text")
    if _is_number(host):  # passkeys are bound to names (WebAuthn level 3, 5.1.2)
        raise InputError(_WHERE, _FIELD, expected=_EXPECTED, found="an IP address")
    if parts.scheme == "http" and host != "localhost":
        raise PolicyError(f"{_WHERE}: {_FIELD}: expected {_EXPECTED}, found http on a network")
    usual = {"http": 80, "https": 443}[parts.scheme]
    return PublicUrl(f"{parts.scheme}://{host}" if port in {None, usual} else whole, host)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # Browsers take the last part's digits, also 0x7f, for an IPv4 address.
        return host.rsplit(".", 1)[-1][:1].isdigit()
    return True
