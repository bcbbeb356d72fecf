"""What the cells of one row come to: an entry, or everything that is wrong with it.

Decides where each of our columns stands in a row and what a list's definition adds. Leaves to
`fields.py` what a text means and to `batches.py` what becomes of entries and problems. Most rows
have no fault, so a row is first read without making messages, and again with them if need be.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar

from fairplate.core.errors import HotListError
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists import fields
from fairplate.hotlists.codes import region_of_state
from fairplate.hotlists.entries import Entry, Problem
from fairplate.hotlists.options import ListOptions, fold_text
from fairplate.hotlists.rows import COLUMNS, Row

_Value = TypeVar("_Value")

# Lists say the same few words in these cells over and over.
_CACHED_TEXTS = 4096


class _Texts(NamedTuple):
    """The texts of one row by our columns; empty where it has none."""

    plate: str
    jurisdiction: str
    vehicle: str
    purpose: str
    reference: str
    call: str
    valid_from: str
    valid_until: str
    listed_on: str
    make: str
    colour: str


class RowReader:
    """Reads the rows of one list; `name` is the list's, for messages."""

    def __init__(self, name: str, options: ListOptions) -> None:
        """Take what the list's definition says about its rows."""
        self._name = name
        self._options = options
        self._defaults = [(COLUMNS.index(c), text) for c, text in options.defaults.items()]
        self._known_region = lru_cache(_CACHED_TEXTS)(self._read_region)
        self._known_purpose = lru_cache(_CACHED_TEXTS)(self._read_purpose)
        # One that is forgotten with this list: where columns are shifted the text may be a plate.
        self._known_text = lru_cache(_CACHED_TEXTS)(partial(fields.read_text, where="", field=""))

    def fill(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the texts of a row, by our columns, with the definition's where it has none."""
        if not self._defaults:
            return texts
        filled = list(texts)
        for index, default in self._defaults:
            if not filled[index].strip():
                filled[index] = default
        return tuple(filled)

    def read_faultless(self, line: int, texts: tuple[str, ...]) -> Entry | None:
        """Return the entry, None where anything is wrong or to be told."""
        plate, region, vehicle, word, reference, call, begins, ends, listed, make, colour = texts
        try:
            purpose = self._known_purpose(word)
            if purpose is None:
                return None
            start = _known_day(begins) if begins else None
            end = _known_end(ends) if ends else None
            if start is not None and end is not None and end <= start:
                return None
            return Entry(
                fields.read_plate(plate, where=""),
                self._known_region(region),
                _known_vehicle(vehicle),
                purpose,
                fields.read_reference(reference, purpose, where=""),
                self._known_text(call),
                start,
                end,
                self._known_text(make),
                self._known_text(colour),
                self._name,
                line,
                _known_day(listed) if listed else None,
            )
        except HotListError:
            return None

    def read(self, row: Row, filled: tuple[str, ...]) -> tuple[Entry | None, list[Problem]]:
        """Return the entry, or None and why; with no problem that refuses, the row is left out."""
        texts = _Texts._make(filled)
        trial = _Trial(self._name, row, texts)
        if not row.faults and (reason := self._reason_to_skip(texts)) is not None:
            trial.note(*reason, refuses=False)
            return None, trial.problems
        where, plate_cell = trial.where, texts.plate
        plate = trial.attempt("plate", lambda t: fields.read_plate(t, where=where))
        region = trial.attempt(
            "jurisdiction", lambda t: self._read_region(t, where=where, plate_cell=plate_cell)
        )
        vehicle = trial.attempt(
            "vehicle", lambda t: fields.read_vehicle(t, where=where, plate_cell=plate_cell)
        )
        purpose = trial.attempt(
            "purpose", lambda t: self._read_purpose(t, where=where, plate_cell=plate_cell)
        )
        reference = trial.attempt(
            "reference", lambda t: fields.read_reference(t, purpose, where=where)
        )
        start, end = trial.read_validity()
        listed_on = trial.read_moment("listed_on")
        call, make, colour = (trial.read_text(c) for c in ("call", "make", "colour"))
        if trial.problems or not plate or vehicle is None or purpose is None or not reference:
            return None, trial.problems
        entry = Entry(
            plate, region, vehicle, purpose, reference, call=call, valid_from=start,
            valid_until=end, make=make, colour=colour, source=self._name, line=row.line,
            listed_on=listed_on,
        )  # fmt: skip
        return entry, []

    def _reason_to_skip(self, texts: _Texts) -> tuple[str, str, str] | None:
        """Return field, expected and found if the definition says to leave such rows out."""
        if fold_text(texts.plate) in self._options.no_plate:
            return "plate", "a plate", "a text that says there is none: left out"
        if self._options.meanings.get(fold_text(texts.purpose), texts) is None:
            return "purpose", "a purpose", "a text that the list's definition skips: left out"
        return None

    def _read_region(self, text: str, *, where: str = "", plate_cell: str = "") -> str | None:
        country = self._options.states_of
        region = region_of_state(text, country) if country else None
        return region or fields.read_jurisdiction(text, where=where, plate_cell=plate_cell)

    def _read_purpose(self, text: str, *, where: str = "", plate_cell: str = "") -> Purpose | None:
        """Return the purpose, None where the definition skips the text."""
        meanings, permitted = self._options.meanings, self._options.purposes
        if meanings and (folded := fold_text(text)) in meanings:
            return meanings[folded]
        try:
            purpose = fields.read_purpose(text, where=where, plate_cell=plate_cell)
            found = purpose.value
        except HotListError as error:
            purpose, found = None, error.found
        if purpose not in permitted:
            words = ", ".join(purpose for purpose in Purpose if purpose in permitted)
            expected = f"one of {words}{', or a text with a meaning' if meanings else ''}"
            raise HotListError(where, "purpose", expected=expected, found=found)
        return purpose


class _Trial:
    """Collects the problems of one row while its fields are read."""

    def __init__(self, name: str, row: Row, texts: _Texts) -> None:
        self.problems = list(row.faults)
        self.where = f"{name}:{row.line}"
        self._name = name
        self._row = row
        self._texts = texts

    def attempt(self, column: str, read: Callable[[str], _Value]) -> _Value | None:
        """Return what `read` makes of the column's text, or None after noting the problem."""
        if any(fault.field == column for fault in self._row.faults):
            return None  # the format has told it already
        try:
            return read(getattr(self._texts, column))
        except HotListError as error:
            self.note(column, error.expected, error.found)
            return None

    def note(self, column: str, expected: str, found: str, *, refuses: bool = True) -> None:
        line = self._row.line
        self.problems.append(Problem(self._name, line, column, expected, found, refuses=refuses))

    def read_text(self, column: str) -> str:
        where = self.where
        return self.attempt(column, lambda t: fields.read_text(t, where=where, field=column)) or ""

    def read_moment(self, column: str, *, end_of_day: bool = False) -> datetime | None:
        where = self.where
        return self.attempt(
            column,
            lambda t: fields.read_moment(t, where=where, field=column, end_of_day=end_of_day),
        )

    def read_validity(self) -> tuple[datetime | None, datetime | None]:
        start = self.read_moment("valid_from")
        end = self.read_moment("valid_until", end_of_day=True)
        if start is not None and end is not None and end <= start:
            self.note("valid_until", "a time after valid_from", "one that is not")
        return start, end


@lru_cache(_CACHED_TEXTS)
def _known_vehicle(text: str) -> VehicleType:
    return fields.read_vehicle(text, where="", plate_cell="")


@lru_cache(_CACHED_TEXTS)
def _known_day(text: str) -> datetime | None:
    return fields.read_moment(text, where="", field="")


@lru_cache(_CACHED_TEXTS)
def _known_end(text: str) -> datetime | None:
    return fields.read_moment(text, where="", field="", end_of_day=True)
