"""What a process does that `killed_alerts.py` kills: takes reads, imports a list, sends mails.

Everything in it is real, and everything it does is told, so that a kill can come in the middle.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.alerts.alert_worlds import AlertWorld
from tests.vault.killed_vault import LONGEST_PAUSE_S, Killer, Tell
from tests.worlds import READERS, make_read

from fairplate.alerts.channel import Channel, Envelope
from fairplate.alerts.delivery import Delivery
from fairplate.intake import Arriving, Intake

LIST = "county"
PLATES_A_ROUND = 6
FILLING = 1_200
"""Entries beside those that pass: a batch has more than one chunk."""
ANSWER_S = LONGEST_PAUSE_S


@dataclass(frozen=True, slots=True)
class ToldChannel:
    """A real channel that tells what it does, so that a kill can come between yes and noting it."""

    channel: Channel
    tell: Tell

    def deliver(self, envelope: Envelope) -> None:
        self.tell(f"sending {envelope.key}")
        self.channel.deliver(envelope)
        self.tell(f"accepted {envelope.key}")

    def close(self) -> None:
        self.channel.close()


@dataclass(slots=True)
class Town:
    """The killer's world with lists and people, and what a child does in it."""

    killer: Killer
    world: AlertWorld
    rounds: int
    picture: bytes

    def plates(self) -> list[str]:
        """Return the listed plates, of which some pass in each round: far apart, all of them."""
        return [
            f"{kind}{number:05d}"
            for kind, most in (("HT", self.rounds * PLATES_A_ROUND), ("FL", FILLING))
            for number in range(most)
        ]

    def write_batch(self, generation: int) -> Path:
        """Write a batch whose every entry tells which batch it came with."""
        path = self.world.folder / f"batch-{generation}.csv"
        rest = f"unknown,unknown,stolen-vehicle,gen-{generation}\n"
        rows = (f"{plate},{rest}" for plate in self.plates())
        header = "plate,jurisdiction,vehicle,purpose,reference\n"
        path.write_text(header + "".join(rows), encoding="utf-8")
        return path

    def set_up(self) -> None:
        lists = self.world.hot_lists()
        lists.set(
            f'name = "{LIST}"\ntitle = "County"\nformat = "csv"\nlook_alikes = false\n'
            'purposes = ["stolen-vehicle"]\nfolder = "/nonexistent"\nmost_entries = 100_000\n',
            where="test",
        )
        assert lists.commit(lists.preview(LIST, self.write_batch(0)), "a test") is not None

    def make_batch(self, number: int) -> list[Arriving]:
        """Return reads: new listed vehicles, some of them twice, and others."""
        chance, now = self.killer.random, self.killer.clock.now
        first = number * PLATES_A_ROUND
        wanted = self.plates()[first : first + chance.randint(1, PLATES_A_ROUND)]
        plates = [*wanted, *chance.sample(wanted, k=len(wanted) // 3), "ZZ99999", "ZZ88888"]
        return [
            Arriving(f"{number}-{each}", READERS[0], now, make_read(plate), self.picture)
            for each, plate in enumerate(plates)
        ]

    def act(
        self, order: Sequence[str], batches: Sequence[Sequence[Arriving]], file: Path, tell: Tell
    ) -> None:
        """Do the acts in order; what the child needs is opened here, after the fork."""
        live = self.world.live()
        intake, delivery = self.world.intake(live), self.delivery(tell)
        waiting = iter(batches)
        acts: dict[str, Callable[[], str]] = {
            "take": lambda: self._take(intake, next(waiting)),
            "import": lambda: self._import(file),
            "deliver": lambda: deliver_all(delivery),
            "round": self._round,
        }
        for act in order:
            live.refresh()
            tell(f"begin {act}")
            answer = acts[act]()
            tell(f"acted {act}")
            time.sleep(ANSWER_S)  # the answer is on its way, and is lost if the process ends now
            tell(f"done {act} {answer}")

    def delivery(self, tell: Tell | None = None) -> Delivery:
        """Return what delivers; what it does is told if there is somebody to tell."""
        delivery = self.world.alerting().delivery()
        if tell is None:
            return delivery
        told = {name: ToldChannel(one, tell) for name, one in delivery.channels.items()}
        return replace(delivery, channels=told)

    def _take(self, intake: Intake, batch: Sequence[Arriving]) -> str:
        return " ".join(alert for one in intake.take(batch) for alert in one.alerts)

    def _import(self, file: Path) -> str:
        lists = self.world.hot_lists()
        done = lists.commit(lists.preview(LIST, file), "a test")
        return "refused" if done is None else done.batch_id

    def _round(self) -> str:
        self.world.book("system").run_round(self.world.live())
        return ""


def deliver_all(delivery: Delivery) -> str:
    while True:
        done = delivery.deliver_due("mail")
        assert not done.problems
        if not done.accepted:
            return ""
