"""The hot lists of one run: loads them, says what is wrong with them, looks reads up.

Leaves what makes an entry to `hotlists/batches.py` and what makes a match to `hotlists/match.py`.
A list that is refused is said to be refused: nobody may believe that reads are checked against it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from fairplate.core.errors import HotListError
from fairplate.core.reads import PlateRead
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.files import load_hot_list
from fairplate.hotlists.match import HotListIndex, Match


class HotListCheck:
    """The lists in force, by name, and whether one of those given is not."""

    def __init__(self, names: tuple[str, ...], entries: Sequence[Entry], *, refused: bool) -> None:
        self.names = names
        self.any_refused = refused
        self._index = HotListIndex(entries)

    @classmethod
    def load(
        cls, paths: Sequence[Path], *, now: datetime, say: Callable[[str], None]
    ) -> "HotListCheck":
        """Load each list; `say` gets a line for every problem, and one for a list left out.

        Lists whose files have the same name are called by their paths.
        """
        given = [path.name for path in paths]
        names: list[str] = []
        entries: list[Entry] = []
        for path in paths:
            try:
                called = path.name if given.count(path.name) == 1 else str(path)
                batch = load_hot_list(path, now=now, name=called)
            except HotListError as error:
                say(str(error))
                say(_not_checked(path))
                continue
            for problem in batch.problems:
                say(str(problem))
            if batch.refused:
                say(_not_checked(path))
                continue
            names.append(batch.name)
            entries.extend(batch.entries)
        return cls(tuple(names), entries, refused=len(names) < len(paths))

    def match(self, read: PlateRead, *, now: datetime) -> tuple[Match, ...]:
        """Return the entries the read may be, best first, held back last."""
        return tuple(self._index.match(read, now=now))


def _not_checked(path: Path) -> str:
    return f"{path}: list refused: reads are NOT checked against it"
