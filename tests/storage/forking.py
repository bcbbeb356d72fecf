"""Writes to one database on both sides of a fork, with connections open when it forks.

Run as `python forking.py URL`: a process with one thread. Exits with 1 if a side fails.
"""

import os
import sys
import traceback
from datetime import date

from fairplate.storage.database import Database, open_database
from fairplate.storage.rows import add_counts, sum_counts

DAY = date(2026, 11, 23)
ROUNDS = 20


def write(database: Database) -> None:
    for _ in range(ROUNDS):
        with database.transaction() as connection:
            add_counts(connection, DAY, {("north", "sealed"): 1})
        with database.reading() as connection:
            sum_counts(connection, "sealed", since=DAY)


def run(url: str) -> int:
    database = open_database(url)
    write(database)
    child = os.fork()
    if child == 0:
        try:
            write(database)
            database.close()
        except BaseException:  # noqa: BLE001 - a fork must not return
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    write(database)
    status = os.waitpid(child, 0)[1]
    write(database)  # nothing the child did, its end included, closed what is ours
    database.close()
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]) != 0)
