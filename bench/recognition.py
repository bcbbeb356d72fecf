"""Measures how well and how fast engines read labelled pictures: one JSON line a set and engine.

A set is a folder with `labels.csv` (image,x,y,w,h,text) and `images/`. Each set and engine runs in
a process of its own (`one_set.py`), so that memory, threads and start are its own. What the figures
mean is told in docs/benchmarks.md, what is right and wrong decided in `scoring.py`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fairplate.core.errors import FairplateError, InputError
from fairplate.core.regions import parse_region

BENCH = Path(__file__).resolve().parent
DATA = BENCH.parent.parent / "shared/data/plates"
# Where the plates of the known sets are from: an engine may be told, as an operator would.
_REGIONS = {"us": "us", "uscrop": "us", "eu": "eu", "br": "br", "arcrop": "ar"}
# The knobs of the libraries that numpy, OpenCV and onnxruntime may be built with.
_THREAD_KNOBS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines of all sets and engines; return 1 if one of them could not be measured."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if not asked.sets and not asked.data.is_dir():
        print(f"skipped: there are no pictures at {asked.data} (see --data)", file=sys.stderr)
        return 0
    try:
        sets = [_find_set(name, asked.data) for name in asked.sets or _names_in(asked.data)]
    except FairplateError as error:
        parser.error(str(error))
    missing = 0
    for folder, regions in sets:
        lines = []
        for engine in dict.fromkeys(asked.engines or ["ppocr"]):
            task = {"engine": engine, "folder": str(folder), "regions": regions}
            line = _measure({**task, "threads": asked.threads, "limit": asked.limit})
            if line is None:
                missing += 1
                print(f"not measured: {engine} on {folder.name}", file=sys.stderr)
                continue
            lines.append(line)
            print(json.dumps(line), flush=True)
        for other in lines[1:]:
            print(json.dumps(compare(lines[0], other)), flush=True)
    return 1 if missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    add = parser.add_argument
    add("--engine", dest="engines", action="append", metavar="NAME", help="may be given again")
    add("--data", type=Path, default=DATA, metavar="DIR", help="where the sets lie, or one set")
    add(
        "--set",
        dest="sets",
        action="append",
        metavar="NAME[:REGION,...]",
        help="a set in DIR, or the path of one, and where its plates are from; may be given again",
    )
    add("--threads", type=_count, default=1, metavar="N", help="cores for each engine")
    add("--limit", type=_count, metavar="N", help="only the first N pictures of each set")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, found {number}")
    return number


def _names_in(data: Path) -> list[str]:
    if (data / "labels.csv").is_file():
        return [str(data)]
    names = sorted(path.parent.name for path in data.glob("*/labels.csv"))
    if not names:
        raise InputError(str(data), "folder", expected="folders with labels.csv", found="none")
    return names


def _find_set(given: str, data: Path) -> tuple[Path, list[str]]:
    """Return the folder and the regions that `NAME[:REGION,...]` means."""
    name, _, told = given.partition(":")
    places = [place for place in (data / name, Path(name)) if (place / "labels.csv").is_file()]
    if not places:
        raise InputError(name, "set", expected=f"one in {data} or a path", found="no labels.csv")
    known = "ro" if places[0].name.startswith("ro_") else _REGIONS.get(places[0].name, "")
    codes = [code for code in (told or known).split(",") if code]
    return places[0], [parse_region(code, where=given) for code in codes]


def _measure(task: Mapping[str, object]) -> dict[str, Any] | None:
    """Return the line of `one_set.py`, or None if it failed and said why on stderr."""
    done = subprocess.run(
        [sys.executable, str(BENCH / "one_set.py"), json.dumps(task)],
        stdout=subprocess.PIPE,
        env={**os.environ, **dict.fromkeys(_THREAD_KNOBS, str(task["threads"]))},
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return None
    line: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return line


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, object]:
    """Return what the second engine took, as a share of the first one's, and what it gained."""
    line: dict[str, object] = {
        "bench": "recognition-compared",
        "set": one["set"],
        "engine": other["engine"],
        "to": one["engine"],
    }
    for name in ("ms_median", "ms_p95", "peak_mb"):
        line[f"{name}_ratio"] = round(other[name] / one[name], 3) if one[name] else None
    for name in ("exact_top", "exact_any", "cer", "false_per_picture"):
        known = one[name] is not None and other[name] is not None
        line[f"{name}_difference"] = round(other[name] - one[name], 4) if known else None
    return line


if __name__ == "__main__":
    sys.exit(main())
