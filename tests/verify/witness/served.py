"""A witness as its own process, and plain HTTP to it."""

import contextlib
import http.client
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from tests.verify.witness.memory_log import LOG_KEY, WITNESS_KEY

from fairplate.verify.notes import VerifierKey
from fairplate.verify.witness.records import add_log, make_witness
from fairplate.verify.witness.server import WitnessServer
from fairplate.verify.witness.submissions import PATH, Submission

MODULE = (sys.executable, "-m", "fairplate.verify.witness")


def make_folder(folder: Path, *keys: VerifierKey) -> Path:
    make_witness(folder, WITNESS_KEY)
    for key in keys or (LOG_KEY.verifier,):
        add_log(folder, key)
    return folder


class WitnessProcess:
    def __init__(self, folder: Path) -> None:
        self.errors = folder.with_name(f"{folder.name}.errors")
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*MODULE, "serve", folder, "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        self.key = self.process.stdout.readline().strip()
        found = re.fullmatch(r"listening on (http://\S+)\n", self.process.stdout.readline())
        assert found, self.errors.read_text()
        self.url = found[1]
        self.address = ("127.0.0.1", int(self.url.rpartition(":")[2]))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def run_witness(folder: Path) -> Iterator[WitnessProcess]:
    started = WitnessProcess(folder)
    try:
        yield started
    finally:
        started.kill()
    assert "Traceback" not in started.errors.read_text()


@contextlib.contextmanager
def serve_here(server: WitnessServer) -> Iterator[WitnessServer]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Answered:
    """What came back: status, type and body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.type = response.headers["Content-Type"]
        self.body = response.read()


def ask(
    address: tuple[str, int], body: Submission | bytes, *, path: str = PATH, method: str = "POST"
) -> Answered:
    connection = http.client.HTTPConnection(*address, timeout=30)
    with contextlib.closing(connection):
        data = body.data if isinstance(body, Submission) else body
        connection.request(method, path, data)
        return Answered(connection.getresponse())


def ask_first(address: tuple[str, int], month: str, origin: str) -> Answered:
    return ask(address, b"", path=f"/first/{month}/{quote(origin, safe='')}", method="GET")
