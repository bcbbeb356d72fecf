"""Whatever bytes arrive, a list becomes a batch or a HotListError, and no plate leaks."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairplate.core.errors import HotListError
from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.hotlists.batches import Batch, build_batch
from fairplate.hotlists.files import load_hot_list
from fairplate.hotlists.formats import FORMATS
from fairplate.hotlists.rows import COLUMNS

NOW = datetime(2026, 6, 1, tzinfo=UTC)

# Pieces that lists are made of, so that random texts get past the first check.
PIECES = st.sampled_from(
    [*COLUMNS, ",", "\n", "\r\n", '"', "{", "}", ":", ": ", "[", "unknown", "car", "us-ca", "test",
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


def batch_of(suffix: str, text: str) -> Batch | None:
    try:
        return build_batch("l", FORMATS[suffix](text, name="l"), now=NOW)
    except HotListError:
        return None


@pytest.mark.parametrize("suffix", FORMATS)
@given(text=TEXTS)
@settings(max_examples=300, deadline=None)
def test_any_text(suffix: str, text: str) -> None:
    batch = batch_of(suffix, text)
    if batch is not None:
        assert not (batch.refused and batch.entries)
        for problem in batch.problems:
            assert len(str(problem).splitlines()) == 1
            str(problem).encode()  # no lone surrogate reaches a terminal


@pytest.mark.parametrize("suffix", FORMATS)
@given(data=st.one_of(st.binary(), TEXTS.map(lambda t: t.encode("utf-8", "replace"))))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"list.{suffix}"
    path.write_bytes(data)
    try:
        told = load_hot_list(path, now=NOW).name
    except HotListError as error:
        told = str(error)
    assert told == path.name or (path.name in told and len(told.splitlines()) == 1)


@given(plate=PLATES, cells=st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELL)), where=st.data())
@settings(max_examples=400, deadline=None)
def test_no_message_holds_the_plate_wherever_it_stands(
    plate: str, cells: dict[str, str], where: st.DataObject
) -> None:
    spelled = where.draw(st.sampled_from([plate, plate.lower(), f"={plate}", f"{plate}*"]))
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
