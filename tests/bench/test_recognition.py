import importlib.util
import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fairplate.cli.demo.plates import german
from fairplate.core.errors import InputError
from fairplate.core.reads import Box

BENCH = Path(__file__).parents[2] / "bench"


def _load(name: str) -> ModuleType:
    """Load a file of bench/, which is a folder of scripts and no package."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


scoring: Any = _load("scoring")
recognition: Any = _load("recognition")
PLATE = Box(100, 50, 200, 80)


def label(text: str | None = "AB123", box: Box | None = PLATE) -> Any:
    return scoring.Label("a.jpg", box, text)


def answer(plate: str = "AB123", box: Box | None = PLATE) -> Any:
    return scoring.Answer(plate, box)


def score(labels: list[Any], answers: list[Any]) -> Any:
    return scoring.score_picture(labels, answers)


def test_edit_distance_over_all_short_texts() -> None:
    """Compare with the definition, written as the plain recursion."""

    def plain(one: str, other: str) -> int:
        if not one or not other:
            return len(one) + len(other)
        return min(
            plain(one[1:], other) + 1,
            plain(one, other[1:]) + 1,
            plain(one[1:], other[1:]) + (one[0] != other[0]),
        )

    texts = ["".join(signs) for length in range(4) for signs in product("AB", repeat=length)]
    for one, other in product(texts, repeat=2):
        assert scoring.edit_distance(one, other) == plain(one, other)


@given(st.text("AB1", max_size=9), st.text("AB1", max_size=9), st.text("AB1", max_size=9))
def test_edit_distance_is_a_distance(one: str, two: str, three: str) -> None:
    assert (scoring.edit_distance(one, two) == 0) == (one == two)
    assert scoring.edit_distance(one, two) == scoring.edit_distance(two, one)
    direct = scoring.edit_distance(one, three)
    assert direct <= scoring.edit_distance(one, two) + scoring.edit_distance(two, three)


@pytest.mark.parametrize(
    ("said", "rate"), [("AB123", 0.0), ("AB12", 0.2), ("AB128", 0.2), ("", 1.0), (None, 1.0)]
)
def test_character_error_rate(said: str | None, rate: float) -> None:
    assert scoring.character_error_rate("AB123", said) == pytest.approx(rate)


def test_a_plate_read_right_in_its_place() -> None:
    got = score([label()], [answer()])
    assert (got.found_iou50, got.found_centre, got.exact_top, got.exact_any) == (1, 1, True, 1)
    assert (got.errors, got.false_reads) == ((0.0,), 0)


def test_a_tight_box_is_found_by_its_centre_only() -> None:
    got = score([label()], [answer(box=Box(120, 58, 180, 72))])
    assert (got.found_iou50, got.found_centre, got.false_reads) == (0, 1, 0)


def test_a_box_of_twice_the_area_is_just_found() -> None:
    assert score([label()], [answer(box=Box(100, 50, 200, 110))]).found_iou50 == 1
    assert score([label()], [answer(box=Box(100, 50, 200, 111))]).found_iou50 == 0


def test_a_read_elsewhere_is_false_even_if_its_text_is_right() -> None:
    got = score([label()], [answer(box=Box(400, 50, 500, 80))])
    assert (got.found_centre, got.false_reads, got.errors) == (0, 1, (1.0,))
    assert got.exact_top


def test_the_first_read_alone_is_the_top_one() -> None:
    got = score([label()], [answer("SALE99", Box(0, 0, 9, 9)), answer()])
    assert (got.exact_top, got.exact_any, got.false_reads) == (False, 1, 1)


def test_two_reads_of_one_plate_find_it_once_and_two_plates_need_two() -> None:
    twice = [answer("AB128"), answer()]
    got = score([label()], twice)
    assert (got.found_iou50, got.found_centre, got.exact_any, got.false_reads) == (1, 1, 1, 0)
    assert got.errors == (0.2,)
    both = score([label(), label("CD456", Box(400, 50, 500, 80))], twice)
    assert (both.plates, both.found_centre, both.exact_any) == (2, 1, 1)
    assert both.errors == (0.2, 1.0)


def test_the_same_text_on_two_plates_counts_once_per_read() -> None:
    labels = [label(), label(box=Box(400, 50, 500, 80))]
    assert score(labels, [answer()]).exact_any == 1
    assert score(labels, [answer(), answer(box=Box(400, 50, 500, 80))]).exact_any == 2


def test_a_plate_that_nobody_transcribed_is_found_but_never_right() -> None:
    got = score([label(None)], [answer()])
    assert (got.found_iou50, got.transcribed, got.exact_top, got.errors) == (1, 0, False, ())


def test_a_crop_has_no_places() -> None:
    got = score([label(box=None)], [answer("AB12", None)])
    assert (got.boxed, got.found_iou50, got.found_centre, got.false_reads) == (0, 0, 0, 0)
    assert got.errors == (0.2,)


def test_figures_of_a_set() -> None:
    scores = [
        score([label()], [answer()]),
        score([label()], [answer("AB128"), answer("X1", Box(0, 0, 9, 9))]),
        score([label()], []),
        score([label(None)], [answer(box=Box(120, 58, 180, 72))]),
    ]
    figures = scoring.summarise(scores, [10.0, 20.0, 40.0, 30.0])
    assert figures == {
        "pictures": 4,
        "plates": 4,
        "transcribed": 3,
        "exact_top": 0.3333,
        "exact_any": 0.3333,
        "cer": 0.4,
        "found_iou50": 0.5,
        "found_centre": 0.75,
        "false_per_picture": 0.25,
        "ms_median": 25.0,
        "ms_p95": 40.0,
    }


def test_what_no_label_tells_is_none() -> None:
    crops = scoring.summarise([score([label(box=None)], [])], [1.0])
    assert (crops["found_iou50"], crops["found_centre"], crops["false_per_picture"]) == (None,) * 3
    assert crops["exact_top"] == 0.0
    boxes = scoring.summarise([score([label(None)], [])], [1.0])
    assert (boxes["exact_top"], boxes["exact_any"], boxes["cer"]) == (None,) * 3


@pytest.mark.parametrize(("percent", "value"), [(50, 10), (95, 19), (100, 20), (0, 1)])
def test_percentile_is_the_nearest_rank(percent: float, value: float) -> None:
    assert scoring.percentile([float(n) for n in range(20, 0, -1)], percent) == value


def test_labels_are_grouped_by_picture() -> None:
    text = "image,x,y,w,h,text\na.jpg,100,50,100,30,ab-123\nb.png,,,,,\na.jpg,1,2,3,4,\n"
    pictures = scoring.parse_labels(text, where="labels.csv")
    assert list(pictures) == ["a.jpg", "b.png"]
    assert pictures["a.jpg"] == [label(), label(None, Box(1, 2, 4, 6))]
    assert pictures["b.png"] == [scoring.Label("b.png", None, None)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "labels.csv: columns: expected image,x,y,w,h,text, found none"),
        ("image,text\n", "found \\['image', 'text'\\]"),
        ("image,x,y,w,h,text\na.jpg,1,2,x,4,\n", "labels.csv:2: x,y,w,h: expected four numbers"),
        ("image,x,y,w,h,text\na.jpg,1,2,,,\n", "labels.csv:2: x,y,w,h: expected four numbers"),
        ("image,x,y,w,h,text\na.jpg,1\n", "labels.csv:2: x,y,w,h: expected four numbers"),
        ("image,x,y,w,h,text\na.jpg,,,,,A#1\n", "labels.csv:2: text: .* found U\\+0023"),
    ],
)
def test_wrong_labels_are_told(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        scoring.parse_labels(text, where="labels.csv")


def test_engines_are_compared_to_the_first() -> None:
    one = {
        "set": "us",
        "engine": "a",
        "ms_median": 100.0,
        "ms_p95": 200.0,
        "peak_mb": 400.0,
        "exact_top": 0.8,
        "exact_any": None,
        "cer": 0.1,
        "false_per_picture": 0.5,
    }
    other = {**one, "engine": "b", "ms_median": 50.0, "exact_top": 0.75}
    line = recognition.compare(one, other)
    assert (line["engine"], line["to"], line["ms_median_ratio"]) == ("b", "a", 0.5)
    assert (line["exact_top_difference"], line["exact_any_difference"]) == (-0.05, None)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, BENCH / "recognition.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Make one set with one picture: a plate of 208 x 44 px on grey."""
    folder = tmp_path / "drawn"
    (folder / "images").mkdir(parents=True)
    picture = Image.new("RGB", (640, 480), (120, 120, 120))
    picture.paste(Image.fromarray(german("MFP1038").pixels).resize((208, 44)), (220, 300))
    picture.save(folder / "images/a.png")
    (folder / "labels.csv").write_text("image,x,y,w,h,text\na.png,220,300,208,44,MFP1038\n")
    return tmp_path


def test_a_set_is_measured(data: Path) -> None:
    done = run("--data", data, "--set", "drawn:de")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = map(json.loads, done.stdout.splitlines())
    about = [line[name] for name in ("bench", "set", "engine", "task", "regions", "threads")]
    assert about == ["recognition", "drawn", "ppocr", "read", ["de"], 1]
    assert (line["pictures"], line["exact_top"], line["found_centre"]) == (1, 1.0, 1.0)
    assert line["ms_median"] > 0
    assert line["peak_mb"] > 50


def test_one_picture_too_few_is_told_and_fails(data: Path) -> None:
    (data / "drawn/images/a.png").unlink()
    done = run("--data", data)
    assert (done.returncode, done.stdout) == (1, "")
    assert "a.png: file: expected one that can be read" in done.stderr
    assert "not measured: ppocr on drawn" in done.stderr


def test_no_data_is_skipped_with_a_message(tmp_path: Path) -> None:
    done = run("--data", tmp_path / "none")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("skipped: there are no pictures at ")


@pytest.mark.parametrize("given", ["nothing", "drawn:xx"])
def test_a_wrong_set_is_told(data: Path, given: str) -> None:
    done = run("--data", data, "--set", given)
    assert done.returncode == 2
    assert "expected" in done.stderr
