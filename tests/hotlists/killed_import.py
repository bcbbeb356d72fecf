"""Imports one batch and says so before it commits, so that a test can kill it there.

`python -m tests.hotlists.killed_import URL PLACE FILE`
"""

import signal
import sys
from pathlib import Path

from tests.audit.log_worlds import LogWorld

from fairplate.hotlists.chunks import ListsKey
from fairplate.hotlists.kept_batches import import_batch
from fairplate.policy.document import check_policy
from fairplate.wiring.hot_lists import HotLists


def main(url: str, place: str, file: str) -> None:
    from tests.list_worlds import list_policy  # noqa: PLC0415 - as the test's own policy

    log = LogWorld(url, Path(place))
    recorder = log.recorder("cli:1000")
    key = ListsKey(log.keys.private_parts.secret)
    lists = HotLists(log.database, recorder, key)
    found = lists.preview("stolen", Path(file))
    if found.prepared is None:
        raise SystemExit(1)
    policy = check_policy(list_policy(), where="test").require()
    with log.database.transaction() as connection:
        import_batch(
            connection, recorder, key, found.kept, found.prepared, policy=policy, source="killed"
        )
        print("imported, not committed", flush=True)  # noqa: T201 - what the test waits for
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
