"""Whatever bytes arrive, a list becomes a batch or a HotListError, and no plate leaks."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairplate.core.errors import HotListError
from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.core.purposes import Purpose
from fairplate.hotlists.batches import PLAIN, Batch, build_batch
from fairplate.hotlists.definition import check_definition
from fairplate.hotlists.files import load_hot_list, read_batch_file
from fairplate.hotlists.formats import FORMATS, HEADERLESS, SUFFIXES
from fairplate.hotlists.options import ListOptions
from fairplate.hotlists.rows import COLUMNS

NOW = datetime(2026, 6, 1, tzinfo=UTC)

STATE_RECORDS = (
    "V123456789LA057020020190509AB123456  CA2009MC2009YAMACYLMCBLK", "HEADER", "DATE", "0H",
    "ABC123 CA0120180627", "TOTAL RECORD 1", "ABC1234   NYPASXBUICWH", " VYR/05", " DOT/010315",
    "600ZZZ  WIPCSTOLEN", "C1,OH,20200124,ZZZ0008,0H,2021,2009,D0DG,CHA,4D,GRY",
    "TW0000000015,00ZZZ5,TX,2009,FORD,TK,PK,WHI", "STOLEN;FL01;T;1;;P;P;0;N;0;ABC123;2019;FL;PC;0",
    "Z00ZZZ,FL,EXPIRED - ,Z0,0,M,W,68,75,2016,WHI,NISS,7",
)  # fmt: skip

# Pieces that lists are made of, so that random texts get past the first check.
PIECES = st.sampled_from(
    [*COLUMNS, *STATE_RECORDS, ",", ";",
     "\n", "\r\n", '"', "{", "}", ":", ": ", "[", "unknown", "car", "us-ca", "test",
     "2026-01-01", "9999-12-31", "AB123", "=1", "?", "\ufeff", "\ud800", "\0", "null", "1e999",
     ",".join(COLUMNS) + "\n", '"plate": "X1", "vehicle": "car"']
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))
CELL = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "unknown", "car", "de", "test", "court-order", "2026-13-40", "0001-01-01"]
    ),
)
# A digit makes it a plate for certain; five characters keep it from being part of a line number.
PLATES = st.tuples(st.text(PLATE_CHARACTERS, min_size=4, max_size=7), st.sampled_from("79")).map(
    "Q".join
)


OPTIONS = ListOptions(
    header=("plate", "jurisdiction", "x"),
    columns={"x": "ignore", "y": "plate"},
    meanings={"v": Purpose.STOLEN_VEHICLE, "m": None},
    defaults={"vehicle": "unknown", "purpose": "test", "reference": "R", "jurisdiction": "us-ca"},
    states_of="us",
    no_plate=frozenset({"none"}),
)


def require_one_line(message: str) -> None:
    assert len(message.splitlines()) == 1
    message.encode()  # no lone surrogate reaches a terminal


def all_told(name: str, text: str, options: ListOptions) -> str:
    """Return every message about the list."""
    try:
        table = FORMATS[name](io.StringIO(text, newline=""), name="l")
        return "\n".join(map(str, build_batch("l", table, now=NOW, options=options).problems))
    except HotListError as error:
        return str(error)


def batch_of(name: str, text: str, options: ListOptions = PLAIN) -> Batch | None:
    try:
        table = FORMATS[name](io.StringIO(text, newline=""), name="l")
        return build_batch("l", table, now=NOW, options=options)
    except HotListError as error:
        require_one_line(str(error))
        return None


@pytest.mark.parametrize("options", [PLAIN, OPTIONS], ids=["plain", "defined"])
@pytest.mark.parametrize("name", FORMATS)
@given(text=TEXTS)
@settings(max_examples=40, deadline=None)
def test_any_text(name: str, options: ListOptions, text: str) -> None:
    batch = batch_of(name, text, options)
    if batch is not None:
        assert not (batch.refused and batch.entries)
        for problem in batch.problems:
            require_one_line(str(problem))


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.one_of(st.binary(), TEXTS.map(lambda t: t.encode("utf-8", "replace"))))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes(tmp_path: Path, name: str, data: bytes) -> None:
    header = 'header = ["plate"]\n' if name == HEADERLESS else ""
    definition = check_definition(
        f'name = "l"\ntitle = "L"\npurposes = ["test"]\nformat = "{name}"\n{header}', where="d"
    )
    path = tmp_path / "list"
    path.write_bytes(data)
    try:
        with read_batch_file(path, definition, now=NOW) as reader:
            entries = list(reader)
    except HotListError as error:
        require_one_line(str(error))
    else:
        assert reader.refused or entries or reader.left_out


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=TEXTS.map(lambda t: t.encode("utf-8", "replace")))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_file(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"list.{suffix}"
    path.write_bytes(data)
    try:
        told = load_hot_list(path, now=NOW).name
    except HotListError as error:
        told = str(error)
    assert told == path.name or (path.name in told and len(told.splitlines()) == 1)


@pytest.mark.parametrize("name", FORMATS)
@given(plate=PLATES, before=st.lists(PIECES, max_size=5), after=st.lists(PIECES, max_size=5))
@settings(max_examples=40, deadline=None)
def test_no_message_of_any_format_holds_a_plate(
    name: str, plate: str, before: list[str], after: list[str]
) -> None:
    text = "".join([*before, plate, *after])
    for options in (PLAIN, OPTIONS):
        assert plate not in all_told(name, text, options).upper()


@given(plate=PLATES, cells=st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELL)), where=st.data())
@settings(max_examples=400, deadline=None)
def test_no_message_holds_the_plate_wherever_it_stands(
    plate: str, cells: dict[str, str], where: st.DataObject
) -> None:
    spelled = where.draw(
        st.sampled_from([plate, plate.lower(), f"={plate}", f"{plate}*", f"{plate}???"])
    )
    columns = where.draw(st.sets(st.sampled_from(COLUMNS), min_size=1))
    row = {**cells, **dict.fromkeys(columns, spelled)}
    for text in (json.dumps(row), "{" + json.dumps(spelled) + ":" + json.dumps(row) + "}"):
        batch = batch_of("jsonl", text)
        assert batch is not None
        for problem in batch.problems:
            # The notice of an expired entry tells its time; a plate could only look like it.
            assert plate not in str(problem).upper().replace(" ", "")
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in row.values())
    for text in (f"{','.join(row)}\n{quoted}\n", f"{quoted}\n{quoted}\n"):
        batch = batch_of("csv", text)
        problems = () if batch is None else batch.problems
        assert not any(plate in str(problem).upper() for problem in problems)
