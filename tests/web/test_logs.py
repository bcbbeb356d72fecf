"""The server's log shows no plate, whoever logs what."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.web.logs import EVENTS, let_through, log, log_crash, log_problem, set_up_logs

PLATE = "TEST123"
TEXTS = st.sampled_from(
    [PLATE, PLATE.lower(), f"a {PLATE}", f"/{PLATE}", f"{PLATE}Error", f"é{PLATE}"]
)
NAMES = st.sampled_from(
    [
        *("event", "method", "route", "part", "error", "url", "level", "at", "where", "status"),
        *("ms", "text", "plate", "count", "waiting", "exc_info", "stack", PLATE),
    ]
)


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    before = logging.root.handlers[:], logging.root.level
    set_up_logs()
    yield capsys
    structlog.reset_defaults()
    logging.root.handlers[:] = before[0]
    logging.root.setLevel(before[1])


def lines(logged: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged.readouterr().err.splitlines()]


@given(fields=st.dictionaries(NAMES, TEXTS | st.lists(TEXTS) | st.dictionaries(TEXTS, TEXTS)))
def test_no_field_lets_a_plate_through(fields: dict[str, Any]) -> None:
    kept = let_through(None, "", dict(fields))
    assert PLATE not in repr(kept).upper().replace("LEFT_OUT", "")
    assert kept.get("left_out", 0) == len(fields)


@given(event=TEXTS, fields=st.dictionaries(NAMES.filter(lambda n: n != "event"), TEXTS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_written_holds_a_plate(
    logged: pytest.CaptureFixture[str], event: str, fields: dict[str, Any]
) -> None:
    log(event, **fields)
    structlog.get_logger().warning(event, **fields)
    written = logged.readouterr().err
    assert written
    assert PLATE not in written.upper()


def test_what_is_on_the_list_is_written(logged: pytest.CaptureFixture[str]) -> None:
    log("request", method="POST", route="/api/v1/reads", status=200, ms=1.5)
    log("listening", url="https://[::1]:8750")
    first, second = lines(logged)
    assert first["event"] == "request"
    assert (first["method"], first["route"]) == ("POST", "/api/v1/reads")
    assert (first["status"], first["ms"]) == (200, 1.5)
    assert second["url"] == "https://[::1]:8750"
    assert "left_out" not in first | second
    assert {"request", "listening"} <= EVENTS


def test_an_error_of_ours_is_told_in_its_words(logged: pytest.CaptureFixture[str]) -> None:
    log_problem("lists", InputError("list.csv", "plate", expected="one", found="none"))
    (line,) = lines(logged)
    assert (line["part"], line["error"]) == ("lists", "InputError")
    assert "expected one" in line["text"]


def test_a_fault_is_told_by_its_kind_and_place(logged: pytest.CaptureFixture[str]) -> None:
    try:
        InputError("a", 1, expected="b", found="c").missing()  # type: ignore[attr-defined,arg-type]
    except AttributeError as error:
        log_crash(error)
    try:
        let_through(None, "", PLATE)  # type: ignore[arg-type]
    except AttributeError as error:
        log_crash(error)
    outside, inside = lines(logged)
    assert outside["error"] == inside["error"] == "AttributeError"
    assert inside["where"].startswith("web/logs.py:")


def test_what_libraries_log_is_told_without_its_text(logged: pytest.CaptureFixture[str]) -> None:
    try:
        int(PLATE)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception for %s", PLATE)
    logging.getLogger("uvicorn.error").warning("Invalid request %s", PLATE)
    logging.getLogger(PLATE).error(PLATE)
    logging.getLogger("uvicorn.error").info("Started")
    written = lines(logged)
    assert [line.get("error") for line in written] == ["ValueError", None, None]
    assert [line.get("part") for line in written] == ["fault", "uvicorn", None]
    assert PLATE not in repr(written).upper()
