"""What is taken out of a log: a copy, a proof, a private part; each as the verifier takes it."""

import json
from pathlib import Path

import pytest
from tests.audit.log_worlds import LogWorld, check_folder, files_in, fill_disk
from tests.audit.real_witness import make_witnesses, register

from fairplate.audit.event_types import EventType
from fairplate.audit.events import commitment_opens, read_event
from fairplate.audit.exports import export_log, open_event, prove_event
from fairplate.core.errors import InputError
from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.proofs import parse_proof
from fairplate.verify.tree import hash_leaf, proves_inclusion


def last_event(world: LogWorld) -> tuple[EventType, dict[str, object], dict[str, object]]:
    row = world.rows()[-1]
    event = read_event(bytes(row.body))
    whole = world.keys.private_parts.open(bytes(row.body), bytes(row.private))
    return event.type, dict(event.public), json.loads(whole.private)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_a_copy_is_a_whole_log(world: LogWorld, tmp_path: Path, size: int) -> None:
    world.act_at_once(size)
    world.publish()
    world.act()  # is not in it
    assert export_log(world.log, tmp_path / "copy") == size
    report = check_folder(tmp_path / "copy", world.keys.signing.verifier, world.clock.now)
    assert (report.size, report.findings) == (size, ())
    assert files_in(tmp_path / "copy") == files_in(world.folder)
    assert last_event(world) == (
        EventType.EXPORT_MADE,
        {"what": "audit-log", "case": None, "export": None, "items": size},
        {"given_to": str(tmp_path / "copy"), "document": None},
    )


def test_a_copy_has_the_witnessed_checkpoints(world: LogWorld, tmp_path: Path) -> None:
    (witness,) = make_witnesses(world, 1)
    with witness.at_work():
        register(world, witness, quorum=1)
        world.publish()
        world.publish()
    export_log(world.log, tmp_path / "copy")
    copied = files_in(tmp_path / "copy")
    assert copied["witnessed/2026-11"] == (world.folder / "witnessed/2026-11").read_bytes()
    report = check_folder(tmp_path / "copy", world.keys.signing.verifier, world.clock.now)
    assert report.findings == ()


def test_a_copy_needs_an_empty_folder_and_a_checkpoint(world: LogWorld, tmp_path: Path) -> None:
    world.act()
    with pytest.raises(InputError, match="found none yet"):
        export_log(world.log, tmp_path / "copy")
    world.publish()
    (tmp_path / "copy/sub").mkdir(parents=True)
    with pytest.raises(InputError, match="expected an empty one, found files in it"):
        export_log(world.log, tmp_path / "copy")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="exporting the log"):
        export_log(world.log, tmp_path / "file")
    assert len(world.rows()) == 1
    (tmp_path / "copy/sub").rmdir()
    assert export_log(world.log, tmp_path / "copy") == 1


def test_a_copy_onto_a_full_disk_is_refused(world: LogWorld, small_disk: Path) -> None:
    world.act(2)
    world.publish()
    fill_disk(small_disk, 8 << 10)
    with pytest.raises(InputError, match="no space left"):
        export_log(world.log, small_disk / "copy")
    assert not (small_disk / "copy/checkpoint").exists()
    assert len(world.rows()) == 2


@pytest.mark.parametrize("size", [1, 2, 7, 256, 300])
def test_every_event_is_proved(world: LogWorld, size: int) -> None:
    world.act_at_once(size)
    world.publish()
    world.act_at_once(5)
    bodies = [bytes(row.body) for row in world.rows()]
    for index in {*range(min(size, 7)), size // 2, size - 1}:
        proof = parse_proof(prove_event(world.log, index))
        assert (proof.index, proof.entry, proof.note) == (index, bodies[index], world.note())
        told = parse_checkpoint(proof.note.text)
        assert proves_inclusion(hash_leaf(proof.entry), index, told.size, proof.path, told.root)
    for index in (-1, size, size + 4, 10**12):
        with pytest.raises(InputError, match=f"^event {index}: index: expected 0 to {size - 1}"):
            prove_event(world.log, index)


def test_nothing_is_proved_before_the_first_checkpoint(world: LogWorld) -> None:
    world.act()
    with pytest.raises(InputError, match="found none yet"):
        prove_event(world.log, 0)


def test_a_private_part_is_opened_and_that_is_on_record(world: LogWorld) -> None:
    world.act(3)
    world.publish()
    line = open_event(world.log, 1, "court 7")
    opened = json.loads(line)
    assert line.count("\n") == 0
    assert opened["event"] == 1
    body = bytes(world.rows()[1].body)
    private = opened["private"].encode()
    assert commitment_opens(body, bytes.fromhex(opened["salt"]), private)
    assert json.loads(private) == {"name": "At gate-2"}
    assert last_event(world) == (
        EventType.EVENT_OPENED,
        {"event": 1},
        {"given_to": "court 7"},
    )
    world.publish()
    world.require_whole()


def test_nothing_is_opened_that_is_not_in_the_log(world: LogWorld) -> None:
    world.act(2)
    with pytest.raises(InputError, match="expected one that is in the log"):
        open_event(world.log, 0, "court")
    world.publish()
    for index in (-1, 2, 10**12):
        with pytest.raises(InputError, match=f"^event {index}: index"):
            open_event(world.log, index, "court")
    assert len(world.rows()) == 2
