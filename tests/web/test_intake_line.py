"""The line before the intake: one commit for several, none spoils another, and it is bounded."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from tests.worlds import NOON, READERS, make_read

from fairplate.core.errors import FairplateError, InputError, StorageError
from fairplate.intake import Arriving, Intake, Outcome, Taken
from fairplate.web import intake_line
from fairplate.web.intake_line import MOST_WAITING_READS, IntakeLine

if TYPE_CHECKING:
    from concurrent.futures import Future

POISON = "poison"
INPUT_ERROR = InputError("read", "id", expected="another", found="poison")


def arriving(read_id: str) -> Arriving:
    return Arriving(read_id, READERS[0], NOON, make_read("TEST123"))


@dataclass(slots=True)
class NotedIntake:
    """Notes what is taken together; what is poison spoils its whole batch."""

    error: Exception = INPUT_ERROR
    batches: list[list[str]] = field(default_factory=list)

    def take(self, batch: Sequence[Arriving]) -> tuple[Taken, ...]:
        ids = [one.read_id for one in batch]
        self.batches.append(ids)
        if POISON in ids:
            raise self.error
        return tuple(Taken(one.read_id, Outcome.SEALED) for one in batch)

    def let_go_of_due(self) -> None:
        pass


def line_of(intake: NotedIntake, told: list[FairplateError] | None = None) -> IntakeLine:
    tell = (lambda _: None) if told is None else told.append
    return IntakeLine(cast("Intake", intake), tell)


def ids_of(answer: "Future[tuple[Taken, ...]]") -> list[str]:
    return [one.read_id for one in answer.result(timeout=0)]


def test_what_waits_is_taken_together_and_each_gets_its_own() -> None:
    intake = NotedIntake()
    line = line_of(intake)
    answers = [line.put([arriving(f"{n}a"), arriving(f"{n}b")]) for n in range(3)]
    assert line.waiting == 6
    line.end()
    line.run()
    assert intake.batches == [["0a", "0b", "1a", "1b", "2a", "2b"]]
    assert [ids_of(one) for one in answers] == [["0a", "0b"], ["1a", "1b"], ["2a", "2b"]]
    assert line.waiting == 0


def test_poison_spoils_no_other_request() -> None:
    intake, told = NotedIntake(), list[FairplateError]()
    line = line_of(intake, told)
    before, bad, after = (line.put([arriving(one)]) for one in ("1", POISON, "2"))
    line.end()
    line.run()
    assert ids_of(before) == ["1"]
    assert ids_of(after) == ["2"]
    assert isinstance(bad.exception(timeout=0), InputError)
    assert line.waiting == 0
    assert told


def test_what_may_pass_is_not_tried_one_by_one() -> None:
    busy = StorageError("database", expected="room", found="none", retryable=True)
    intake = NotedIntake(busy)
    line = line_of(intake)
    answers = [line.put([arriving(one)]) for one in ("1", POISON)]
    line.end()
    line.run()
    assert intake.batches == [["1", POISON]]
    assert [one.exception(timeout=0) for one in answers] == [busy, busy]


def test_it_goes_on_after_what_nobody_expects() -> None:
    intake = NotedIntake(ZeroDivisionError())
    line = line_of(intake)
    taker = threading.Thread(target=line.run)
    taker.start()
    assert isinstance(line.put([arriving(POISON)]).exception(timeout=10), ZeroDivisionError)
    assert [one.read_id for one in line.put([arriving("1")]).result(timeout=10)] == ["1"]
    line.end()
    taker.join()


def test_what_waits_is_bounded() -> None:
    line = line_of(NotedIntake())
    whole = [arriving(f"{n}") for n in range(500)]
    for _ in range(MOST_WAITING_READS // 500):
        line.put(whole)
    with pytest.raises(StorageError) as caught:
        line.put([arriving("one more")])
    assert caught.value.retryable
    assert line.waiting == MOST_WAITING_READS
    line.end()
    line.run()
    assert line.waiting == 0


def test_pictures_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_line, "MOST_WAITING_BYTES", 10)
    line = line_of(NotedIntake())
    big = Arriving("1", READERS[0], NOON, make_read("TEST123"), picture=b"x" * 20)
    line.put([big])  # one that is too large alone is taken all the same: it would wait for ever
    with pytest.raises(StorageError):
        line.put([big])


def test_nothing_is_taken_after_the_end() -> None:
    line = line_of(NotedIntake())
    line.end()
    with pytest.raises(StorageError, match="the end") as caught:
        line.put([arriving("1")])
    assert caught.value.retryable


def test_no_batch_is_larger_than_the_intake_likes() -> None:
    intake = NotedIntake()
    line = line_of(intake)
    for n in range(1_200):
        line.put([arriving(f"{n}")])
    line.end()
    line.run()
    assert [len(one) for one in intake.batches] == [500, 500, 200]
