"""What a deployment says about one of its lists: a TOML text with a closed set of keys.

Decides which keys there are and what each may say. Leaves to `batches.py` what becomes of rows and
to the storage which lists there are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from fairplate.core.errors import HotListError, InputError
from fairplate.core.purposes import Purpose, parse_purpose
from fairplate.hotlists import fields
from fairplate.hotlists.batches import MAX_ENTRIES
from fairplate.hotlists.codes import COUNTRIES_WITH_STATES
from fairplate.hotlists.formats import FORMATS, HEADERLESS
from fairplate.hotlists.options import IGNORE, ListOptions, fold_text
from fairplate.hotlists.rows import COLUMNS, MAX_COLUMNS, fold_column
from fairplate.hotlists.toml_values import TomlValues, show_key
from fairplate.policy.times import parse_span

# The largest list that the index is meant to hold.
MAX_ENTRIES_OF_A_SOURCE = 5_000_000

SKIP = "skip"
DEFAULT_COLUMNS = ("jurisdiction", "vehicle", "purpose", "reference", "call")
KEYS = (
    "name", "title", "format", "purposes", "look_alikes", "refresh", "folder", "most_entries",
    "call", "header", "states_of", "no_plate", "columns", "meanings", "defaults",
)  # fmt: skip
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDefinition:
    """One list of a deployment: what it is for, how its files are read and how large it may be.

    `refresh`: how long a batch is fresh, None for always. `folder`: the absolute path of the drop
    folder that is watched; only a list with one may have more than 2,500 entries. `columns`,
    `meanings`, `header`, `states_of`, `no_plate` and `defaults` are as in `ListOptions`, the keys
    of the first two folded.
    """

    name: str
    title: str
    format: str
    purposes: tuple[Purpose, ...]
    look_alikes: bool = True
    refresh: timedelta | None = None
    folder: str | None = None
    most_entries: int = MAX_ENTRIES
    call: str = ""
    header: tuple[str, ...] | None = None
    states_of: str | None = None
    no_plate: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, Purpose | None] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)

    def to_options(self) -> ListOptions:
        """Return what `batches.py` needs to read the rows."""
        calls = {"call": self.call} if self.call else {}
        return ListOptions(
            columns=self.columns,
            header=self.header,
            meanings=self.meanings,
            defaults={**calls, **self.defaults},
            purposes=frozenset(self.purposes),
            states_of=self.states_of,
            no_plate=frozenset(self.no_plate),
        )


def check_definition(text: str, *, where: str) -> ListDefinition:
    """Return the list that the TOML `text` defines; `where` names the file in messages.

    Raises InputError for the first key that is wrong.
    """
    values = TomlValues.parse(text, where=where, keys=KEYS)
    purposes = _read_purposes(values)
    list_format = values.one_of("format", sorted(FORMATS))
    folder = _read_folder(values)
    return ListDefinition(
        name=_read_name(values),
        title=values.text("title", most=100),
        format=list_format,
        purposes=purposes,
        look_alikes=values.flag("look_alikes", default=True),
        refresh=_read_refresh(values),
        folder=folder,
        most_entries=_read_most_entries(values, folder),
        call=values.text("call", most=fields.MAX_TEXT_LENGTH, default=""),
        header=_read_header(values, list_format),
        states_of=_read_states_of(values),
        no_plate=tuple(fold_text(word) for word in values.texts("no_plate")),
        columns=_read_columns(values),
        meanings=_read_meanings(values, purposes),
        defaults=_read_defaults(values, purposes),
    )


def _read_name(values: TomlValues) -> str:
    name = values.document.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        expected = "1 to 64 of a-z, 0-9 and inner hyphens, a letter among them"
        raise values.error("name", expected, name)
    return name


def _read_purposes(values: TomlValues) -> tuple[Purpose, ...]:
    words = values.texts("purposes")
    if not words:
        raise values.refuse("purposes", "a list of at least one purpose", "none")
    purposes = tuple(_read_purpose(values, word, "purposes") for word in words)
    if len(set(purposes)) < len(purposes):
        raise values.refuse("purposes", "each purpose once", "one twice")
    return purposes


def _read_purpose(values: TomlValues, word: str, key: str) -> Purpose:
    try:
        return parse_purpose(word, where=values.where)
    except InputError as error:
        raise values.error(key, error.expected, word) from None


def _read_refresh(values: TomlValues) -> timedelta | None:
    value = values.document.get("refresh")
    if value is None:
        return None
    span = parse_span(value) if isinstance(value, str) else None
    if not span:
        raise values.error("refresh", "`N minutes`, `N hours` or `N days`", value)
    return span


def _read_folder(values: TomlValues) -> str | None:
    value = values.document.get("folder")
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith("/") or not value.isprintable():
        raise values.error("folder", "an absolute path", value)
    parts = value.split("/")
    if ".." in parts or not any(parts):
        raise values.refuse("folder", "the path of a folder, without ..", "another path")
    return value


def _read_most_entries(values: TomlValues, folder: str | None) -> int:
    if "most_entries" in values.document and folder is None:
        expected = f"no such key without folder (then {MAX_ENTRIES} entries are the most)"
        raise values.refuse("most_entries", expected, "one")
    return values.whole_number("most_entries", default=MAX_ENTRIES, most=MAX_ENTRIES_OF_A_SOURCE)


def _read_header(values: TomlValues, list_format: str) -> tuple[str, ...] | None:
    if list_format != HEADERLESS:
        if "header" in values.document:
            raise values.refuse("header", f"no such key unless format is {HEADERLESS}", "one")
        return None
    names = tuple(fold_column(name) for name in values.texts("header"))
    if not 0 < len(names) <= MAX_COLUMNS:
        expected = f"the names of the 1 to {MAX_COLUMNS} columns in their order"
        raise values.refuse("header", expected, str(len(names)))
    return names


def _read_states_of(values: TomlValues) -> str | None:
    if "states_of" not in values.document:
        return None
    return values.one_of("states_of", COUNTRIES_WITH_STATES)


def _read_columns(values: TomlValues) -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, ours in values.table("columns").items():
        key = f"columns.{show_key(name)}"
        if ours not in COLUMNS and ours != IGNORE:
            raise values.error(key, f"one of {', '.join(COLUMNS)}, {IGNORE}", ours)
        if fold_column(name) in columns:
            raise values.refuse(key, "the column once", "it twice")
        columns[fold_column(name)] = ours
    return columns


def _read_meanings(values: TomlValues, purposes: tuple[Purpose, ...]) -> dict[str, Purpose | None]:
    meanings: dict[str, Purpose | None] = {}
    for text, word in values.table("meanings").items():
        key = f"meanings.{show_key(text)}"
        if fold_text(text) in meanings:
            raise values.refuse(key, "the text once", "it twice")
        purpose = None if word == SKIP else _read_purpose(values, word, key)
        if purpose is not None and purpose not in purposes:
            raise values.error(key, f"{SKIP}, or a purpose that stands under purposes", word)
        meanings[fold_text(text)] = purpose
    return meanings


def _read_defaults(values: TomlValues, purposes: tuple[Purpose, ...]) -> dict[str, str]:
    defaults = values.table("defaults")
    for column, text in defaults.items():
        key = f"defaults.{show_key(column)}"
        if column not in DEFAULT_COLUMNS:
            raise values.refuse(key, f"one of {', '.join(DEFAULT_COLUMNS)}", "another column")
        try:
            _read_default(column, text, where=values.where)
        except HotListError as error:
            raise values.refuse(key, error.expected, error.found) from None
    if "purpose" in defaults and defaults["purpose"].strip() not in purposes:
        raise values.error(
            "defaults.purpose", "a purpose that stands under purposes", defaults["purpose"]
        )
    if "call" in defaults and "call" in values.document:
        raise values.refuse("defaults.call", "the call once", "the key call as well")
    return defaults


def _read_default(column: str, text: str, *, where: str) -> object:
    """Read the text as a row's would be; `plate_cell` 1: no text here can be a plate."""
    if column == "jurisdiction":
        return fields.read_jurisdiction(text, where=where, plate_cell="1")
    if column == "vehicle":
        return fields.read_vehicle(text, where=where, plate_cell="1")
    if column == "purpose":
        return fields.read_purpose(text, where=where, plate_cell="1")
    if column == "reference":
        return fields.read_reference(text, None, where=where)
    return fields.read_text(text, where=where, field=column)
