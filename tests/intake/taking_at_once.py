"""Several processes that take overlapping batches at once, each with an intake of its own.

Run as `python -m tests.intake.taking_at_once URL KEYS PROCESSES READS`. Prints one line a process,
how many reads it was told are sealed and how many are hits; exits with 1 if one fails.
"""

import os
import sys
import traceback
from pathlib import Path
from random import Random

from tests.worlds import READERS, World, make_entry

PLATES = ("AB12CDE", "XY98ZWV")
BATCH = 25


def take(world: World, seed: int, reads: int) -> str:
    chance = Random(seed)  # noqa: S311
    world.list_hot(make_entry(PLATES[0]))
    batch = [
        world.arriving(PLATES[number % 2], str(number), READERS[number % 3 % 2])
        for number in range(reads)
    ]
    chance.shuffle(batch)
    taken = [
        one
        for start in range(0, reads, BATCH)
        for one in world.intake.take(batch[start : start + BATCH])
    ]
    sealed = sum(one.outcome == "sealed" for one in taken)
    return f"{sealed} {sum(one.hit is not None for one in taken)}\n"


def run(url: str, keys: Path, processes: int, reads: int) -> bool:
    children = []
    for seed in range(processes):
        child = os.fork()
        if child == 0:
            try:
                os.write(1, take(World(url, keys), seed, reads).encode())
            except BaseException:  # noqa: BLE001 - a fork must not return
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]  # all are waited for
    return not any(ended)


if __name__ == "__main__":
    sys.exit(not run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
