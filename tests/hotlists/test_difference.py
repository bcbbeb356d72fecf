"""What a batch changes, against the same told by dictionaries."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairplate.hotlists.chunks import Marks
from fairplate.hotlists.difference import carry_first_seen, compare_batches, replace_all

# Identity and contents of each entry, and when it first came; no identity stands twice.
ROWS = st.dictionaries(
    st.integers(0, 12) | st.integers(2**64 - 3, 2**64 - 1),
    st.tuples(st.integers(0, 2), st.integers(0, 9)),
    max_size=10,
).map(lambda rows: [(identity, *rest) for identity, rest in rows.items()])


def marks_of(rows: list[tuple[int, int, int]]) -> Marks:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    identities, contents = (np.array(columns[at], np.uint64) for at in (0, 1))
    seen = np.array(columns[2], np.uint32)
    return Marks(np.zeros_like(identities), identities, contents, seen, seen)


@given(ROWS, ROWS, st.randoms(use_true_random=False))
def test_every_entry_is_added_changed_removed_or_as_it_was(
    old: list[tuple[int, int, int]], new: list[tuple[int, int, int]], random: Random
) -> None:
    random.shuffle(new)
    before = {identity: (contents, seen) for identity, contents, seen in old}
    after = {identity: contents for identity, contents, _ in new}
    found = compare_batches(marks_of(old), marks_of(new))
    assert found.added.tolist() == [at for at, row in enumerate(new) if row[0] not in before]
    assert found.changed.tolist() == [
        at for at, row in enumerate(new) if row[0] in before and before[row[0]][0] != row[1]
    ]
    assert found.removed.tolist() == [at for at, row in enumerate(old) if row[0] not in after]
    assert found.is_empty is (after == {identity: row[0] for identity, row in before.items()})
    assert len(new) == len(old) + len(found.added) - len(found.removed)


@given(ROWS, ROWS)
def test_an_entry_is_as_old_as_its_first_batch(
    old: list[tuple[int, int, int]], new: list[tuple[int, int, int]]
) -> None:
    before = {identity: seen for identity, _, seen in old}
    given_new = marks_of(new)
    carried = carry_first_seen(marks_of(old), given_new)
    assert carried.first_seen.tolist() == [
        min(seen, before.get(identity, seen)) for identity, _, seen in new
    ]
    assert given_new.first_seen.tolist() == [seen for *_, seen in new]  # nothing is written over


@given(st.integers(0, 5), ROWS)
def test_over_a_batch_that_cannot_be_read_everything_is_new(
    entries: int, new: list[tuple[int, int, int]]
) -> None:
    found = replace_all(entries, marks_of(new))
    assert found.added.tolist() == list(range(len(new)))
    assert found.changed.tolist() == []
    assert found.removed.tolist() == list(range(entries))
