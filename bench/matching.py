"""Times one lookup in a large list, beside rapidfuzz over the same plates: one JSON line a figure.

Both are asked for what the same made-up reads may be, in turns in one run on one core. rapidfuzz
looks for one edit of any kind and its result is filtered no further; that it finds more is
`simulated_year.py`'s subject.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import fmean

import numpy as np
from bench.made_plates import DIGITS, make_plates
from bench.process_memory import resident_mb
from bench.scoring import percentile

from fairplate.hotlists.index import PlateIndex
from fairplate.hotlists.packing import pack_plate

_ROUNDS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines; return 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("--entries", type=int, default=1_000_000, metavar="N")
    add("--reads", type=int, default=20_000, metavar="N", help="lookups in a round")
    add("--patterns", type=int, default=1_000, metavar="N", help="of the entries")
    add("--scans", type=int, default=20, metavar="N", help="of the reads that rapidfuzz looks for")
    asked = parser.parse_args(arguments)
    random = Random(5)  # noqa: S311 - the same plates every time
    plates = make_plates(asked.entries + asked.reads, random)
    reads, listed = plates[: asked.reads], plates[asked.reads :]
    found = random.choices(listed, k=len(reads))
    patterns = [(_with_unknown(listed[row], random), row) for row in range(asked.patterns)]
    before = resident_mb()
    started = time.perf_counter()
    keys = np.fromiter((pack_plate(plate) for plate in listed), np.uint64, len(listed))
    packed_s = time.perf_counter() - started
    index = PlateIndex(keys, patterns)
    built_s = time.perf_counter() - started - packed_s
    del keys
    about = {"bench": "matching", "entries": asked.entries, "patterns": asked.patterns}
    held = {"bytes_an_entry": round(index.bytes_held / max(asked.entries, 1), 1)}
    times = {"pack_s": round(packed_s, 2), "build_s": round(built_s, 2)}
    grown = round(resident_mb() - before, 1)
    print(json.dumps({**about, "figure": "memory", **held, "grown_mb": grown, **times}))
    for whose, asked_for in (("unlisted", reads), ("listed", found)):
        for look_alikes in (False, True):
            ask = _asking(index, look_alikes=look_alikes)
            line = {"figure": "lookup", "reads": whose, "look_alikes": look_alikes}
            print(json.dumps({**about, **line, **_time(ask, asked_for)}))
    print(json.dumps({**about, **_compare(index, listed, reads[: asked.scans])}))
    return 0


def _with_unknown(plate: str, random: Random) -> str:
    at = random.randrange(len(plate))
    return f"{plate[:at]}?{plate[at + 1 :]}" if plate[at] in DIGITS else plate


def _asking(index: PlateIndex, *, look_alikes: bool) -> Callable[[str], object]:
    return lambda read: index.rows_like(read, look_alikes=look_alikes)


def _time(ask: Callable[[str], object], reads: Sequence[str]) -> dict[str, object]:
    """Return the figures of the best of some rounds: other work only ever adds to the time."""
    rounds = []
    for _ in range(_ROUNDS):
        times_us = []
        for read in reads:
            started = time.perf_counter_ns()
            ask(read)
            times_us.append((time.perf_counter_ns() - started) / 1000)
        rounds.append(times_us)
    means = [round(fmean(times_us), 1) for times_us in rounds]
    best = min(rounds, key=fmean)
    spread = {"us_median": round(percentile(best, 50), 1), "us_p99": round(percentile(best, 99), 1)}
    return {"us_mean": min(means), **spread, "us_mean_of_rounds": means}


def _compare(index: PlateIndex, listed: Sequence[str], reads: Sequence[str]) -> dict[str, object]:
    from rapidfuzz import process  # noqa: PLC0415 - only this figure needs it
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415 - the same

    def scan(read: str) -> object:
        return process.extract(
            read, listed, scorer=Levenshtein.distance, score_cutoff=1, limit=None
        )

    ask = _asking(index, look_alikes=True)
    ours, theirs = [], []
    for read in reads:
        for find, times_us in ((scan, theirs), (ask, ours)):
            started = time.perf_counter_ns()
            find(read)
            times_us.append((time.perf_counter_ns() - started) / 1000)
    # Ours here also pays for the caches that the scan has just emptied.
    return {
        "figure": "rapidfuzz",
        "us_mean": round(fmean(ours), 1),
        "rapidfuzz_us_mean": round(fmean(theirs), 1),
        "ratio": round(fmean(theirs) / fmean(ours)),
    }


if __name__ == "__main__":
    sys.exit(main())
