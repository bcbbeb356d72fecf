"""Witnesses that run, each a real server with records of its own, by the clock of a world."""

import contextlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.audit.log_worlds import LogWorld

from fairplate.audit.witness_register import add_witness
from fairplate.audit.witnesses import Witness
from fairplate.verify.notes import KeyType, SigningKey, make_signing_key
from fairplate.verify.witness.cosigner import Cosigner
from fairplate.verify.witness.records import add_log, make_witness
from fairplate.verify.witness.server import WitnessServer

NAMES = ("council.example/witness", "herald.example/witness", "union.example/witness")


@dataclass(slots=True)
class RealWitness:
    """A witness that may be away: its server runs within `at_work`."""

    world: LogWorld
    folder: Path
    key: SigningKey
    url: str = ""

    @property
    def witness(self) -> Witness:
        return Witness(self.key.verifier, self.url)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Answer, at the address it had before if it had one."""

        def now_s() -> int:
            return int(self.world.clock.now.timestamp())

        port = int(self.url.rpartition(":")[2]) if self.url else 0
        cosigner = Cosigner(self.folder, self.key, now_s)
        with WitnessServer(("127.0.0.1", port), cosigner, now_s, io.StringIO()) as server:
            self.url = server.url
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def make_witnesses(world: LogWorld, number: int) -> list[RealWitness]:
    """Make so many that trust the log."""
    made = []
    for name in NAMES[:number]:
        folder = world.place / name.replace("/", "-")
        key = make_signing_key(name, KeyType.COSIGNATURE, world.random_bytes)
        make_witness(folder, key)
        add_log(folder, world.keys.signing.verifier)
        made.append(RealWitness(world, folder, key))
    return made


def register(world: LogWorld, *witnesses: RealWitness, quorum: int) -> None:
    """Ask the witnesses from now on; the quorum rises as they are added."""
    with world.database.transaction() as connection:
        for number, each in enumerate(witnesses, start=1):
            add_witness(connection, world.recorder(), each.witness, min(number, quorum))
