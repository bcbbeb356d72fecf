"""The kinds of vehicle that an entry or a read may name."""

from enum import StrEnum


class VehicleType(StrEnum):
    """A closed, coarse list: what a person can tell apart at a glance."""

    CAR = "car"
    MOTORCYCLE = "motorcycle"
    VAN = "van"
    TRUCK = "truck"
    BUS = "bus"
    TRAILER = "trailer"
    UNKNOWN = "unknown"


# A pick-up is a truck on one list and a car on the next: only differences that cannot be
# a matter of words contradict.
_SAME_AT_A_GLANCE = (
    frozenset({VehicleType.CAR, VehicleType.VAN}),
    frozenset({VehicleType.CAR, VehicleType.TRUCK}),
    frozenset({VehicleType.VAN, VehicleType.TRUCK}),
    frozenset({VehicleType.VAN, VehicleType.BUS}),
    frozenset({VehicleType.TRUCK, VehicleType.TRAILER}),
)


def vehicles_contradict(one: VehicleType, other: VehicleType) -> bool:
    """Say whether one vehicle cannot be both; an unknown type contradicts nothing."""
    if one is other or VehicleType.UNKNOWN in {one, other}:
        return False
    return frozenset({one, other}) not in _SAME_AT_A_GLANCE
