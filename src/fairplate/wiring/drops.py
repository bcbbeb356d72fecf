"""Batches from drop folders: each complete file comes in whole or is refused, then put away.

Decides what becomes of a file. A crash leaves it where it is, so it is taken again: at most an
import that changes nothing. One that cannot be moved away is not taken again while this runs.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fairplate.core.clock import Clock
from fairplate.core.errors import (
    FairplateError,
    HotListError,
    InputError,
    PolicyError,
    StorageError,
)
from fairplate.hotlists.dropped import DropFolder, PutInto, show_name
from fairplate.hotlists.kept_batches import Imported
from fairplate.wiring.hot_lists import HotLists, Preview

_MOST_PROBLEMS = 1000
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class TakenDrop:
    """What became of one dropped file; `imported` None: it was refused.

    `problems` of one that was imported are notices: what was left out.
    """

    list_id: str
    name: str
    imported: Imported | None
    problems: tuple[str, ...] = ()

    @property
    def report(self) -> tuple[str, ...]:
        """The lines that are written beside the file."""
        if self.imported is None:
            return f"list {self.list_id}: refused, nothing of it is in force", *self.problems
        done = self.imported
        counted = f"{done.added} added, {done.changed} changed, {done.removed} removed"
        return f"list {self.list_id}: {done.entries} entries in force, {counted}", *self.problems


@dataclass(slots=True)
class Drops:
    """The drop folders of all lists, looked at by one thread."""

    hot_lists: HotLists
    clock: Clock
    now_s: Callable[[], float] = time.monotonic
    _folders: dict[str, DropFolder] = field(default_factory=dict)
    _left: dict[tuple[str, str], TakenDrop] = field(default_factory=dict)

    def run_round(self) -> Iterator[TakenDrop | FairplateError]:
        """Take what is complete; yield what became of each file, and what could not be looked at.

        Raises StorageError if the lists cannot be read.
        """
        wanted = {
            kept.id: kept.definition.folder
            for kept in self.hot_lists.all()
            if kept.definition.folder is not None
        }
        shared = Counter(os.path.realpath(path) for path in wanted.values())
        for list_id, path in wanted.items():
            if shared[os.path.realpath(path)] > 1:
                found = "one that another list has, too"
                yield InputError(
                    f"hot list {list_id}", "folder", expected="one of its own", found=found
                )
            else:
                yield from self._look(list_id, path)

    def _look(self, list_id: str, path: str) -> Iterator[TakenDrop | FairplateError]:
        folder = self._folders.get(list_id)
        if folder is None or str(folder.path) != path:
            folder = self._folders[list_id] = DropFolder(Path(path))
        try:
            names = folder.settled(self.now_s())
        except FairplateError as error:
            yield error
            return
        self._left = {
            (of, name): taken
            for (of, name), taken in self._left.items()
            if of != list_id or name in names
        }
        for name in names:
            yield from self._take(list_id, folder, name)

    def _take(
        self, list_id: str, folder: DropFolder, name: str
    ) -> Iterator[TakenDrop | FairplateError]:
        taken = self._left.get((list_id, name))
        if taken is None:
            try:
                taken = self._import(list_id, folder, name)
            except FileNotFoundError:
                return  # somebody took it back
            except OSError as error:
                yield _unusable(folder, "a file that can be read", error)
                return
            except FairplateError as error:
                yield error  # the file stays, and the next round tries again
                return
            if taken is None:
                return
            yield taken
        into = PutInto.REFUSED if taken.imported is None else PutInto.DONE
        try:
            folder.put_away(name, into, at=self.clock(), report=taken.report)
            self._left.pop((list_id, name), None)
        except OSError as error:
            # Taken again every round it would fill the log, and its entries would never end.
            self._left[list_id, name] = taken
            yield _unusable(folder, f"a folder {into} that files can be moved into", error)

    def _import(self, list_id: str, folder: DropFolder, name: str) -> TakenDrop | None:
        """Put the file in force or refuse it; None if it changed while it was read."""
        shown = show_name(name)
        try:
            with folder.opened(name) as path:
                preview = self._preview(list_id, path, shown)
        except (HotListError, PolicyError) as error:
            self._record_unreadable(list_id, shown)
            return TakenDrop(list_id, shown, None, (str(error),))
        if not folder.is_unchanged(name):
            return None
        imported = self.hot_lists.commit(preview, _source(shown))
        problems = [str(one) for one in preview.problems[:_MOST_PROBLEMS]]
        left = len(preview.problems) - len(problems)
        problems += [f"and {left} more problems"] if left else []
        return TakenDrop(list_id, shown, imported, tuple(problems))

    def _preview(self, list_id: str, path: Path, shown: str) -> Preview:
        try:
            return self.hot_lists.preview(list_id, path, name=shown)
        except HotListError as error:
            where = error.where.replace(str(path), shown)  # nobody knows it by its descriptor
            raise HotListError(
                where, error.field, expected=error.expected, found=error.found
            ) from None

    def _record_unreadable(self, list_id: str, shown: str) -> None:
        for kept in self.hot_lists.all():
            if kept.id == list_id:
                self.hot_lists.commit(Preview(kept=kept, prepared=None), _source(shown))


def _source(shown: str) -> str:
    return f"drop folder, {shown[:_LONGEST_NAME]}"


def _unusable(folder: DropFolder, expected: str, error: OSError) -> StorageError:
    found = (error.strerror or "another").lower()
    return StorageError(str(folder.path), expected=expected, found=found, retryable=True)
