"""Where a request comes from, as far as it can be believed. Pure.

Decides that X-Forwarded-For counts only behind a proxy that the settings tell of, and then only its
last entry: the proxy wrote that one, everything before it may be anybody's.
"""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"


def address_of(peer: str | None, forwarded: Sequence[str], *, behind_proxy: bool) -> str:
    """Return the client's address; `forwarded` are the X-Forwarded-For headers in their order."""
    if behind_proxy and forwarded:
        last = forwarded[-1].rsplit(",", 1)[-1].strip()
        found = _parse(last)
        if found is not None:
            return found
    return _parse(peer or "") or UNKNOWN


def block_of(address: str) -> str:
    """Return whom an address is counted for: of IPv6 one line has a whole /64."""
    if address == UNKNOWN or not isinstance(ip_address(address), IPv6Address):
        return address
    return str(ip_network(f"{address}/64", strict=False))


def _parse(text: str) -> str | None:
    try:
        found = ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found)))  # without a zone
    return str(found)
