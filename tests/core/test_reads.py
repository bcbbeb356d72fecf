"""A read that exists makes sense: every contradiction is refused."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from fairplate.core.errors import InputError
from fairplate.core.reads import Box, Character, PlateRead

READ = PlateRead(
    source="a.jpg",
    plate="AB1",
    confidence=0.9,
    characters=(Character("A", 0.9, "4", 0.1), Character("B", 1.0), Character("1", 0.8)),
    box=Box(10, 20, 110, 40),
    captured_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plate": "ab1"}, "plate"),
        ({"plate": ""}, "plate"),
        ({"plate": "AB2"}, "characters"),
        ({"characters": ()}, "characters"),
        ({"confidence": 1.01}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"frames": 0}, "frames"),
        ({"frame": -1}, "frames"),
        ({"time_s": -0.1}, "frames"),
        ({"captured_at": datetime(2026, 1, 1)}, "captured_at"),  # noqa: DTZ001 - the point
    ],
)
def test_a_read_that_contradicts_itself_is_refused(change: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(READ, **change)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert "AB1" not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [("a", 0.5), ("AB", 0.5), ("", 0.5), ("Ä", 0.5), ("A", -0.1), ("A", 0.5, "?"),
     ("A", 0.5, "B", 1.5)],
)  # fmt: skip
def test_a_character_is_one_of_36_with_shares(arguments: tuple[object, ...]) -> None:
    with pytest.raises(InputError):
        Character(*arguments)  # type: ignore[arg-type]


def test_reads_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        READ.plate = "AB2"  # type: ignore[misc]


@pytest.mark.parametrize("corners", [(0, 0, 0, 5), (0, 0, 5, 0), (5, 0, 0, 5), (0, 5, 5, 0)])
def test_empty_and_reversed_boxes_are_refused(corners: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError, match="read: box"):
        Box(*corners)


def test_box_measures_and_overlap() -> None:
    box = Box(0, 0, 10, 20)
    assert (box.width_px, box.height_px, box.area_px, box.centre) == (10, 20, 200, (5.0, 10.0))
    assert box.overlap(box) == 1.0
    assert box.overlap(Box(5, 0, 15, 20)) == pytest.approx(1 / 3)
    assert box.overlap(Box(10, 0, 20, 20)) == 0.0
