"""Whether scores and chances mean what they say, on labelled pictures: one JSON line a figure.

What the shipped figures rest on (`misreads`, `pairs`) comes from crops free for training; how good
they are (`score`, `chance`) from the yardstick pictures, to which nothing was fitted. The lists are
made up: the true plate of some vehicles, and around every plate others that look like it.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import fmean
from typing import TypeAlias

from bench.labelled_reads import FREE_SETS, YARDSTICKS, LabelledRead, labelled_reads
from bench.reliability_plot import draw_reliability

from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.chance import Circumstances, chance_right
from fairplate.hotlists.confusions import characters_like, share_a_glyph
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import MatchKind, fits, score_read

Told: TypeAlias = tuple[float, bool]
_BINS = 10
_PLOT = Path(__file__).resolve().parents[1] / "docs/images/calibration.svg"
_ROUNDS = 20  # lists made up for each read


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines, and draw the plot; return 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("--free", type=Path, metavar="FILE", help="keep what was read of the free crops here")
    add("--yardstick", type=Path, metavar="FILE", help="the same of the yardstick pictures")
    add("--limit", type=int, metavar="N", help="only the first N pictures of each set")
    add("--plot", type=Path, default=_PLOT, metavar="FILE")
    asked = parser.parse_args(arguments)
    free = labelled_reads(FREE_SETS, kept=asked.free, limit=asked.limit)
    held = labelled_reads(YARDSTICKS, kept=asked.yardstick, limit=asked.limit)
    _print("free", misread_figures(free))
    for pair, seen, of in pairs_seen(free):
        _print("free", {"figure": "pair", "pair": pair, "seen": seen, "printed": of})
    drawn: dict[str, list[Told]] = {}
    for name, reads in (("free", free), ("yardstick", held)):
        told = [(score_read(r.characters, r.plate), r.is_right) for r in reads if r.characters]
        drawn[f"{name}: score"] = told
        _print(name, {"figure": "score", **calibration(told)})
        alerts = list(made_up_alerts(reads, Random(7)))  # noqa: S311 - the same lists every time
        for kind in (MatchKind.EXACT, MatchKind.LOOK_ALIKE):
            told = [(chance, right) for of, chance, right in alerts if of is kind]
            _print(name, {"figure": "chance", "kind": kind.value, **calibration(told)})
            if kind is MatchKind.EXACT:
                drawn[f"{name}: chance, same text"] = told
    shown = {title: bins(told) for title, told in drawn.items() if title.startswith("yardstick")}
    asked.plot.write_text(draw_reliability(shown), encoding="utf-8")
    return 0


def _print(name: str, line: dict[str, object]) -> None:
    print(json.dumps({"bench": "calibration", "pictures": name, **line}), flush=True)


def misread_figures(reads: Sequence[LabelledRead]) -> dict[str, object]:
    """Return how often plates were read wrong, what scores claimed, and what the misreads are."""
    read = [each for each in reads if each.characters]
    differences = [each.differences() for each in read if not each.is_right]
    single = [found[0] for found in differences if found is not None and len(found) == 1]
    named: Counter[tuple[bool, bool]] = Counter()
    for each in read:
        named.update(_look_alikes_on(each))
    return {
        "figure": "misreads",
        "plates": len(reads),
        "read": len(read),
        "wrong": len(differences),
        "claimed": round(1 - fmean(score_read(r.characters, r.plate) for r in read), 4),
        "other_length": sum(found is None for found in differences),
        "one_character": len(single),
        "one_look_alike": sum(read in characters_like(printed) for printed, read in single),
        "named": named[True, True] + named[True, False],
        "named_true": named[True, True],
        "unnamed": named[False, True] + named[False, False],
        "unnamed_true": named[False, True],
    }


def _look_alikes_on(read: LabelledRead) -> Iterator[tuple[bool, bool]]:
    """Yield for each look-alike of each character: was it the second choice, and is it printed."""
    differences = read.differences()
    if differences is None or len(differences) > 2:  # noqa: PLR2004 - more is another plate
        return
    for character, printed in zip(read.characters, read.text, strict=True):
        for other in characters_like(character.char):
            is_printed = printed == other and f"{printed}{character.char}" in differences
            yield character.second == other, is_printed


def pairs_seen(reads: Iterable[LabelledRead]) -> list[tuple[str, int, int]]:
    """Return (printed and read, how often, of how many printed), most frequent first."""
    seen: Counter[str] = Counter()
    printed: Counter[str] = Counter()
    for read in reads:
        differences = read.differences()
        if differences is not None and len(differences) <= 2:  # noqa: PLR2004 - see above
            seen.update(differences)
            printed.update(read.text)
    return [(pair, count, printed[pair[0]]) for pair, count in seen.most_common() if count > 1]


def made_up_alerts(
    reads: Iterable[LabelledRead], random: Random
) -> Iterator[tuple[MatchKind, float, bool]]:
    """Yield kind, chance and truth of alerts on lists where a listed plate is as likely as others.

    Each list has one plate near the read: the one that was read, or one look-alike of it. A true
    plate and its decoys are listed as often as each other, as chances assume with no outcomes. O
    for 0 and I for 1 are left out: whether such an entry means the plate depends on who keyed it.
    """
    for read in reads:
        if not read.characters:
            continue
        for plate in {read.plate, *(_one_like(read.plate, random) for _ in range(_ROUNDS))}:
            if not fits(read.plate, plate):
                continue
            kind = MatchKind.EXACT if plate == read.plate else MatchKind.LOOK_ALIKE
            yield kind, _chance(read, plate, kind), _is_true(read, plate)


def _one_like(plate: str, random: Random) -> str:
    """Return the plate with one character replaced by a look-alike, if there is one to take."""
    at = random.randrange(len(plate))
    others = [c for c in characters_like(plate[at]) if not share_a_glyph(c, plate[at])]
    other = random.choice(others or [plate[at]])
    return f"{plate[:at]}{other}{plate[at + 1 :]}"


def _is_true(read: LabelledRead, plate: str) -> bool:
    return read.is_right if plate == read.plate else plate == read.text and not read.is_right


def _chance(read: LabelledRead, plate: str, kind: MatchKind) -> float:
    entry = Entry(plate, None, VehicleType.UNKNOWN, Purpose.TEST, "made up")
    seen = PlateRead("made up", read.plate, 0.0, read.characters, Box(0, 0, 1, 1))
    return chance_right(seen, entry, kind, Circumstances(entries=1))


def bins(told: Sequence[Told]) -> list[tuple[float, float, int]]:
    """Return (mean told, share right, how many) of each tenth that has any."""
    tenths: list[list[Told]] = [[] for _ in range(_BINS)]
    for chance, right in told:
        tenths[min(int(chance * _BINS), _BINS - 1)].append((chance, right))
    return [
        (fmean(chance for chance, _ in some), fmean(right for _, right in some), len(some))
        for some in tenths
        if some
    ]


def calibration(told: Sequence[Told]) -> dict[str, object]:
    """Return the expected calibration error over ten equal bins, and what it is made of."""
    if not told:
        return {"count": 0, "told": None, "right": None, "error": None}
    error = sum(abs(mean - share) * count for mean, share, count in bins(told)) / len(told)
    return {
        "count": len(told),
        "told": round(fmean(chance for chance, _ in told), 5),
        "right": round(fmean(right for _, right in told), 5),
        "error": round(error, 5),
    }


if __name__ == "__main__":
    sys.exit(main())
