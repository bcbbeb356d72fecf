"""Whoever raises and sends alerts is killed with SIGKILL, on SQLite and on PostgreSQL.

The SMTP server lives: it knows what was really sent.
"""

import json
import subprocess
import sys
from collections import defaultdict
from email import message_from_bytes
from pathlib import Path
from typing import Any

from tests.alerts.channels.smtp_receiver import Mailbox, receive_mail
from tests.databases import MakeDatabase

ROOT = Path(__file__).parents[2]
KILLS = 30

# How many kills must have come where it matters; most runs have several of each.
LEAST = {"in take": 1, "in import": 1, "in deliver": 1}


def run_killer(url: str, folder: Path, port: int, kills: int, seed: int) -> dict[str, Any]:
    program = [sys.executable, "-m", "tests.alerts.killed_alerts"]
    done = subprocess.run(
        [*program, url, folder, str(port), str(kills), str(seed)],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    print(told["seen"], len(told["keys"]))  # noqa: T201 - shown when the test fails
    return told


def require_all_arrived(mailbox: Mailbox, keys: list[str], kills: int) -> int:
    """Each message came to its person, doubles as the same message; return how many are double."""
    came: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for envelope in mailbox.mails:
        mail = message_from_bytes(bytes(envelope.content or b""))
        key = mail["Message-ID"].strip("<>").partition("@")[0]
        came[key].append((tuple(envelope.rcpt_tos), mail["Subject"]))
    assert set(came) == set(keys)
    for key, mails in came.items():
        assert set(mails) == {((f"{key.rsplit('-')[-1]}@example.org",), mails[0][1])}
    doubles = len(mailbox.mails) - len(keys)
    assert doubles <= kills  # a sender dies with one mail under way
    return doubles


def test_every_alert_arrives_and_has_its_read_however_often_it_is_killed(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    with receive_mail() as mailbox:
        url = make_database(migrated=True)
        told = run_killer(url, tmp_path / "town", mailbox.port, KILLS, 20261123)
        require_all_arrived(mailbox, told["keys"], KILLS)
    seen = told["seen"]
    assert seen["kills"] == KILLS
    assert {where: seen.get(where, 0) for where in LEAST if seen.get(where, 0) < LEAST[where]} == {}
