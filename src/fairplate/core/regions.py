"""Region codes: `us`, `us-ca`, `eu`, `de`, `br` … and which of them exclude each other.

A code is an ISO 3166-1 country in lower case (`de`), a subdivision of one (`us-ca`, ISO 3166-2), or
`eu` for any country whose plates follow the European pattern.
"""

from fairplate.core.errors import InputError

_US_STATES = (
    "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm "
    "ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc pr gu vi as mp"
)
_CA_PROVINCES = "ab bc mb nb nl ns nt nu on pe qc sk yt"
_AU_STATES = "act nsw nt qld sa tas vic wa"

EUROPEAN_COUNTRIES = frozenset(
    "at be bg hr cy cz dk ee fi fr de gr hu ie it lv lt lu mt nl pl pt ro sk si es se "
    "is li no ch gb ua md rs me mk al ba xk ad mc sm va".split()
)
OTHER_COUNTRIES = frozenset(
    "us ca mx br ar uy py bo cl pe co au nz za in jp kr cn tr il ru by kz ge am az".split()
)
COUNTRIES = EUROPEAN_COUNTRIES | OTHER_COUNTRIES
SUBDIVISIONS = frozenset(
    [f"us-{s}" for s in _US_STATES.split()]
    + [f"ca-{s}" for s in _CA_PROVINCES.split()]
    + [f"au-{s}" for s in _AU_STATES.split()]
)
REGIONS = COUNTRIES | SUBDIVISIONS | {"eu"}


def parse_region(text: str, *, where: str, field: str = "region") -> str:
    """Return the region code that `text` spells in any case; raise InputError if there is none."""
    code = text.strip().lower().replace("_", "-")
    if code not in REGIONS:
        raise InputError(
            where,
            field,
            expected="a code such as us, us-ca, eu, de or br",
            found=repr(text[:20]),
        )
    return code


def region_covers(wide: str, narrow: str) -> bool:
    """Say whether every plate of `narrow` is one of `wide`: us covers us-ca, eu covers de."""
    if wide == narrow or narrow.startswith(f"{wide}-"):
        return True
    return wide == "eu" and narrow.split("-", maxsplit=1)[0] in EUROPEAN_COUNTRIES


def regions_contradict(one: str | None, other: str | None) -> bool:
    """Say whether a plate cannot be of both; an unknown region (None) contradicts nothing."""
    if one is None or other is None:
        return False
    return not (region_covers(one, other) or region_covers(other, one))
