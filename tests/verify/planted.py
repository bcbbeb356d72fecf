"""A sound log of two months with a witness, into which tests plant what is wrong."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from tests.verify.log_folders import (
    TIME_S,
    make_entries,
    make_key,
    make_log,
    make_witness,
    make_witness_entry,
    sign_checkpoint,
    tree_files,
    write_files,
)

from fairplate.verify.findings import Severity
from fairplate.verify.log_check import Trust, check_log
from fairplate.verify.log_directory import LogDirectory
from fairplate.verify.notes import Note, SigningKey
from fairplate.verify.older_check import OlderCheckpoint
from fairplate.verify.report import Report
from fairplate.verify.tiles import join_entries, split_entries

KEY = make_key()
WITNESS = make_witness("witness.example.org", 2)
OTHER_WITNESS = make_witness("paper.example.org", 3)
STRANGER = make_witness("stranger.example.org", 4)
NOW = datetime.fromtimestamp(TIME_S, UTC) + timedelta(hours=1)
SIZE = 700
OLD_SIZE = 300
WITNESSED_SIZE = 400
WITNESSED = "witnessed/2026-01"

Change = Callable[[list[bytes]], None]


@cache
def sound_entries() -> tuple[bytes, ...]:
    return (make_witness_entry(WITNESS), *make_entries(SIZE - 1, first=1))


@dataclass(frozen=True, slots=True)
class PlantedLog:
    """A log in a folder, which grew once and so has partial tiles left over."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name

    def rewrite(self, name: str, change: Callable[[bytes], bytes]) -> None:
        path = self.path(name)
        path.write_bytes(change(path.read_bytes()))

    def change_bundle(self, name: str, change: Change) -> None:
        entries = split_entries(self.path(name).read_bytes())
        change(entries)
        self.path(name).write_bytes(join_entries(entries))

    def rebuild(self, change: Change, *levels: str) -> list[bytes]:
        """Change the entries and what is over them: all tiles, or those of some levels."""
        entries = list(sound_entries())
        change(entries)
        files = tree_files(entries)
        starts = tuple(f"tile/{level}/" for level in levels or ("",))
        if not levels:
            starts = ("tile/",)
            shutil.rmtree(self.path("tile"))
        write_files(self.folder, {n: data for n, data in files.items() if n.startswith(starts)})
        return entries

    def sign(
        self,
        entries: Sequence[bytes],
        key: SigningKey = KEY,
        *,
        time_s: int = TIME_S,
        name: str = "checkpoint",
        witnesses: Iterable[SigningKey] = (WITNESS,),
    ) -> Note:
        note = sign_checkpoint(entries, key, time_s=time_s, witnesses=witnesses)
        self.path(name).write_bytes(note.data)
        return note

    def check(
        self,
        *,
        older: Iterable[OlderCheckpoint] = (),
        witnesses: Iterable[SigningKey] = (),
        quorum: int = 0,
        now: datetime = NOW,
    ) -> Report:
        trust = Trust(KEY.verifier, tuple(one.verifier for one in witnesses), quorum)
        with LogDirectory(self.folder) as directory:
            return check_log(directory, trust, now=now, older=older)


def plant(folder: Path) -> PlantedLog:
    entries = sound_entries()
    make_log(folder, entries[:OLD_SIZE], KEY)
    make_log(
        folder,
        entries,
        KEY,
        witnesses=[WITNESS],
        witnessed={"2026-01": (WITNESSED_SIZE, TIME_S - 60)},
    )
    return PlantedLog(folder)


def faults(report: Report) -> set[tuple[str, str]]:
    return {(one.code, one.where) for one in report.findings if one.severity is Severity.FAULT}


def notices(report: Report) -> set[tuple[str, str]]:
    return {(one.code, one.where) for one in report.findings if one.severity is Severity.NOTICE}
