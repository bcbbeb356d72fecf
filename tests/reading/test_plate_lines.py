from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.reading.decode import Slot, decode
from fairplate.reading.engine import Point
from fairplate.reading.plate_lines import Corners, Line, Plate, plates_among, plausibility
from fairplate.reading.syntaxes import Syntax, syntaxes

FRAME_HEIGHT_PX = 1000.0
US, EU, RO, BR = (syntaxes((code,)) for code in ("us", "eu", "ro", "br"))


def slot(char: str, sure: float = 0.97) -> Slot:
    chances = np.full(len(PLATE_CHARACTERS), (1 - sure) / (len(PLATE_CHARACTERS) - 1))
    chances[PLATE_CHARACTERS.index(char)] = sure
    return Slot(chances, nothing=0.01)


def line(
    text: str,
    at: Point = (500.0, 500.0),
    *,
    height: float = 40.0,
    width: float | None = None,
    angle: float = 0.0,
    expected: Sequence[Syntax] = EU,
    sure: float = 0.97,
) -> Line:
    """A line of text around `at`, its base line turned by `angle` degrees (clockwise)."""
    half = (len(text) * height * 0.6 if width is None else width) / 2
    ux, uy = cos(radians(angle)), sin(radians(angle))

    def corner(along: float, across: float) -> Point:
        return at[0] + along * ux - across * uy, at[1] + along * uy + across * ux

    h = height / 2
    corners: Corners = (corner(-half, -h), corner(half, -h), corner(half, h), corner(-half, h))
    slots = tuple(slot(char, sure) for char in text)
    decoded = decode(slots, expected)
    assert decoded is not None
    return Line(corners, slots, decoded, text)


def turned(lines: Sequence[Line], angle: float) -> list[Line]:
    """The lines with the whole frame turned about its middle."""
    ux, uy = cos(radians(angle)), sin(radians(angle))

    def turn(point: Point) -> Point:
        x, y = point[0] - 500.0, point[1] - 500.0
        return 500.0 + x * ux - y * uy, 500.0 + x * uy + y * ux

    return [
        Line(
            (turn(k.corners[0]), turn(k.corners[1]), turn(k.corners[2]), turn(k.corners[3])),
            k.slots,
            k.decoded,
            k.text,
        )
        for k in lines
    ]


def among(
    lines: Sequence[Line], expected: Sequence[Syntax] = EU, regions: Sequence[str] = ()
) -> list[Plate]:
    return plates_among(lines, expected, frame_height_px=FRAME_HEIGHT_PX, regions=regions)


def texts(plates: Sequence[Plate]) -> list[str]:
    return [plate.decoded.plate for plate in plates]


# --- words and clocks ----------------------------------------------------------------------------


def test_no_lines_are_no_plates() -> None:
    assert among([]) == []


def test_a_text_without_a_digit_counts_only_where_nothing_is_more_of_a_plate() -> None:
    name = line("GWAGEN", at=(500.0, 700.0))
    assert texts(among([name])) == ["GWAGEN"]
    assert texts(among([name, line("AB123CD")])) == ["AB123CD"]


def test_one_line_is_a_plate_where_the_line_is() -> None:
    only = line("AB123CD")
    (plate,) = among([only])
    assert plate.decoded.plate == "AB123CD"
    assert plate.corners == only.corners
    assert plate.region is None
    assert 0.5 < plate.confidence < 1.0


@pytest.mark.parametrize(
    "word", ["FORD", "CALIFORNIA", "CALIFORNA", "V0LKSWAGEN", "SUNSHINESTATE", "P0LICE"]
)
def test_words_and_misspelt_words_are_left_out(word: str) -> None:
    lines = [line("ABC1234", expected=US), line(word, (500, 120), expected=US)]
    assert texts(among(lines, US)) == ["ABC1234"]
    assert among(lines[1:], US) == []


@pytest.mark.parametrize("y", [20.0, 980.0])
def test_a_clock_at_the_edge_is_left_out(y: float) -> None:
    assert among([line("20240131", (200, y)), line("0815", (700, y))]) == []


def test_digits_amid_the_picture_and_plates_at_its_edge_are_no_clock() -> None:
    assert texts(among([line("1234567", expected=())])) == ["1234567"]
    assert texts(among([line("AB123CD", (200, 980))])) == ["AB123CD"]


# --- regions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["NEWYORK", "NEWY0RK", "EMPIRESTATE"])
def test_a_name_beside_the_plate_names_its_region(word: str) -> None:
    lines = [line("ABC1234", expected=US), line(word, (500, 455), height=16, expected=US)]
    (plate,) = among(lines, US, ["us"])
    assert plate.region == "us-ny"


def test_a_name_far_away_says_nothing() -> None:
    lines = [line("ABC1234", expected=US), line("NEWYORK", (500, 250), height=16, expected=US)]
    assert among(lines, US)[0].region is None


def test_the_nearest_name_counts_and_each_plate_has_its_own() -> None:
    lines = [
        line("ABC1234", (200, 500), expected=US),
        line("TEXAS", (200, 455), height=16, expected=US),
        line("KDR4827", (700, 500), expected=US),
        line("NEWYORK", (700, 455), height=16, expected=US),
        line("OHIO", (700, 590), height=16, expected=US),
    ]
    found = {plate.decoded.plate: plate.region for plate in among(lines, US)}
    assert found == {"ABC1234": "us-tx", "KDR4827": "us-ny"}


@pytest.mark.parametrize(
    ("regions", "region"),
    [((), "br"), (("br",), "br"), (("us", "br"), "br"), (("us",), None), (("us-ny", "eu"), None)],
)
def test_a_name_outside_the_given_regions_is_ignored(
    regions: tuple[str, ...], region: str | None
) -> None:
    lines = [line("ABC1D23", expected=BR), line("BRASIL", (500, 455), height=16, expected=BR)]
    assert among(lines, BR, regions)[0].region == region


# --- parts of one plate --------------------------------------------------------------------------


def test_two_lines_are_joined_top_then_bottom() -> None:
    top, bottom = line("B471", (500, 480), expected=RO), line("KLM", (500, 530), expected=RO)
    for order in ([top, bottom], [bottom, top]):
        (plate,) = among(order, RO)
        assert plate.decoded.plate == "B471KLM"


def test_the_joined_plate_covers_both_lines() -> None:
    top, bottom = line("B471", (500, 480), expected=RO), line("KLM", (500, 530), expected=RO)
    (plate,) = among([top, bottom], RO)
    assert np.array(plate.corners) == pytest.approx(
        np.array([top.corners[0], top.corners[1], (548, 550), (452, 550)])
    )


def test_two_halves_beside_an_emblem_are_joined_left_then_right() -> None:
    left, right = line("ABC", (440, 500), expected=BR), line("1234", (560, 502), expected=BR)
    for order in ([left, right], [right, left]):
        assert texts(among(order, BR)) == ["ABC1234"]


@pytest.mark.parametrize(
    ("at", "height"),
    [((800.0, 500.0), 40.0), ((560.0, 700.0), 40.0), ((640.0, 500.0), 120.0)],
    ids=["far right", "far below", "of another size"],
)
def test_parts_apart_or_of_another_size_are_not_joined(at: Point, height: float) -> None:
    parts = [line("ABC", (440, 500), expected=BR), line("1234", at, height=height, expected=BR)]
    assert "ABC1234" not in texts(among(parts, BR))


def test_parts_that_make_no_known_plate_are_not_joined() -> None:
    parts = [line("1X2Y", (500, 480), expected=BR), line("9Z", (500, 530), expected=BR)]
    assert "1X2Y9Z" not in texts(among(parts, BR))


def test_two_plates_one_above_the_other_are_not_joined() -> None:
    pair = [line("AB123CD", (500, 480)), line("EF456GH", (500, 530))]
    assert sorted(texts(among(pair))) == ["AB123CD", "EF456GH"]


def test_a_word_is_not_joined_to_a_part() -> None:
    parts = [line("FORD", (500, 480), expected=BR), line("1234", (500, 530), expected=())]
    assert texts(among(parts, BR)) == ["1234"]


def test_a_part_belongs_to_one_plate_only() -> None:
    lines = [
        line("ABC", (440, 500), expected=BR),
        line("1234", (560, 500), expected=BR),
        line("5678", (440, 548), expected=BR),
    ]
    found = texts(among(lines, BR))
    assert sum("ABC" in text for text in found) == 1
    assert len([text for text in found if len(text) == 7]) == 1


# --- which plate first ---------------------------------------------------------------------------


def test_the_surer_of_two_plates_comes_first() -> None:
    lines = [line("AB123CD", (300, 300), sure=0.6), line("EF456GH", (700, 700))]
    assert texts(among(lines)) == ["EF456GH", "AB123CD"]
    assert texts(among(lines[::-1])) == ["EF456GH", "AB123CD"]


def test_the_larger_of_two_sure_plates_comes_first() -> None:
    lines = [line("AB123CD", (300, 300), height=20), line("EF456GH", (700, 700), height=80)]
    assert texts(among(lines)) == ["EF456GH", "AB123CD"]
    assert texts(among(lines[::-1])) == ["EF456GH", "AB123CD"]


def test_a_plate_is_more_plausible_than_what_is_not_quite_one() -> None:
    kinds = ("LLDDDLL", "LLLLLLL", "DDDDDDD", "LLD")
    expected = [Syntax(kind, 0.2, frozenset({"it"})) for kind in kinds]
    plate = plausibility(line("AB123CD", expected=expected))
    others = {
        "no digit": line("ABCDEFG", expected=expected),
        "digits only": line("1234567", expected=expected),
        "too short": line("AB1", expected=expected),
        "too narrow": line("AB123CD", width=50, expected=expected),
        "too wide": line("AB123CD", width=500, expected=expected),
        "too steep": line("AB123CD", angle=50, expected=expected),
        "no pattern": line("AB123CD", expected=()),
    }
    for reason, other in others.items():
        assert 0.0 < plausibility(other) < plate < 1.0, reason


# --- any position --------------------------------------------------------------------------------

SCENE = [
    line("B471", (250, 480), expected=RO),
    line("KLM", (250, 530), expected=RO),
    line("CJ12ABC", (650, 420), height=30, expected=RO),
    line("BRASIL", (650, 385), height=14, expected=RO),
    line("FORD", (650, 200), expected=RO),
]


@pytest.mark.parametrize("angle", [-20.0, -8.0, 8.0, 20.0])
def test_a_turned_frame_has_the_same_plates(angle: float) -> None:
    upright, tilted = among(SCENE, RO), among(turned(SCENE, angle), RO)
    assert sorted(texts(upright)) == ["B471KLM", "CJ12ABC"]
    assert texts(tilted) == texts(upright)
    assert [plate.region for plate in tilted] == [plate.region for plate in upright]
    for one, other in zip(upright, tilted, strict=True):
        assert other.confidence == pytest.approx(one.confidence)
        (back,) = turned([Line(other.corners, (), other.decoded, "")], -angle)
        assert np.array(back.corners) == pytest.approx(np.array(one.corners))


@st.composite
def any_line(draw: st.DrawFn) -> Line:
    return line(
        draw(
            st.sampled_from(["AB123CD", "B471", "KLM", "FORD", "TEXAS", "2024", "1", "A1B2C3D4E"])
        ),
        (draw(st.floats(0, 1000)), draw(st.floats(0, 1000))),
        height=draw(st.floats(0.5, 300)),
        width=draw(st.floats(0, 900)),
        angle=draw(st.floats(-90, 90)),
    )


@given(st.lists(any_line(), max_size=6))
def test_any_lines_give_sensible_plates(lines: list[Line]) -> None:
    plates = among(lines)
    assert len(plates) <= len(lines)
    for plate in plates:
        assert 0.0 <= plate.confidence <= 1.0
        assert np.isfinite(np.array(plate.corners)).all()
    assert texts(plates) == texts(among(lines))
