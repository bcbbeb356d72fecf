"""A policy as TOML text: a closed set of keys, and every problem of a file told at once.

Each figure is a table of `value`, `source` and `statute_read`. The value `unknown` says that the
source does not give the figure; the strictest then stands. Leaves to `values.py` what a value
means, to `rules.py` what no policy may say and to `presets.py` where the text is.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.regions import parse_region
from fairplate.policy import rules, values
from fairplate.policy.alert_figures import SecondEngine, TwoLooks
from fairplate.policy.rules import Basis, Figure, Policy
from fairplate.policy.values import UNKNOWN, describe

NO_PLACE = "none"
HEAD_KEYS = ("name", "title", "jurisdiction", "notes")
FIGURE_KEYS = ("value", "source", "statute_read")
_ALERT_FIGURES: Mapping[Figure, Callable[..., Any]] = MappingProxyType(
    {
        Figure.TWO_LOOKS: partial(values.read_word, TwoLooks),
        Figure.SECOND_ENGINE: partial(values.read_word, SecondEngine),
        Figure.PLATE_IN_SUBJECT: values.read_flag,
        Figure.REPEAT_WINDOW: values.read_repeat_window,
        Figure.WRONG_ALERTS: values.read_wrong_alerts,
        Figure.LEAST_CHANCE: values.read_least_chance,
        Figure.ENTRY_LIFE: values.read_entry_life,
    }
)
"""What reads each figure that has a default in `Policy`, in their order."""
DEFAULT_FIGURES = tuple(_ALERT_FIGURES)
OPTIONAL_FIGURES = frozenset({Figure.HOT_LISTS_REFRESHED, Figure.REFERENCES, *DEFAULT_FIGURES})
_MAX_NOTES = 30
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)

_Value = TypeVar("_Value")
_Problem = InputError | PolicyError


@dataclass(frozen=True, slots=True)
class Checked:
    """What a policy file came to: its policy, or None and everything that is wrong with it."""

    policy: Policy | None
    problems: tuple[_Problem, ...] = ()

    def require(self) -> Policy:
        """Return the policy, or raise the first problem that is no refusal, else the first."""
        if self.policy is None:
            raise next((p for p in self.problems if isinstance(p, InputError)), self.problems[0])
        return self.policy


def check_policy(text: str, *, where: str) -> Checked:
    """Return what `text` comes to; `where` names the file in messages. Raises nothing."""
    try:
        document = tomllib.loads(text)
    # A number of thousands of digits is a ValueError, thousands of brackets a RecursionError.
    except (ValueError, RecursionError) as error:
        told = f"other text: {error}" if isinstance(error, tomllib.TOMLDecodeError) else "no TOML"
        found = " ".join(told.split()).encode("ascii", "backslashreplace").decode("ascii")
        return Checked(None, (InputError(where, "file", expected="TOML", found=found[:200]),))
    reader = _Reader(where, document)
    policy = reader.read()
    return Checked(None if reader.problems else policy, tuple(reader.problems))


@dataclass(slots=True)
class _Reader:
    """Collects the problems of one document while its parts are read."""

    where: str
    document: Mapping[str, Any]
    problems: list[_Problem] = field(default_factory=list)
    bases: list[tuple[Figure, Basis]] = field(default_factory=list)

    def read(self) -> Policy | None:
        """Return the policy, None after noting why there is none."""
        known = {*HEAD_KEYS, *Figure}
        for key in sorted(set(self.document) - known):
            self.note(InputError(self.where, _shown(key), expected="no such key", found="one"))
        name, title = self.head("name", _read_name), self.head("title", values.read_text)
        place = self.head("jurisdiction", _read_place)
        notes = self.head("notes", _read_notes)
        kept = self.figure(Figure.NON_HITS_KEPT, values.read_non_hits_kept, rules.NEVER)
        figures = self._figures(kept)
        if self.problems or name is None or title is None or notes is None or place is None:
            return None
        try:
            return Policy(
                name=name, title=title, jurisdiction=None if place == NO_PLACE else place,
                notes=notes, bases=tuple(self.bases), non_hits_kept=kept or rules.NEVER, **figures,
            )  # fmt: skip
        except (InputError, PolicyError) as error:
            self.note(error)
            return None

    def _figures(self, kept: timedelta | None) -> dict[str, Any]:
        """Return every figure that may depend on how long non-hits are kept."""
        non_hits = kept or rules.NEVER
        strictest_hits: rules.HitsKept = rules.strictest_hits_kept(non_hits)

        def read_look_back(value: object, *, where: str, name: str) -> timedelta:
            return values.read_look_back(value, kept, where=where, name=name)

        return {
            Figure.HITS_KEPT: self.figure(Figure.HITS_KEPT, values.read_hits_kept, strictest_hits),
            Figure.PURPOSES: self.figure(
                Figure.PURPOSES, values.read_purposes, rules.STRICTEST_PURPOSES
            ),
            Figure.APPROVALS: self.figure(Figure.APPROVALS, values.read_approvals, 1),
            # Nothing older is kept, so nothing is stricter without forbidding what the law keeps.
            Figure.LONGEST_LOOK_BACK: self.figure(
                Figure.LONGEST_LOOK_BACK, read_look_back, non_hits
            ),
            Figure.EXIGENT: self.figure(Figure.EXIGENT, values.read_flag, False),  # noqa: FBT003
            Figure.HOT_LISTS_REFRESHED: self.figure(
                Figure.HOT_LISTS_REFRESHED, values.read_refreshed, None
            ),
            Figure.REFERENCES: self.figure(Figure.REFERENCES, values.read_references, None) or (),
            **self._alert_figures(),
        }

    def _alert_figures(self) -> dict[str, Any]:
        """Return those figures of hot lists and alerts that the document has."""
        found = {
            figure: self.figure(figure, read, None)
            for figure, read in _ALERT_FIGURES.items()
            if figure in self.document
        }
        return {figure: value for figure, value in found.items() if value is not None}

    def head(self, key: str, read: Callable[..., _Value]) -> _Value | None:
        """Return what `read` makes of the key's value, or None after noting the problem."""
        if key not in self.document:
            self.note(InputError(self.where, key, expected="a value", found="none"))
            return None
        return self.attempt(read, self.document[key], key)

    def figure(self, figure: Figure, read: Callable[..., _Value], strictest: _Value) -> Any:
        """Return the figure's value, `strictest` if it is unknown, None after noting a problem."""
        table = self.document.get(figure)
        if table is None and figure in OPTIONAL_FIGURES:
            return None
        if not isinstance(table, dict):
            expected = f"a table of {', '.join(FIGURE_KEYS)}"
            found = "none" if table is None else describe(table)
            self.note(InputError(self.where, figure, expected=expected, found=found))
            return None
        for key in sorted(set(table) ^ set(FIGURE_KEYS)):
            expected, found = ("no such key", "one") if key in table else ("a value", "none")
            name = f"{figure}.{_shown(key)}"
            self.note(InputError(self.where, name, expected=expected, found=found))
        is_known = figure in OPTIONAL_FIGURES or table.get("value") != UNKNOWN
        self._read_basis(figure, table, is_known=is_known)
        if "value" not in table:
            return None
        return self.attempt(read, table["value"], f"{figure}.value") if is_known else strictest

    def _read_basis(self, figure: Figure, table: Mapping[str, Any], *, is_known: bool) -> None:
        if not {"source", "statute_read"} <= set(table):
            return
        source = self.attempt(values.read_text, table["source"], f"{figure}.source")
        name = f"{figure}.statute_read"
        was_read = self.attempt(values.read_flag, table["statute_read"], name)
        if was_read and not is_known:
            expected = f"false where the value is {UNKNOWN}"
            self.note(InputError(self.where, name, expected=expected, found="true"))
        if source is not None and was_read is not None:
            self.bases.append((figure, Basis(source, was_read, known=is_known)))

    def attempt(self, read: Callable[..., _Value], value: object, name: str) -> _Value | None:
        """Return what `read` makes of `value`, or None after noting the problem."""
        try:
            return read(value, where=self.where, name=name)
        except (InputError, PolicyError) as error:
            self.note(error)
            return None

    def note(self, problem: _Problem) -> None:
        self.problems.append(problem)


def _shown(key: str) -> str:
    """Return a key as it may stand in a message."""
    return key if _NAME.fullmatch(key.replace("_", "-")) else ascii(key[:40])


def _read_name(value: object, *, where: str, name: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        expected = "up to 40 of a-z, 0-9 and -, a letter first"
        raise InputError(where, name, expected=expected, found=describe(value))
    return value


def _read_place(value: object, *, where: str, name: str) -> str:
    if value == NO_PLACE:
        return NO_PLACE
    if not isinstance(value, str):
        expected = f"a region code, or {NO_PLACE}"
        raise InputError(where, name, expected=expected, found=describe(value))
    return parse_region(value, where=where, field=name)


def _read_notes(value: object, *, where: str, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MAX_NOTES:
        expected = f"a list of up to {_MAX_NOTES} lines"
        raise InputError(where, name, expected=expected, found=describe(value))
    return tuple(values.read_text(note, where=where, name=name) for note in value)
