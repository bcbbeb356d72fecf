"""What tests of `fairplate audit` need: a witness that answers, and searches in the log."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.deployments import clock_at

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.audit.log_keys import read_log_keys
from fairplate.core.periods import period_at
from fairplate.storage.schema import events
from fairplate.verify.witness.__main__ import main as witness_command
from fairplate.verify.witness.cosigner import Cosigner
from fairplate.verify.witness.records import read_key
from fairplate.verify.witness.server import WitnessServer
from fairplate.wiring import opened_deployment

Witness = Callable[..., tuple[str, str]]
"""Starts a witness of a name; returns its key and its address."""

OFFICER, APPROVER = "user:officer", "user:approver"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEARCH = 3
"""The index of the first search: after the policy, the case and its approval."""


@contextmanager
def running_witness(
    folder: Path, name: str, log_key: str, *, at: datetime | None = None
) -> Iterator[tuple[str, str]]:
    """Run a witness that trusts the log; give its key and its address. It goes by a clock."""
    for arguments in (["init", str(folder), "--name", name], ["add", str(folder), log_key]):
        assert witness_command(arguments, out=io.StringIO()) == 0

    def now_s() -> int:
        return int(time.time() if at is None else at.timestamp())

    key = read_key(folder)
    with WitnessServer(("127.0.0.1", 0), Cosigner(folder, key, now_s), now_s, io.StringIO()) as it:
        thread = threading.Thread(target=it.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield str(key.verifier), it.url
        finally:
            it.shutdown()
            thread.join()


@contextmanager
def starting_witnesses(folder: Path, place: Path) -> Iterator[Witness]:
    """Give what starts a witness of a name that trusts the log of the deployment in `folder`."""
    log_key = str(read_log_keys(folder / "log-keys").signing.verifier)
    with ExitStack() as running:

        def start(name: str, *, at: datetime | None = None) -> tuple[str, str]:
            own = place / name.replace("/", "-")
            return running.enter_context(running_witness(own, name, log_key, at=at))

        yield start


def search(folder: Path, *, asked_by: str = OFFICER, at: datetime | None = None) -> None:
    """Put a case, its approval and the use of its grant on record; the search is event `SEARCH`."""
    clock = clock_at(at)
    moment = clock()
    periods = [period_at(moment - HOUR, DAY), period_at(moment, DAY)]
    plates: dict[str, Any] = {"plates": ["ABC123"], "readers": ["gate"]}
    with (
        opened_deployment(folder, actor=asked_by, clock=clock) as deployment,
        deployment.database.transaction() as connection,
    ):
        recorder = deployment.log.recorder
        approver = replace(recorder, actor=APPROVER)
        case: dict[str, Any] = {"case": f"theft-{latest_id(connection)}"}
        asked = case | {"purpose": "stolen-vehicle", "plates": 1, "readers": 1}
        opened = asked | {
            "captured_from": spell_time(moment - HOUR),
            "captured_until": spell_time(moment),
            "approvals": 1,
            "exigent": False,
        }
        approved = case | {"expires_at": spell_time(moment + DAY)}
        used = asked | {
            "candidates": 1,
            "periods": len({*periods}),
            "first_period": str(periods[0]),
            "last_period": str(periods[1]),
            "exigent": False,
            "asked_by": asked_by,
            "approved_by": [APPROVER],
        }
        whole = plates | {"reference": "2026/17"}
        why = {"why": "taken at night"}
        recorder.record(connection, EventType.CASE_OPENED, public=opened, private=whole | why)
        approver.record(connection, EventType.CASE_APPROVED, public=approved, private={"note": ""})
        recorder.record(connection, EventType.GRANT_USED, public=used, private=whole)


def latest_id(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.max(events.c.id))).scalar_one())


def publish_with_witness(folder: Path, witness: Witness, at: datetime) -> None:
    """Add a witness and publish, both at a time by the clocks of log and witness."""
    key, url = witness("town.example/witness", at=at)
    with opened_deployment(folder, actor="cli:1000", clock=clock_at(at)) as deployment:
        deployment.add_witness(key, url, 1)
        for _ in range(2):  # the first leaves the event of what it drew
            done = deployment.publish_log()
            assert (done.witnessed, done.problems) == (True, ())
