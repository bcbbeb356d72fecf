"""Several processes that take in overlapping batches of receipts at once.

Run as `python receiving.py URL PROCESSES`: a process with one thread, so that it may fork. Prints
how many receipts were new to each, one line a process; exits with 1 if one fails.
"""

import os
import sys
import traceback
from datetime import date
from random import Random

from fairplate.storage.database import Database, open_database
from fairplate.storage.rows import add_counts, insert_receipts

DAY = date(2026, 11, 23)
KEYS = (1, 2)
DIGESTS = [number.to_bytes(16, "big") for number in range(400)]
BATCHES = 40


def receive(database: Database, seed: int) -> int:
    chance = Random(seed)  # noqa: S311
    new = 0
    for _ in range(BATCHES):
        with database.transaction() as connection:
            found = 0
            for key_id in KEYS:
                batch = chance.sample(DIGESTS, 100)
                found += len(insert_receipts(connection, key_id, batch))
            add_counts(connection, DAY, {(reader, "new"): found for reader in ("b", "a")})
        new += found
    return new


def run(url: str, processes: int) -> bool:
    database = open_database(url)
    children = []
    for seed in range(processes):
        child = os.fork()
        if child == 0:
            try:
                os.write(1, b"%d\n" % receive(database, seed))
            except BaseException:  # noqa: BLE001 - a fork must not return
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]  # all are waited for
    return not any(ended)


if __name__ == "__main__":
    sys.exit(not run(sys.argv[1], int(sys.argv[2])))
