"""What a run of `watch` prints."""

import io
import json

from fairplate.cli.watch.telling import TOLD_AGAIN_AFTER_S, Telling, Totals
from fairplate.hotlists.kept_batches import Imported
from fairplate.wiring import TakenDrop


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_same_trouble_is_told_once_a_minute() -> None:
    clock, err = Clock(), io.StringIO()
    telling = Telling(io.StringIO(), err, now_s=clock)
    for _ in range(100):
        telling.problem("the mail server is down")
        telling.problem("a camera is silent")
        clock.now_s += TOLD_AGAIN_AFTER_S / 50
    assert err.getvalue().splitlines() == 2 * [
        "fairplate: the mail server is down",
        "fairplate: a camera is silent",
    ]


def test_many_troubles_are_not_remembered_for_ever() -> None:
    err = io.StringIO()
    telling = Telling(io.StringIO(), err, now_s=Clock())
    for number in range(1000):
        telling.problem(f"trouble {number}")
    assert len(telling._told) <= 200
    assert err.getvalue().count("\n") == 1000


def test_json_tells_troubles_twice_and_all_else_once() -> None:
    out, err = io.StringIO(), io.StringIO()
    telling = Telling(out, err, as_json=True)
    telling.problem("broken\x1b[2J")
    telling.imported("town", 3)
    telling.unchanged("town")
    telling.ended(Totals(reads=4, alerts=1, refused=2, waiting=3))
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"what": "problem", "message": "broken\\x1b[2J"},
        {"what": "imported", "list": "town", "entries": 3},
        {"what": "unchanged", "list": "town"},
        {"what": "ended", "reads": 4, "alerts": 1, "refused": 2, "waiting": 3},
    ]
    assert err.getvalue() == "fairplate: broken\\x1b[2J\n"


def test_what_became_of_a_dropped_file_is_one_line() -> None:
    out, err = io.StringIO(), io.StringIO()
    telling = Telling(out, err)
    telling.dropped(TakenDrop("town", "a.csv", Imported("b-1", 1, 1, 0, 0)))
    telling.dropped(TakenDrop("town", "b.csv", None, ("b.csv:2: plate: bad",)))
    telling.dropped(TakenDrop("town", "c.csv", None, tuple(f"c.csv:{n}: bad" for n in range(9))))
    assert out.getvalue() == "list town: 1 entry\n"
    more = "(and 8 more problems, see the report beside the file)"
    assert err.getvalue().splitlines() == [
        "fairplate: list town: refused: b.csv:2: plate: bad",
        f"fairplate: list town: refused: c.csv:0: bad {more}",
    ]


class Closed(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_whoever_does_not_listen_any_more_stops_nothing() -> None:
    telling = Telling(Closed(), Closed(), as_json=True)
    telling.problem("trouble")
    telling.ended(Totals())
