from itertools import product

from tests.verify.witness.memory_log import MemoryLog

from fairplate.verify.witness.answers import NOTHING_SIGNED, Head, find_refusal
from fairplate.verify.witness.submissions import SIZE_TYPE, Submission

SIZES = range(10)


def head_of(log: MemoryLog, size: int) -> Head:
    return Head(size, log.checkpoint(size).root, 0) if size else NOTHING_SIGNED


def status_of(submission: Submission, last: Head) -> int:
    refusal = find_refusal(submission, last)
    return refusal.status if refusal else 200


def test_every_small_case_is_answered_as_the_specification_says() -> None:
    """Last signed size, old size, new size, and where the submitted history parts, if at all."""
    main = MemoryLog()
    seen: set[int] = set()
    for last, old, new, parts_at in product(SIZES, SIZES, SIZES, (None, *range(9))):
        log = MemoryLog(parts_at)
        same = parts_at is None or parts_at >= min(last, new)
        if old > new:
            expected = 400
        elif old != last or (new == last and not same):
            expected = 409
        else:
            expected = 200 if same else 422
        assert status_of(log.submit(old, new), head_of(main, last)) == expected
        seen.add(expected)
    assert seen == {200, 400, 409, 422}


def test_a_conflict_tells_the_size_signed_last() -> None:
    refusal = find_refusal(MemoryLog().submit(0, 5), head_of(MemoryLog(), 3))
    assert refusal is not None
    assert (refusal.status, refusal.body, refusal.content_type) == (409, b"3\n", SIZE_TYPE)


def test_no_hash_may_be_missing_changed_or_over() -> None:
    log = MemoryLog()
    for old, new in product(range(8), range(8)):
        if old > new:
            continue
        proof, note, last = log.prove(old, new), log.note(new), head_of(log, old)
        for wrong in (
            (*proof, bytes(32)),
            *(proof[:i] + proof[i + 1 :] for i in range(len(proof))),
            *((*proof[:i], bytes(32), *proof[i + 1 :]) for i in range(len(proof))),
        ):
            assert status_of(Submission(old, wrong, note), last) == 422


def test_an_empty_log_has_the_one_empty_root() -> None:
    empty = MemoryLog().checkpoint(0)
    assert status_of(MemoryLog().submit(0, 0), NOTHING_SIGNED) == 200
    assert status_of(MemoryLog().submit(0, 0), Head(0, empty.root, 5)) == 200
