"""Vendors' words for kinds of vehicle, as the coarse list of `core/vehicles.py`."""

from fairplate.core.vehicles import VehicleType

# In this order: a "Motor Bus" is a bus, a "Light Truck Trailer" a trailer, "SUVMPV" a car.
_PARTS = (
    (VehicleType.TRAILER, ("trailer", "caravan")),
    (VehicleType.BUS, ("bus", "coach")),
    (
        VehicleType.MOTORCYCLE,
        ("motorcycle", "motorbike", "moped", "scooter", "tricycle", "twowheel"),
    ),
    (VehicleType.TRUCK, ("truck", "lorry", "pickup", "tractor", "tanker")),
    (
        VehicleType.CAR,
        ("suv", "sedan", "saloon", "hatchback", "coupe", "convertible", "taxi", "wagon"),
    ),
    (VehicleType.VAN, ("van", "mpv")),
    (VehicleType.CAR, ("passenger", "car")),
)
_NOT_THESE = ("cargo", "carrier")
"""Begin with `car` and are none."""


def vehicle_of(words: str | None) -> VehicleType:
    """Return the kind that the words name, unknown if they name none of ours."""
    plain = "".join(filter(str.isalnum, (words or "").casefold()))
    if plain.startswith(_NOT_THESE):
        return VehicleType.UNKNOWN
    return next(
        (kind for kind, parts in _PARTS if any(part in plain for part in parts)),
        VehicleType.UNKNOWN,
    )
