"""Many messages of one passing become one read with the last word; none is lost or doubled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.reads import Box, Character, PlateRead
from fairplate.ingest.arrival import Arrival, TimeFrom, Unread, Untaken
from fairplate.ingest.passages import LONGEST, MOST_OPEN, REMEMBERED, SETTLE, Passages

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def word(
    plate: str = "A", passage: str | None = "7", *, read_id: str = "id", is_last: bool = False
) -> Arrival:
    characters = tuple(Character(char, 0.9) for char in plate)
    read = PlateRead("gate", plate, 0.9, characters, Box(0, 0, 9, 4))
    last = is_last or passage is None
    return Arrival(read_id, "gate", NOW, TimeFrom.CAMERA, read, passage=passage, is_last=last)


def test_what_belongs_to_no_passage_is_handed_over_at_once() -> None:
    passages = Passages()
    one = word(passage=None)
    assert passages.take(one, now=NOW) == [one]
    assert passages.take(Unread(Untaken.NO_PLATE, "gate"), now=NOW) == []
    assert passages.waiting == 0


def test_the_last_word_counts_under_the_first_id() -> None:
    passages = Passages()
    assert passages.take(word("MWR", read_id="first"), now=NOW) == []
    assert passages.take(word("HWR", read_id="second"), now=NOW) == []
    (read,) = passages.take(word("HWR", read_id="third", is_last=True), now=NOW)
    assert (read.read.plate, read.read_id) == ("HWR", "first")
    assert passages.waiting == 0
    assert passages.take_due(now=NOW + REMEMBERED) == []


def test_a_passage_that_falls_quiet_is_over() -> None:
    passages = Passages()
    passages.take(word(), now=NOW)
    assert passages.take_due(now=NOW + SETTLE - SECOND / 1000) == []
    assert [one.read_id for one in passages.take_due(now=NOW + SETTLE)] == ["id"]
    assert passages.take_due(now=NOW + SETTLE) == []


def test_a_passage_without_end_waits_no_longer_than_the_limit() -> None:
    passages = Passages()
    handed = []
    for tenths in range(40):
        now = NOW + SECOND * tenths / 10
        handed += passages.take(word(), now=now) + passages.take_due(now=now)
    assert len(handed) == 1
    assert passages.waiting == 0
    assert timedelta(0) < LONGEST < SECOND * 4


def test_what_comes_after_with_the_same_plate_is_dropped() -> None:
    passages = Passages()
    passages.take(word(), now=NOW)
    passages.take_due(now=NOW + LONGEST)
    assert passages.take(word(is_last=True), now=NOW + LONGEST) == []
    assert passages.take_all(now=NOW + LONGEST) == []


def test_a_plate_that_is_corrected_too_late_is_a_read_of_its_own() -> None:
    passages = Passages()
    passages.take(word("MWR"), now=NOW)
    (first,) = passages.take_due(now=NOW + LONGEST)
    (second,) = passages.take(word("HWR", is_last=True), now=NOW + LONGEST)
    assert second.read.plate == "HWR"
    assert second.read_id != first.read_id


def test_after_the_last_word_nothing_counts() -> None:
    passages = Passages()
    passages.take(word(is_last=True), now=NOW)
    assert passages.take(word("B", is_last=True), now=NOW) == []


def test_a_counter_that_starts_again_is_another_passage_a_minute_later() -> None:
    passages = Passages()
    passages.take(word(is_last=True), now=NOW)
    assert passages.take(word(is_last=True), now=NOW + REMEMBERED) != []


def test_an_unread_last_word_ends_the_passage() -> None:
    passages = Passages()
    passages.take(word(), now=NOW)
    end = Unread(Untaken.NO_PLATE, "gate", "7", is_last=True)
    assert [one.read_id for one in passages.take(end, now=NOW)] == ["id"]
    assert passages.take(end, now=NOW) == []


def test_the_earlier_picture_stays_if_the_last_word_has_none() -> None:
    passages = Passages()
    first = word("MWR")
    shown = replace(first, picture=b"x", read=replace(first.read, box=Box(1, 1, 5, 5)))
    passages.take(shown, now=NOW)
    (read,) = passages.take(word("HWR", is_last=True), now=NOW)
    assert (read.read.plate, read.picture, read.read.box) == ("HWR", b"x", Box(1, 1, 5, 5))


def test_a_group_after_its_frames_is_no_second_read() -> None:
    passages = Passages()
    frame = word("AB", passage=None, read_id="frame")
    assert passages.take(frame, now=NOW) == [frame]
    group = replace(word("AB", is_last=True), earlier_ids=("frame",))
    assert passages.take(group, now=NOW + SECOND) == []
    other = replace(word("AC", "8", is_last=True), earlier_ids=("frame",))
    assert passages.take(other, now=NOW + SECOND) == [other]


def test_the_number_that_waits_is_bounded_and_the_oldest_goes_first() -> None:
    passages = Passages()
    handed = []
    for at in range(MOST_OPEN + 3):
        handed += passages.take(word(passage=str(at), read_id=str(at)), now=NOW)
    assert [one.read_id for one in handed] == ["0", "1", "2"]
    assert passages.waiting == MOST_OPEN


def test_all_that_waits_can_be_had() -> None:
    passages = Passages()
    for at in range(3):
        passages.take(word(passage=str(at), read_id=str(at)), now=NOW)
    assert [one.read_id for one in passages.take_all(now=NOW)] == ["0", "1", "2"]


def test_no_plate_is_remembered() -> None:
    passages = Passages()
    passages.take(word("SECRET1", is_last=True), now=NOW)
    assert "SECRET1" not in repr(list(passages._done.values()))
    assert repr(passages) == repr(Passages())


@given(st.lists(st.tuples(st.sampled_from("123"), st.booleans(), st.integers(0, 5)), max_size=40))
def test_every_passage_is_handed_over_once_a_minute(
    steps: list[tuple[str, bool, int]],
) -> None:
    passages, now, handed = Passages(), NOW, []
    for passage, is_last, tenths in steps:
        now += SECOND * tenths / 10
        handed += passages.take(word(passage=passage, is_last=is_last), now=now)
        handed += passages.take_due(now=now)
    handed += passages.take_all(now=now)
    names = [one.passage for one in handed]
    assert sorted(names, key=str) == sorted({passage for passage, _, _ in steps})
