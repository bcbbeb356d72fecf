"""How well the default engine reads real pictures, on a few of the yardstick's.

The whole sets are the benchmark's business; this is to notice at once when something breaks.
"""

import csv
from pathlib import Path

import pytest

from fairplate.reading.engines import EngineOptions
from fairplate.reading.engines.ppocr import PpocrEngine
from fairplate.reading.pictures import read_picture

ROOT = Path(__file__).parents[2]
SETS = ROOT / "../shared/data/plates"
PICTURES = 12


def labelled(name: str) -> dict[str, set[str]]:
    """The set's first pictures, each with the plates that are in it."""
    table = SETS / name / "labels.csv"
    if not table.is_file():
        pytest.skip(f"no labelled pictures at ../shared/data/plates/{name} beside the checkout")
    found: dict[str, set[str]] = {}
    with table.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            found.setdefault(row["image"], set()).add(row["text"])
    return {image: found[image] for image in sorted(found)[:PICTURES]}


@pytest.mark.parametrize(("region", "least"), [("br", 10), ("eu", 9), ("us", 6)])
def test_most_real_plates_are_the_top_read_exactly_right(region: str, least: int) -> None:
    truth = labelled(region)
    engine = PpocrEngine.load(EngineOptions(regions=(region,), threads=1))
    wrong = []
    for image, plates in truth.items():
        with (SETS / region / "images" / image).open("rb") as file:
            reads = engine.read(read_picture(file, image))
        # Names of pictures only: whose plates these are is nobody's business.
        if not reads or reads[0].plate not in plates:
            wrong.append(image)
    assert len(truth) == PICTURES
    assert len(truth) - len(wrong) >= least, wrong
