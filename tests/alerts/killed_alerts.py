"""Kills a process that takes reads, imports lists and sends mails, and looks at what it leaves.

Run as `python -m tests.alerts.killed_alerts URL DIRECTORY PORT KILLS SEED`; PORT is a real SMTP
server's. Each child opens everything anew and acts until it is killed with SIGKILL, as in
`tests/vault/killed_vault.py`. Prints one line of JSON: where the kills came, and the key of every
message that must have arrived. Exits with a traceback at the first broken promise.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from tests.alerts.alert_worlds import MAIL, AlertWorld, mail_to
from tests.alerts.killed_town import LIST, Town, deliver_all
from tests.intake.stored import make_picture
from tests.vault.inspection import Identity, open_records, read_counts, sent_identity
from tests.vault.killed_vault import Killer, ToldClock
from tests.worlds import World

from fairplate.alerts.outbox import TAKEN_FOR
from fairplate.hotlists.stored_chunks import read_chunks
from fairplate.intake import Arriving

PEOPLE = ("anna", "bert")
ACTS = ["take", "deliver", "import", "take", "deliver", "round"]
LINES = {"take": 22, "import": 8, "deliver": 16, "round": 4}
"""About what a child tells of each act."""
AT_THE_ANSWER = 0.25
"""So many kills come when an act is committed and not answered."""
MOVES_S = (30, 100)
LATER = timedelta(minutes=11)
"""Longer than the window in which a vehicle that comes again is a repeat."""


@dataclass(slots=True)
class Model:
    """What must be in the tables: each read that was answered or found stored, each batch."""

    sent: list[Arriving] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    generation: int = 0
    tried: int = 0
    batches: list[str] = field(default_factory=list)


def kill_round(
    town: Town, model: Model, number: int, unanswered: Sequence[Arriving]
) -> list[Arriving]:
    """Let a child act and kill it; return the reads that it never answered."""
    killer, chance = town.killer, town.killer.random
    batch = town.make_batch(number)
    model.sent += batch
    # A camera that got no answer sends the same again, and perhaps more with it.
    batches = [[*unanswered, *batch], []] if chance.random() < 0.5 else [[*unanswered], batch]
    order = chance.sample(ACTS, k=len(ACTS))
    model.tried = number + 1
    file = town.write_batch(model.tried)
    aim = chance.randrange(len(order))
    act, before = order[aim], order[: aim + 1].count(order[aim])
    mark, lines = f"begin {act}", chance.randint(0, LINES[act])
    if chance.random() < AT_THE_ANSWER:
        mark, lines = f"acted {act}", 0
    told = killer.kill_one(partial(town.act, order, batches, file), mark, before, lines)
    file.unlink()
    answers = [line for line in told if line.startswith("done take")]
    killer.wait_for_server()
    _note_where(killer, told)
    _check_intake(town, model, answers, batches)
    _check_list(town, model, told)
    return [one for each in batches[len(answers) :] for one in each]


def _note_where(killer: Killer, told: Sequence[str]) -> None:
    """Count where the kill came."""
    acts = [line.split()[:2] for line in told if line.startswith(("begin ", "acted ", "done "))]
    mark, act = acts[-1] if acts else ("done", "")
    where = {"begin": f"in {act}", "acted": f"at the answer of {act}", "done": "between acts"}
    killer.seen[where[mark]] += 1
    sending = [line.split()[0] for line in told if line.startswith(("sending ", "accepted "))]
    if (mark, act) == ("begin", "deliver") and sending:
        killer.seen["while a mail was sent"] += sending[-1] == "sending"
        killer.seen["after a mail was accepted"] += sending[-1] == "accepted"


def _check_intake(
    town: Town, model: Model, answers: Sequence[str], batches: Sequence[Sequence[Arriving]]
) -> None:
    """What was answered is stored with its alerts; the next batch as a whole, or not at all."""
    names = [{one.read_id for one in batch} for batch in batches]
    model.stored.update(*names[: len(answers)])
    stored = read_counts(town.killer.world)["sealed"]
    if stored != len(model.stored):
        assert len(answers) < len(batches)
        model.stored |= names[len(answers)]
        town.killer.seen["stored but not answered"] += 1
        assert stored == len(model.stored)
    ids = {row.id for row in town.world.alerts()}
    assert {each for line in answers for each in line.split()[2:]} <= ids
    assert model.known <= ids, "an alert was there and is not any more"
    model.known = ids
    keys = {row.key for row in town.world.outbox()}
    assert {f"{each}-{name}" for each in ids for name in PEOPLE} <= keys


def _check_list(town: Town, model: Model, told: Sequence[str]) -> None:
    """The batch in force is the old or the new one, whole, and the log tells of the same."""
    seen, world = town.killer.seen, town.world
    (kept,) = (one for one in world.hot_lists().all() if one.id == LIST)
    with world.world.database.reading() as connection:
        chunks = list(read_chunks(connection, world.alerting().key, kept))
    entries = [entry for chunk in chunks for entry in chunk.entries("")]
    (generation,) = {entry.reference for entry in entries}
    assert sorted(entry.plate for entry in entries) == sorted(town.plates())
    assert len(chunks) > 2
    answered = [line.split()[2] for line in told if line.startswith("done import")]
    assert generation in {f"gen-{model.generation}", f"gen-{model.tried}"}
    if answered:
        assert (generation, kept.batch_id) == (f"gen-{model.tried}", answered[0])
    elif generation == f"gen-{model.tried}":
        seen["imported but not answered"] += 1
    elif "begin import" in told:
        seen["nothing of a batch"] += 1
    if generation == f"gen-{model.tried}":
        model.generation = model.tried
        model.batches.append(str(kept.batch_id))
    logged = [one["batch"] for one in world.events("batch") if one["type"].endswith("imported")]
    assert logged[1:] == model.batches


def finish(town: Town, unanswered: Sequence[Arriving]) -> None:
    """Do in peace what is left: every read is answered, every message is delivered."""
    town.world.intake().take(unanswered)
    delivery = town.delivery()
    for wait in (TAKEN_FOR, LATER, TAKEN_FOR):
        town.killer.clock.move(wait)
        town.world.book("system").run_round(town.world.live())
        deliver_all(delivery)
    delivery.close()


def check_all(town: Town, sent: Sequence[Arriving]) -> None:
    """Every listed vehicle has its alert, every alert its read, event and messages."""
    world = town.world
    assert read_counts(town.killer.world)["sealed"] == len(sent)
    first: dict[str, Arriving] = {}
    again: Counter[str] = Counter()
    for one in sent:
        if one.read.plate.startswith("HT"):
            again[one.read.plate] += one.read.plate in first
            first.setdefault(one.read.plate, one)
    records = open_records(town.killer.world)
    kept: dict[str, Identity] = {row_id: what for row_id, (_, what) in records.items()}
    alerts = {kept[row.record_id][2]: row for row in world.alerts()}
    assert len(alerts) == len(kept) == len(world.alerts())
    assert sorted(kept.values()) == sorted(sent_identity(one) for one in first.values())
    assert {plate: row.repeats for plate, row in alerts.items() if row.repeats} == +again
    raised = [one["alert"] for one in world.events("alert.raised")]
    assert sorted(raised) == sorted(row.id for row in alerts.values())
    notices = {f"again-{alerts[plate].id}-{name}" for plate in +again for name in PEOPLE}
    told = {f"{row.id}-{name}" for row in alerts.values() for name in PEOPLE}
    assert {row.key for row in world.outbox()} == told | notices
    assert {row.state for row in world.outbox()} == {"accepted"}


def main(arguments: Iterable[str]) -> None:
    url, directory, port, kills, seed = arguments
    folder = Path(directory)
    folder.mkdir()
    clock = ToldClock()
    made = World(url, folder / "keys", clock, random_bytes=clock.random_bytes)
    made.set_up()
    chance = random.Random(int(seed))  # noqa: S311 - chooses moments, not keys
    people = {name: mail_to(name) for name in PEOPLE}
    world = AlertWorld(made, folder, people, {"mail": {**MAIL, "port": int(port)}})
    town = Town(Killer(made, clock, chance), world, int(kills), make_picture())
    town.set_up()
    model, left = Model(), list[Arriving]()
    for number in range(int(kills)):
        left = kill_round(town, model, number, left)
        clock.move(timedelta(seconds=chance.randint(*MOVES_S)))
    finish(town, left)
    check_all(town, model.sent)
    keys = [row.key for row in world.outbox()]
    sys.stdout.write(json.dumps({"seen": town.killer.seen, "keys": keys}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
