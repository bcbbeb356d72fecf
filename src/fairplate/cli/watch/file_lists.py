"""`--hotlist FILE`: the quick way from a file to a list of the deployment.

Decides that the list is called as the file, is for all that the policy permits, and is imported
if the file says something new, or once a day. A list that was set up otherwise is never changed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fairplate.cli.terminal_text import printable
from fairplate.cli.watch.telling import Telling
from fairplate.core.errors import HotListError, InputError
from fairplate.hotlists.definition import check_definition
from fairplate.hotlists.formats import SUFFIXES

if TYPE_CHECKING:
    from fairplate.wiring import Deployment, Preview

_NO_PART_OF_AN_ID = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 64
_LONGEST_TITLE = 100

RENEWED_AFTER = timedelta(days=1)
"""A file without a change is brought in again so long after: entries end if nobody renews them."""


def import_files(
    deployment: "Deployment", paths: Sequence[Path], telling: Telling
) -> tuple[str, ...] | None:
    """Bring each file in as a list of its name; return their ids, None if one was refused.

    Raises InputError for a file whose name cannot be a list's, or is another list's.
    """
    ids = [list_id_of(path) for path in paths]
    if len(set(ids)) < len(ids):
        raise InputError("--hotlist", "file", expected="names apart", found="two of one name")
    taken = [
        _import(deployment, path, each, telling) for path, each in zip(paths, ids, strict=True)
    ]
    return tuple(ids) if all(taken) else None


def list_id_of(path: Path) -> str:
    """Return the id of the list that a file makes: its name without what no id may hold."""
    found = _NO_PART_OF_AN_ID.sub("-", path.stem.lower())[:_LONGEST_ID].strip("-")
    if not re.search("[a-z]", found):
        raise InputError(str(path), "name", expected="a letter of a to z in it", found="none")
    return found


def _import(deployment: "Deployment", path: Path, list_id: str, telling: Telling) -> bool:
    _set(deployment, path, list_id)
    source = f"watch, {printable(path.name)[:_LONGEST_TITLE]}"
    try:
        preview = deployment.hot_lists.preview(list_id, path)
    except HotListError as error:
        telling.problem(str(error))
        telling.problem(_not_watched(path))
        return False
    for problem in preview.problems:
        telling.problem(str(problem))
    if not _is_news(preview, deployment.now()):
        telling.unchanged(list_id)
        return True
    imported = deployment.hot_lists.commit(preview, source)
    if imported is None:
        telling.problem(_not_watched(path))
        return False
    telling.imported(list_id, imported.entries)
    return True


def _is_news(preview: "Preview", now: datetime) -> bool:
    """Say whether the batch changes anything, or says again after a day that its entries stand."""
    kept, prepared = preview.kept, preview.prepared
    if prepared is None or kept.batch_id is None or kept.imported_at is None:
        return True
    return not prepared.difference.is_empty or now - kept.imported_at >= RENEWED_AFTER


def _set(deployment: "Deployment", path: Path, list_id: str) -> None:
    """Make the list, or let it be for what the policy permits by now."""
    document = _document(deployment, path, list_id)
    wanted = check_definition(document, where=str(path))
    known = {kept.id: kept.definition for kept in deployment.hot_lists.all()}.get(list_id)
    if known == wanted:
        return
    if known is not None and replace(known, purposes=wanted.purposes) != wanted:
        expected = "a name that no other list has"
        found = f"the list {list_id}, which was set up otherwise (`fairplate hotlist import`)"
        raise InputError(str(path), "name", expected=expected, found=found)
    deployment.hot_lists.set(document, where=str(path))


def _document(deployment: "Deployment", path: Path, list_id: str) -> str:
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in SUFFIXES:
        known = ", ".join(f".{known}" for known in SUFFIXES)
        raise InputError(str(path), "suffix", expected=f"one of {known}", found="another")
    title = path.stem[:_LONGEST_TITLE] if path.stem.isprintable() else list_id
    purposes = sorted(purpose.value for purpose in deployment.policy().policy.purposes)
    return (
        f"name = {_quoted(list_id)}\n"
        f"title = {_quoted(title)}\n"
        f"format = {_quoted(SUFFIXES[suffix])}\n"
        f"purposes = [{', '.join(map(_quoted, purposes))}]\n"
        "look_alikes = true\n"
    )


def _quoted(text: str) -> str:
    """Return `text` as TOML writes it; what is printable needs no escape but those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _not_watched(path: Path) -> str:
    return f"{path}: list refused: nothing is watched"
