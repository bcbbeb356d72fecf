"""What people do with hot lists: set, import, look before, retire."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairplate.audit.log import Recorder
from fairplate.core.errors import PolicyError, UnknownIdError
from fairplate.deployment.policy_in_force import lock_policy_id, read_policy_in_force
from fairplate.hotlists.chunks import ListsKey
from fairplate.hotlists.definition import ListDefinition
from fairplate.hotlists.entries import Entry, Problem
from fairplate.hotlists.files import read_batch_file
from fairplate.hotlists.kept_batches import (
    Imported,
    PreparedBatch,
    import_batch,
    prepare_batch,
    reject_batch,
)
from fairplate.hotlists.register import KeptList, read_lists, retire_list, set_list
from fairplate.hotlists.stored_chunks import read_entries_at
from fairplate.policy.rules import Policy
from fairplate.storage.database import Database

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a batch would do: its problems, and what it changes, the first of each as entries.

    `prepared` None: it is refused as a whole.
    """

    kept: KeptList
    prepared: PreparedBatch | None = field(repr=False)
    problems: tuple[Problem, ...] = ()
    rows: int = 0
    bad_rows: int = 0
    left_out: int = 0
    added: tuple[Entry, ...] = field(default=(), repr=False)
    changed: tuple[Entry, ...] = field(default=(), repr=False)
    removed: tuple[Entry, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HotLists:
    """The lists of one deployment."""

    database: Database
    recorder: Recorder
    key: ListsKey

    def set(self, document: str, *, where: str) -> str:
        """Make or change the list that a definition (TOML) describes; return its id.

        Raises InputError for a document that is none, PolicyError for what it may not be for.
        """
        with self.database.transaction() as connection:
            lock_policy_id(connection)
            policy = read_policy_in_force(connection).policy
            return set_list(connection, self.recorder, document, policy, where=where)

    def retire(self, list_id: str, note: str) -> None:
        """End a list."""
        with self.database.transaction() as connection:
            retire_list(connection, self.recorder, list_id, note)

    def all(self) -> tuple[KeptList, ...]:
        """Return every list."""
        with self.database.reading() as connection:
            return tuple(read_lists(connection).values())

    def preview(self, list_id: str, path: Path, *, name: str | None = None) -> Preview:
        """Return what the file would do as the list's next batch; nothing is changed.

        `name` is what messages call the file, otherwise its own name. Raises HotListError for a
        file that cannot be read at all, InputError for an unknown list, PolicyError if the policy
        permits nothing that the list is for.
        """
        now = self.recorder.clock()
        with self.database.reading() as connection:
            kept = require_known(read_lists(connection), list_id)
            policy = read_policy_in_force(connection).policy
            permitted = _permitted(kept, policy)
            with read_batch_file(path, permitted, now=now, name=name) as reader:
                prepared = prepare_batch(connection, self.key, kept, reader, policy, now=now)
            removed: tuple[Entry, ...] = ()
            if prepared is not None and not prepared.damaged:
                rows = prepared.difference.removed[:MOST_SHOWN].tolist()
                removed = tuple(read_entries_at(connection, self.key, kept, rows))
        return Preview(
            kept=kept,
            prepared=prepared,
            problems=tuple(reader.problems),
            rows=reader.rows,
            bad_rows=reader.bad_rows,
            left_out=reader.left_out,
            added=() if prepared is None else self._shown(prepared, prepared.difference.added),
            changed=() if prepared is None else self._shown(prepared, prepared.difference.changed),
            removed=removed,
        )

    def commit(self, preview: Preview, source: str) -> Imported | None:
        """Put the batch that was looked at in force; a refused one is put on record as that."""
        with self.database.transaction() as connection:
            lock_policy_id(connection)  # another policy's event must not come before this one's
            if preview.prepared is None:
                reject_batch(
                    connection,
                    self.recorder,
                    preview.kept,
                    rows=preview.rows,
                    bad_rows=preview.bad_rows,
                    source=source,
                )
                return None
            policy = read_policy_in_force(connection).policy
            return import_batch(
                connection,
                self.recorder,
                self.key,
                preview.kept,
                preview.prepared,
                policy=policy,
                source=source,
            )

    @staticmethod
    def _shown(prepared: PreparedBatch, rows: NDArray[np.intp]) -> tuple[Entry, ...]:
        return tuple(prepared.entries_at(rows[:MOST_SHOWN].tolist()))


def require_known(lists: dict[str, KeptList], list_id: str) -> KeptList:
    """Return the list of that id; InputError if there is none."""
    if list_id not in lists:
        expected = "a list that is set (`fairplate hotlist set`)"
        raise UnknownIdError("hot list", expected=expected)
    return lists[list_id]


def _permitted(kept: KeptList, policy: Policy) -> ListDefinition:
    """Return the list as the policy permits it: entries for other purposes refuse a batch.

    So do words of theirs that mean such a purpose.
    """
    purposes = tuple(one for one in kept.definition.purposes if one in policy.purposes)
    if not purposes:
        expected = "a purpose that the policy permits"
        raise PolicyError(f"hot list {kept.id}: purposes: expected {expected}, found none")
    meanings = {
        text: purpose
        for text, purpose in kept.definition.meanings.items()
        if purpose is None or purpose in purposes
    }
    return replace(kept.definition, purposes=purposes, meanings=meanings)
