"""Checkpoints: when one is due, what it says, and what is never signed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.audit.log_worlds import ORIGIN, LogWorld
from tests.worlds import NOON

from fairplate.audit.checkpoints import (
    LONGEST_WAIT,
    is_checkpoint_due,
    make_checkpoint,
    read_own_checkpoint,
    sign_checkpoint,
)
from fairplate.core.errors import StorageError
from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.notes import KeyType, Note, make_signing_key, parse_note
from fairplate.verify.tree import EMPTY_ROOT, hash_children, hash_leaf

SECOND = timedelta(seconds=1)
KEY = make_signing_key(ORIGIN, KeyType.NOTE, lambda number: b"k" * number)
OTHER = make_signing_key(ORIGIN, KeyType.NOTE, lambda number: b"o" * number)
LEAVES = [hash_leaf(bytes([number])) for number in range(8)]


def read_hash(level: int, index: int) -> bytes:
    if level == 0:
        return LEAVES[index]
    return hash_children(read_hash(level - 1, 2 * index), read_hash(level - 1, 2 * index + 1))


def checkpoint(size: int) -> Checkpoint:
    return make_checkpoint(KEY, size, read_hash, Checkpoint(ORIGIN, 0, EMPTY_ROOT))


@pytest.mark.parametrize("last_size", range(3))
@pytest.mark.parametrize("grown", range(-1, 3))
@pytest.mark.parametrize(
    ("since", "waited"),
    [
        (None, True),  # never signed
        (timedelta(0), False),
        (SECOND, False),
        (LONGEST_WAIT - SECOND, False),
        (LONGEST_WAIT, True),
        (LONGEST_WAIT + SECOND, True),
        (timedelta(days=400), True),
        (-SECOND, True),  # the clock was set back: nobody knows how long it has been
        (-LONGEST_WAIT, True),
        (-timedelta(days=400), True),
    ],
)
def test_a_checkpoint_is_due_when_something_happened_or_time_is_up(
    last_size: int,
    grown: int,
    since: timedelta | None,
    waited: bool,  # noqa: FBT001
) -> None:
    last_at = None if since is None else NOON - since
    due = is_checkpoint_due(last_size + grown, last_size, last_at, NOON)
    assert due == (grown > 0 or waited)


def test_once_an_hour_holds_for_a_round_each_minute_whatever_the_clock_does() -> None:
    for step in (-timedelta(days=3), -timedelta(minutes=50), timedelta(minutes=50)):
        last_at = now = NOON
        waited = 0
        for minute in range(400):
            now += timedelta(minutes=1) + (step if minute % 90 == 17 else timedelta(0))
            waited += 1
            if is_checkpoint_due(5, 5, last_at, now):
                last_at, waited = now, 0
            assert waited <= 56


@pytest.mark.parametrize("size", range(9))
@pytest.mark.parametrize("last", range(9))
def test_only_what_begins_with_what_was_signed_is_signed(size: int, last: int) -> None:
    if size < last:
        with pytest.raises(StorageError, match=f"holds the {last} events that were signed"):
            make_checkpoint(KEY, size, read_hash, checkpoint(last))
    else:
        made = make_checkpoint(KEY, size, read_hash, checkpoint(last))
        assert (made.origin, made.size) == (ORIGIN, size)
        assert made == checkpoint(size)
        if last:
            other = Checkpoint(ORIGIN, last, hash_leaf(b"other"))
            with pytest.raises(StorageError, match="nothing is signed until then"):
                make_checkpoint(KEY, size, read_hash, other)


def test_a_checkpoint_has_the_log_s_signature_and_its_word_for_the_time() -> None:
    note = sign_checkpoint(KEY, checkpoint(3), NOON + timedelta(milliseconds=999))
    clock = KEY.as_type(KeyType.COSIGNATURE).verifier
    assert parse_note(note.data) == note
    assert note.text == checkpoint(3).text
    assert [note.signature_by(key) for key in (KEY.verifier, clock)] == list(note.signatures)
    assert note.signatures[1].time_s == int(NOON.timestamp())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: None,
        lambda _: b"",
        lambda data: data[:-5],
        lambda data: data.replace(b"\n3\n", b"\n4\n"),
        lambda _: Note(checkpoint(3).text, (OTHER.sign(checkpoint(3).text),)).data,
        lambda _: Note("free text\n", (KEY.sign("free text\n"),)).data,
        lambda data: b"\xff" + data,
    ],
)
def test_only_the_log_s_own_checkpoint_is_taken_for_one(
    spoil: Callable[[bytes], bytes | None],
) -> None:
    data = sign_checkpoint(KEY, checkpoint(3), NOON).data
    assert read_own_checkpoint(data, KEY.verifier) == checkpoint(3)
    assert read_own_checkpoint(spoil(data), KEY.verifier) is None
    other_name = Checkpoint("another.example", 3, bytes(32)).text
    assert read_own_checkpoint(Note(other_name, (KEY.sign(other_name),)).data, KEY.verifier) is None


def test_the_time_line_of_a_log(world: LogWorld) -> None:
    """A round every minute of an hour and a half, events in some: when is what signed?"""
    signed = []
    for minute in range(130):
        if minute in {3, 4, 50}:
            world.act()
        done = world.publish()
        if done.signed is not None:
            signed.append((minute, done.size))
        world.clock.move(timedelta(minutes=1))
    assert signed == [(3, 1), (4, 2), (50, 3), (105, 3)]
    world.require_whole()
    world.clock.move(-timedelta(minutes=1))
    assert world.publish().signed is None  # as long as it is still after the last one
    world.clock.move(-timedelta(hours=5))
    assert world.publish().signed is not None
    assert world.publish().signed is None
    assert [each.code for each in world.check().findings] == ["time-in-future"]
    world.clock.move(timedelta(hours=5))
    assert world.publish().signed is not None
    world.require_whole()
