"""Which searches are picked: a worked example, and that nobody is favoured."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.verify.notes import KeyType, Note, Signature, make_signing_key
from fairplate.verify.sampling import LEAST_PICKS, MOST_PICKS, SHARE, pick_searches

WITNESSES = [
    make_signing_key(
        name, KeyType.COSIGNATURE, lambda length, name=name: name.encode()[:1] * length
    )
    for name in ("council.example", "paper.example")
]
LOG = make_signing_key("log.example.org/city", KeyType.NOTE, bytes)
TEXT = "log.example.org/city\n300\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
TIME_S = 1_798_761_601
indices = st.lists(st.integers(0, 2**63), unique=True, max_size=60)


def witnessed(*, time_s: int = TIME_S, own_time_s: int = TIME_S, text: str = TEXT) -> Note:
    """Return a checkpoint with the log's two lines and those of two witnesses."""
    timed = LOG.as_type(KeyType.COSIGNATURE).sign(text, time_s=own_time_s)
    others = [witness.sign(text, time_s=time_s) for witness in WITNESSES]
    return Note(text, (LOG.sign(text), timed, *others))


NOTE = witnessed().data
SEARCHES = [3, 8, 21, 22, 40, 57, 100, 256]


def test_the_picks_never_change() -> None:
    """The example of docs/audit-log.md."""
    lines = "".join(f"{signature.line}\n" for signature in witnessed().signatures[2:])
    seed = hashlib.sha256(f"fairplate/v1/sample\n{TEXT}{lines}".encode()).digest()
    drawn = {
        index: hashlib.sha256(seed + index.to_bytes(8, "big")).hexdigest() for index in SEARCHES
    }
    assert sorted(sorted(SEARCHES, key=drawn.__getitem__)[:5]) == pick_searches(NOTE, SEARCHES)
    assert pick_searches(NOTE, SEARCHES) == [21, 22, 40, 57, 256]


def test_the_log_cannot_change_the_picks_by_what_it_signs_itself() -> None:
    """Its key gives as many signatures of one text as its holder likes."""
    many = range(1000)
    picked = pick_searches(NOTE, many)
    for moment in range(20):
        note = witnessed(own_time_s=TIME_S + moment)
        assert pick_searches(note.data, many) == picked
        others = Signature(LOG.name, LOG.verifier.id, bytes([moment]) * 64)
        changed = Note(TEXT, (others, *note.signatures[1:]))
        assert pick_searches(changed.data, many) == picked
    turned = Note(TEXT, witnessed().signatures[::-1])
    assert pick_searches(turned.data, many) == picked


def test_text_and_witnesses_change_the_picks() -> None:
    many = range(1000)
    notes = [witnessed(time_s=TIME_S + moment) for moment in range(20)]
    notes += [witnessed(text=TEXT.replace("300", str(size))) for size in range(301, 320)]
    notes.append(Note(TEXT, witnessed().signatures[:3]))
    assert len({tuple(pick_searches(note.data, many)) for note in notes}) == len(notes)


@given(st.binary(max_size=80))
def test_other_bytes_pick_something_too(data: bytes) -> None:
    assert len(pick_searches(data, range(30))) == LEAST_PICKS


@pytest.mark.parametrize(
    ("searches", "picks"),
    [
        (0, 0),
        (1, 1),
        (4, 4),
        (5, 5),
        (6, 5),
        (100, 5),
        (101, 6),
        (120, 6),
        (121, 7),
        (2000, 100),
        (20_001, 1000),
    ],
)
def test_one_of_twenty_but_five_to_a_thousand(searches: int, picks: int) -> None:
    assert (LEAST_PICKS, SHARE, MOST_PICKS) == (5, 20, 1000)
    assert len(pick_searches(NOTE, range(1000, 1000 + searches))) == picks


@given(st.binary(max_size=100), indices)
def test_the_picks_are_searches_in_order_however_they_are_listed(
    note: bytes, searches: list[int]
) -> None:
    picks = pick_searches(note, searches)
    assert picks == sorted(set(picks))
    assert set(picks) <= set(searches)
    assert pick_searches(note, searches[::-1]) == picks


@given(st.binary(max_size=100), indices, st.integers(0, 2**63))
def test_a_further_search_takes_at_most_one_place(
    note: bytes, searches: list[int], more: int
) -> None:
    """A search's draw does not depend on the others: adding searches hides none for certain."""
    before = set(pick_searches(note, searches))
    after = set(pick_searches(note, sorted({*searches, more})))
    assert len(before - after) <= 1
    assert after - before <= {more} | set(searches)


def test_every_search_is_picked_about_as_often() -> None:
    counted = Counter(
        index for number in range(2000) for index in pick_searches(b"%d" % number, range(40))
    )
    assert set(counted) == set(range(40))
    assert 180 < min(counted.values()) <= max(counted.values()) < 320  # 250, deviation 15
