"""The tables `[readers.ID]` of the settings: what payloads cannot tell of their reader."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fairplate.core.errors import InputError
from fairplate.ingest.arrival import ReaderSettings

_KEYS = frozenset({"time_zone", "ignores_offset", "assumed_confidence"})


def read_reader_settings(
    tables: Mapping[str, Mapping[str, Any]],
) -> Mapping[str, ReaderSettings]:
    """Return the settings of each reader that has some. Raises InputError for any other value."""
    return {reader_id: _read(f"readers.{reader_id}", table) for reader_id, table in tables.items()}


def _read(where: str, table: Mapping[str, Any]) -> ReaderSettings:
    unknown = sorted(table.keys() - _KEYS)
    if unknown:
        expected = f"one of {', '.join(sorted(_KEYS))}"
        raise InputError(where, unknown[0][:40], expected=expected, found="another key")
    ignores = table.get("ignores_offset", False)
    if type(ignores) is not bool:
        raise InputError(where, "ignores_offset", expected="true or false", found="another value")
    share = table.get("assumed_confidence", 0.5)
    if type(share) not in (int, float) or not 0 < share <= 1:
        expected = "a number above 0, at most 1"
        raise InputError(where, "assumed_confidence", expected=expected, found="another value")
    zone = None if "time_zone" not in table else _zone(where, table["time_zone"])
    if ignores and zone is None:
        expected = "a time zone, since offsets are ignored"
        raise InputError(where, "time_zone", expected=expected, found="none")
    return ReaderSettings(zone, ignores, float(share))


def _zone(where: str, name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # A name that is none, one that leads out of the folder of zones, or another kind of value.
    except (KeyError, ValueError, OSError, TypeError):
        expected = "a time zone's name, such as Europe/Madrid"
        raise InputError(where, "time_zone", expected=expected, found="another value") from None
