"""The server's log: one JSON object a line, in which a plate cannot appear.

Decides by an allow-list: an event has one of the words below, a field a name and a kind of value
below. Everything else is left out before anything is written, and that something was is told.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from fairplate.core.errors import FairplateError

EVENTS = frozenset({"request", "problem", "listening", "stopping", "stopped", "round"})

_WORD = r"[a-z][a-z-]{0,39}"
_KINDS = {
    "method": re.compile(r"[A-Z]{3,7}|other"),
    "route": re.compile(r"none|(?:/(?:[a-z][a-z0-9-]*|v1|\{[a-z_]+(?::path)?\}))+(?:\.json)?"),
    "part": re.compile(_WORD),
    "error": re.compile(r"[A-Z][A-Za-z]{2,39}Error"),
    "url": re.compile(r"https?://(?:[0-9.]{7,15}|\[[0-9a-f:]{2,39}\]):[0-9]{1,5}"),
    "level": re.compile(_WORD),
    "where": re.compile(r"(?:[a-z_0-9]+/)*[a-z_0-9]+\.py:[0-9]{1,5}"),
    "at": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z"),
}
_NUMBERS = frozenset({"status", "ms", "count", "waiting"})


def let_through(_: object, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the fields that are on the list; a processor of structlog."""
    kept = {name: value for name, value in fields.items() if _is_allowed(name, value)}
    left_out = len(fields) - len(kept)
    return {**kept, "left_out": left_out} if left_out else kept


def _is_allowed(name: str, value: object) -> bool:
    if name == "event":
        return isinstance(value, str) and value in EVENTS
    if name == "text":
        return isinstance(value, _ErrorText)
    if name in _NUMBERS:
        return isinstance(value, int | float)
    kind = _KINDS.get(name)
    return kind is not None and isinstance(value, str) and kind.fullmatch(value) is not None


class _ErrorText(str):
    """The text of an error of ours, which holds no plate by the rule of core/errors.py."""

    __slots__ = ()


def log(event: str, **fields: object) -> None:
    """Write one line."""
    _logger().info(event, **fields)


def log_problem(part: str, problem: FairplateError | str) -> None:
    """Write that something went wrong in one part; a text is one that a part tells people."""
    kind = {"error": type(problem).__name__} if isinstance(problem, FairplateError) else {}
    _logger().warning("problem", part=part, text=_ErrorText(str(problem)), **kind)


def log_crash(error: BaseException) -> None:
    """Write that something happened that nobody expected: of what kind and where, not its text."""
    _logger().error("problem", part="fault", error=type(error).__name__, where=_place_of(error))


def _place_of(error: BaseException) -> str:
    """Return the last line of ours that led to the error."""
    found = "none"
    trace = error.__traceback__
    while trace is not None:
        _, ours, path = trace.tb_frame.f_code.co_filename.rpartition("/fairplate/")
        if ours:
            found = f"{path}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


class _Foreign(logging.Handler):
    """Takes what libraries log: their texts may hold anything, so only that they did is told."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            log_crash(error)
        else:
            _logger().warning("problem", part=record.name.partition(".")[0].lower())


def _logger() -> Any:
    return structlog.get_logger()


def set_up_logs() -> None:
    """Let everything go to standard error, as JSON, through the list."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            let_through,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Foreign()], force=True)
