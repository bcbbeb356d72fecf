"""Whether a request that changes something comes from our own pages. Pure.

Decides by what browsers say of themselves and pages cannot forge (Fetch, 3.2 and Fetch Metadata):
Sec-Fetch-Site, else Origin. A request that has neither comes from no page of a browser of today; it
counts only where no cookie goes with it.
"""

from collections.abc import Mapping

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_from_here(
    method: str, headers: Mapping[str, str], origin: str, *, with_cookie: bool
) -> bool:
    """Say whether the request may change something; `headers` by lower-case names."""
    if method in _SAFE:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    told = headers.get("origin")
    if told is not None:
        return told == origin
    return not with_cookie
