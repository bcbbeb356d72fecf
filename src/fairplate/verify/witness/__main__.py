"""Runs a witness from the command line; see docs/witness.md."""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import KeyType, VerifierKey, make_signing_key, parse_verifier_key
from fairplate.verify.witness.cosigner import Cosigner
from fairplate.verify.witness.files import read_file
from fairplate.verify.witness.records import (
    RecordError,
    add_log,
    claim_folder,
    has_fork,
    list_places,
    make_witness,
    read_key,
    read_latest,
    read_log,
)
from fairplate.verify.witness.server import WitnessServer

_DONE, _FAILED = 0, 1
_MAX_PORT = 65535


def main(
    arguments: Sequence[str] | None = None,
    *,
    now_s: Callable[[], int] = lambda: int(time.time()),
    random_bytes: Callable[[int], bytes] = os.urandom,
    out: TextIO | None = None,
    errors: TextIO | None = None,
) -> int:
    """Do what the arguments say; return 0, or 1 with one line of what is wrong."""
    out, errors = out or sys.stdout, errors or sys.stderr
    given = _make_parser().parse_args(arguments)
    folder = Path(given.folder)
    try:
        if given.command == "init":
            key = make_signing_key(given.name, KeyType.COSIGNATURE, random_bytes)
            make_witness(folder, key)
            out.write(f"{key.verifier}\n")
        elif given.command == "add":
            _add(folder, given.key, out)
        elif given.command == "list":
            return _list(folder, out, as_json=given.json)
        else:
            _serve(folder, (given.host, given.port), now_s, out, errors)
    except (RecordError, LogFormatError) as error:
        errors.write(f"{error}\n")
        return _FAILED
    except OSError as error:
        errors.write(f"{error.filename or folder}: {error.strerror or error}\n")
        return _FAILED
    return _DONE


def _add(folder: Path, spelled: str, out: TextIO) -> None:
    read_key(folder)  # which says whether there is a witness at all
    if Path(spelled).is_file():
        spelled = read_file(Path(spelled)).decode("utf-8", "replace")
    key = parse_verifier_key(spelled.strip())
    new = add_log(folder, key)
    out.write(f"{key.name}: {'trusted from now on' if new else 'was trusted already'}\n")


def _serve(
    folder: Path, address: tuple[str, int], now_s: Callable[[], int], out: TextIO, errors: TextIO
) -> None:
    with claim_folder(folder):
        key = read_key(folder)
        list_places(folder)
        cosigner = Cosigner(folder, key, now_s)
        with WitnessServer(address, cosigner, now_s, errors) as server:
            out.write(f"{key.verifier}\nlistening on {server.url}\n")
            out.flush()
            with contextlib.suppress(KeyboardInterrupt):
                server.serve_forever()


def _list(folder: Path, out: TextIO, *, as_json: bool) -> int:
    witness = read_key(folder).verifier
    failed = False
    for place in list_places(folder):
        try:
            line = _describe(place, witness)
        except RecordError as error:
            line, failed = {"origin": None, "damaged": str(error)}, True
        out.write(f"{json.dumps(line) if as_json else _spell(line)}\n")
    return _FAILED if failed else _DONE


def _describe(place: Path, witness: VerifierKey) -> dict[str, object]:
    log = read_log(place)
    head, note = read_latest(log, witness)
    time = None if note is None else datetime.fromtimestamp(head.time_s, UTC).isoformat()
    fork = str(log.folder) if has_fork(log) else None
    return {"origin": log.key.name, "size": head.size, "time": time, "fork": fork}


def _spell(line: dict[str, object]) -> str:
    if line["origin"] is None:
        return f"damaged: {line['damaged']}"
    when = f"signed at {line['time']}" if line["time"] else "nothing signed yet"
    fork = f", FORKED: see {line['fork']}/fork" if line["fork"] else ""
    return f"{line['origin']}: {line['size']} entries, {when}{fork}"


def _parse_port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _MAX_PORT:
        raise ValueError
    return number


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fairplate.verify.witness",
        description="Countersign the checkpoints of logs, so that nobody can rewrite them unseen.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="make a witness and print its public key")
    add = commands.add_parser("add", help="trust a log from now on, also while serving")
    serve = commands.add_parser("serve", help="answer logs over HTTP")
    listing = commands.add_parser("list", help="show the logs and what was signed last")
    for command in (init, add, serve, listing):
        command.add_argument("folder", metavar="DIR", help="where the witness keeps its records")
    init.add_argument("--name", required=True, help="such as city.example/witness")
    add.add_argument(
        "key", metavar="LOGKEY", help="the log's public key, NAME+ID+BASE64, or its file"
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=_parse_port, default=8080, help="0 takes any free one")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
