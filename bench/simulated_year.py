"""A made-up year at a made-up city's readers: right, wrong and missed alerts by way of matching.

Plates are random, three letters and four digits. Misreads are as often, and of the kinds and pairs,
that `calibration.py` counted on the crops free for training; copies of them stand below, so that
no pictures are needed. One JSON line a way of matching: the same text, one look-alike (both as
`hotlists/index.py` finds them), and any one edit.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from random import Random
from typing import TypeAlias

import numpy as np
from bench.made_plates import DIGITS, LETTERS, make_plates

from fairplate.hotlists.chance import expected_false_alerts
from fairplate.hotlists.index import PlateIndex
from fairplate.hotlists.match import fits
from fairplate.hotlists.packing import pack_plate
from fairplate.hotlists.plate_spaces import DEFAULT_PLATE_SPACE

# Of 3,740 plates 233 were read wrong: 43 with a character too few or too many, 164 with one other
# character, 26 with more.
MISREAD_RATE, _OTHER_LENGTH, _ONE, _MORE = 233 / 3740, 43, 164, 26
# Printed and read, as a share of those printed: the pairs seen twice or more.
_PAIRS = {
    "QO": 50 / 391, "0O": 12 / 1494, "QD": 9 / 391, "86": 9 / 1525, "OD": 8 / 264, "I1": 7 / 357,
    "DO": 5 / 469, "VY": 5 / 363, "HM": 5 / 448, "MN": 4 / 469, "56": 4 / 1450, "1I": 3 / 1415,
    "65": 3 / 1480, "YV": 3 / 353, "MH": 3 / 469, "D0": 3 / 469, "Q1": 3 / 391, "OQ": 2 / 264,
    "FE": 2 / 425, "EF": 2 / 357, "IM": 2 / 357, "93": 2 / 1429, "IT": 2 / 357, "WM": 2 / 369,
    "HW": 2 / 448, "BI": 2 / 529, "HN": 2 / 448,
}  # fmt: skip
# Those seen once: any other character, this often a character.
_ANY = 1 / 1000

Find: TypeAlias = Callable[[str], Iterable[str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines; return 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("--vehicles", type=int, default=400_000, metavar="N", help="that pass now and then")
    add("--listed", type=int, default=2_500, metavar="N", help="entries of the list")
    add("--passing", type=int, default=25, metavar="N", help="of the entries that pass like others")
    add("--reads", type=int, default=10_000, metavar="N", help="a day")
    add("--days", type=int, default=365, metavar="N")
    asked = parser.parse_args(arguments)
    random = Random(2026)  # noqa: S311 - the same year every time
    plates = make_plates(asked.vehicles + asked.listed - asked.passing, random)
    listed, vehicles = plates[: asked.listed], plates[asked.listed - asked.passing :]
    passings = list(passings_of_year(vehicles, asked.reads * asked.days, random))
    about = {name: getattr(asked, name) for name in ("vehicles", "listed", "passing", "reads")}
    for name, find in ways(listed).items():
        line = count(passings, frozenset(listed), find)
        if name != "one edit":
            expected = expected_false_alerts(
                entries=asked.listed,
                reads_per_day=asked.reads,
                misread_rate=MISREAD_RATE,
                look_alikes=name == "one look-alike",
                plate_space=DEFAULT_PLATE_SPACE,
            )
            line["wrong_expected"] = round(expected * asked.days, 1)
        told = {"bench": "simulated-year", "days": asked.days, **about, "matching": name}
        print(json.dumps({**told, **line}), flush=True)
    return 0


def passings_of_year(
    vehicles: Sequence[str], reads: int, random: Random
) -> Iterator[tuple[str, str, int]]:
    """Yield (plate, what was read, how often) so that the times add up to `reads`."""
    times = Counter(random.choices(range(len(vehicles)), k=reads))
    for number, count_ in times.items():
        plate = vehicles[number]
        wrong = sum(random.random() < MISREAD_RATE for _ in range(count_))
        if count_ > wrong:
            yield plate, plate, count_ - wrong
        for _ in range(wrong):
            yield plate, misread(plate, random), 1


def misread(plate: str, random: Random) -> str:
    """Return a misread of the measured kinds."""
    kind = random.choices(("length", "one", "more"), (_OTHER_LENGTH, _ONE, _MORE))[0]
    if kind == "length":
        at = random.randrange(len(plate))
        extra = random.choice(LETTERS + DIGITS)
        return plate[:at] + random.choice(("", extra + plate[at])) + plate[at + 1 :]
    once = _replace_one(plate, random)
    twice = once if kind == "one" else _replace_one(once, random)
    return once if twice == plate else twice


def _replace_one(plate: str, random: Random) -> str:
    choices = [(at, "", _ANY) for at in range(len(plate))]
    choices += [(at, to, rate) for at, char in enumerate(plate) for to, rate in _taken_for(char)]
    at, to, _ = random.choices(choices, [rate for *_, rate in choices])[0]
    others = (LETTERS + DIGITS).replace(plate[at], "")
    return f"{plate[:at]}{to or random.choice(others)}{plate[at + 1 :]}"


@cache
def _taken_for(char: str) -> list[tuple[str, float]]:
    return [(pair[1], rate) for pair, rate in _PAIRS.items() if pair[0] == char]


def ways(listed: Sequence[str]) -> dict[str, Find]:
    """Return the ways of matching by name: each finds the listed plates that a read may be."""
    index = PlateIndex(np.array([pack_plate(plate) for plate in listed], np.uint64))
    masked: defaultdict[str, list[str]] = defaultdict(list)
    for plate in listed:
        for mask in _masks(plate):
            masked[mask].append(plate)

    def alike(read: str, *, look_alikes: bool) -> list[str]:
        rows = index.rows_like(read, look_alikes=look_alikes)
        return [listed[row] for row in rows if fits(read, listed[row], look_alikes=look_alikes)]

    return {
        "same text": lambda read: alike(read, look_alikes=False),
        "one look-alike": lambda read: alike(read, look_alikes=True),
        "one edit": lambda read: {plate for mask in _masks(read) for plate in masked[mask]},
    }


def _masks(plate: str) -> Iterator[str]:
    """Yield what two texts share if and only if one edit, or none, is between them."""
    yield plate
    for at in range(len(plate)):
        yield f"{plate[:at]}?{plate[at + 1 :]}"
    for at in range(len(plate) + 1):
        yield f"{plate[:at]}?{plate[at:]}"


def count(
    passings: Iterable[tuple[str, str, int]], listed: frozenset[str], find: Find
) -> dict[str, object]:
    """Return the alerts that named the vehicle, those that named another, and those missed."""
    right = wrong = missed = 0
    for plate, read, times in passings:
        found = set(find(read))
        wrong += len(found - {plate}) * times
        if plate in listed:
            if plate in found:
                right += times
            else:
                missed += times
    share = round(wrong / (right + wrong), 4) if right + wrong else None
    return {"right": right, "wrong": wrong, "missed": missed, "wrong_share": share}


if __name__ == "__main__":
    sys.exit(main())
