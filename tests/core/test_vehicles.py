"""Which kinds of vehicle exclude each other: every pair."""

import itertools

from fairplate.core.vehicles import VehicleType, vehicles_contradict

AGREEING = {"car van", "car truck", "truck van", "bus van", "trailer truck"}


def test_every_pair() -> None:
    for one, other in itertools.product(VehicleType, repeat=2):
        agrees = (
            one == other
            or VehicleType.UNKNOWN in {one, other}
            or " ".join(sorted([one.value, other.value])) in AGREEING
        )
        assert vehicles_contradict(one, other) is not agrees, (one, other)
