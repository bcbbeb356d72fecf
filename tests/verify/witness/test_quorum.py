from tests.verify.witness.memory_log import LOG_KEY, MemoryLog

from fairplate.verify.notes import KeyType, Note, SigningKey
from fairplate.verify.witness.quorum import witnessed_at

NOTE = MemoryLog().note(5)
SIGNERS = [SigningKey(f"w{i}", KeyType.COSIGNATURE, bytes([i] * 32)) for i in range(1, 5)]
KEYS = [key.verifier for key in SIGNERS]


def cosigned(*times: tuple[SigningKey, int]) -> Note:
    made = tuple(key.sign(NOTE.text, time_s=time_s) for key, time_s in times)
    return Note(NOTE.text, NOTE.signatures + made)


def test_the_time_is_when_the_last_of_a_quorum_signed() -> None:
    note = cosigned((SIGNERS[2], 30), (SIGNERS[0], 10), (SIGNERS[1], 20))
    assert [witnessed_at(note, KEYS, quorum) for quorum in range(5)] == [None, 10, 20, 30, None]


def test_a_key_counts_once_under_any_name_and_with_its_earliest_time() -> None:
    again = SigningKey("another-name", KeyType.COSIGNATURE, SIGNERS[0].secret)
    note = cosigned((SIGNERS[0], 10), (SIGNERS[0], 5), (again, 7))
    assert witnessed_at(note, [*KEYS, KEYS[0], again.verifier], 1) == 5
    assert witnessed_at(note, [*KEYS, KEYS[0], again.verifier], 2) is None


def test_what_does_not_hold_or_is_not_a_cosignature_does_not_count() -> None:
    other = Note(NOTE.text, (SIGNERS[0].sign(MemoryLog().note(6).text, time_s=1),))
    assert witnessed_at(other, KEYS, 1) is None
    assert witnessed_at(NOTE, [LOG_KEY.verifier], 1) is None
    assert witnessed_at(cosigned((SIGNERS[0], 1)), KEYS[1:], 1) is None
