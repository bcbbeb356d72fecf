"""Has several processes migrate one new database at the same moment.

Run as `python start_at_once.py PROCESSES URL…`: a process with one thread, so that it may fork.
Exits with 1, and each error on stderr, if one of them fails.
"""

import os
import sys
import traceback

import alembic.command  # noqa: F401 - the same

from fairplate.storage.database import connect_database, open_database
from fairplate.storage.migrate import migrate_database


def start(url: str, gate: int) -> None:
    os.read(gate, 1)  # at once for all: the end of the pipe
    database = connect_database(url)
    migrate_database(database)
    open_database(url).close()
    database.close()


def run(url: str, processes: int) -> bool:
    connect_database(url).close()  # imports the driver, once for all
    gate, opened = os.pipe()
    started = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            os.close(opened)
            try:
                start(url, gate)
            except BaseException:  # noqa: BLE001 - a fork must not return
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        started.append(child)
    os.close(opened)
    os.close(gate)
    ended = [os.waitpid(child, 0)[1] for child in started]  # all are waited for
    return not any(ended)


if __name__ == "__main__":
    done = [run(url, int(sys.argv[1])) for url in sys.argv[2:]]
    sys.exit(not all(done))
