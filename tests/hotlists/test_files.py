"""Hot lists from disk: real files with everything that goes wrong with files."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairplate.core.errors import HotListError
from fairplate.hotlists.definition import check_definition
from fairplate.hotlists.files import (
    MAX_FILE_BYTES,
    load_hot_list,
    open_list_file,
    read_batch_file,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIST = "plate,jurisdiction,vehicle,purpose,reference,call\nAB 1,de,car,test,Nö,\n"


def error_of(path: Path) -> str:
    with pytest.raises(HotListError) as caught:
        load_hot_list(path, now=NOW)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(folder: Path, data: bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_list_is_loaded(tmp_path: Path) -> None:
    batch = load_hot_list(write(tmp_path, LIST.encode()), now=NOW)
    assert batch.name == "list.csv"
    assert not batch.problems
    assert batch.entries[0].reference == "Nö"


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("latin-1", "list.csv:2: encoding: expected UTF-8, found the byte 0xF6 of another encod"),
        ("utf-16", "list.csv:1: encoding: expected UTF-8, found UTF-16 (by its byte-order mark)"),
        ("utf-16-le", "list.csv:1: encoding: expected UTF-8, found a zero byte"),
        ("utf-16-be", "list.csv:1: encoding: expected UTF-8, found a zero byte"),
        ("utf-32", "list.csv:1: encoding: expected UTF-8, found UTF-16"),
    ],
)
def test_another_encoding_is_named_with_its_line(
    tmp_path: Path, encoding: str, message: str
) -> None:
    text = LIST if encoding == "latin-1" else LIST.replace("ö", "o")
    assert error_of(write(tmp_path, text.encode(encoding))).startswith(message)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_of_a_bad_byte_counts_every_line_end(tmp_path: Path, end: str) -> None:
    rows = [*LIST.replace("Nö", "N").split("\n")[:2], "c\xff"]
    data = end.join(rows).encode("latin-1")
    assert error_of(write(tmp_path, data)).startswith("list.csv:3: encoding")


def test_missing_empty_folder_and_suffix(tmp_path: Path) -> None:
    missing = tmp_path / "none.csv"
    assert error_of(missing) == f"{missing}: file: expected a hot list, found no such file"
    (tmp_path / "folder.csv").mkdir()
    assert error_of(tmp_path / "folder.csv").endswith("expected a file, found a folder")
    assert error_of(write(tmp_path, b"")).endswith("expected a hot list, found an empty file")
    assert error_of(write(tmp_path, b"\xef\xbb\xbf")).endswith("found no text")
    assert error_of(write(tmp_path, b"x", "list.xlsx")).endswith(
        "suffix: expected one of .csv, .jsonl, .ndjson, found '.xlsx'"
    )
    assert error_of(write(tmp_path, b"x", "list")).endswith("found none")
    assert error_of(Path("nul\0.csv")).endswith("found a path that cannot be opened")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert error_of(tmp_path / "pipe.csv").endswith("expected a file, found something else")


def test_a_large_file_is_refused_by_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)  # sparse: no such bytes are written
    assert "expected at most 16 MB, found 16.0 MB or more" in error_of(path)


def test_an_encoding_that_goes_wrong_far_down_is_told_with_its_line(tmp_path: Path) -> None:
    good = b"plate,jurisdiction,vehicle,purpose,reference\n" + b"AB1,de,car,test,R\n" * 20_000
    path = write(tmp_path, good + b"AB2,de,car,test,R\xe9\n")
    definition = check_definition(BIG, where="d")
    with read_batch_file(path, definition, now=NOW) as reader:
        first = next(iter(reader))
        with pytest.raises(HotListError, match=r"list\.csv:20002: encoding: .* the byte 0xE9 of"):
            list(reader)
    assert first.plate == "AB1"
    assert reader.refused


BIG = """
name = "big"
title = "Big"
format = "csv"
purposes = ["test"]
folder = "/srv/drop"
most_entries = 30000
"""


def test_only_a_configured_source_is_larger(tmp_path: Path) -> None:
    rows = "".join(f"AB{n},de,car,test,R\n" for n in range(3000))
    path = write(tmp_path, f"plate,jurisdiction,vehicle,purpose,reference\n{rows}".encode())
    with read_batch_file(path, check_definition(BIG, where="d"), now=NOW) as reader:
        assert sum(1 for _ in reader) == 3000
    assert not reader.refused
    small = BIG.replace('folder = "/srv/drop"\nmost_entries = 30000\n', "")
    with read_batch_file(path, check_definition(small, where="d"), now=NOW) as reader:
        list(reader)
    assert reader.refused
    assert (
        str(reader.problems[0]) == "list.csv:2502: list: expected at most 2500 entries, found more"
    )
    assert load_hot_list(path, now=NOW).refused


@pytest.mark.parametrize("data", [b"x" * 70_000, b"," * 1_000_000, b'"' + b"x,\n" * 100_000])
def test_one_line_or_row_that_fills_a_file_is_refused(tmp_path: Path, data: bytes) -> None:
    header = b"plate,jurisdiction,vehicle,purpose,reference\n"
    assert error_of(write(tmp_path, header + data)).startswith("list.csv:2: row: expected a")
    error = error_of(write(tmp_path, data))
    assert error.startswith("list.csv:1: row: expected a")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b"one\n" * 10)
    with open_list_file(path, most_bytes=40) as lines:
        with path.open("ab") as stream:
            stream.write(b"one\n" * 10)
        with pytest.raises(HotListError, match="file: expected at most 0 MB"):
            list(lines)


def test_a_missing_file_under_a_definition(tmp_path: Path) -> None:
    definition = check_definition(BIG, where="d")
    with (
        pytest.raises(HotListError, match="no such file"),
        read_batch_file(tmp_path / "none", definition, now=NOW),
    ):
        pytest.fail("there is no such file")


def test_lists_of_issuers_are_told_apart_from_ours() -> None:
    folder = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "hotlists"
    if not folder.is_dir():
        pytest.skip("the shared payload samples are not beside this checkout")
    for path in sorted(folder.iterdir()):
        if path.suffix == ".csv":
            batch = load_hot_list(path, now=NOW)
            assert batch.refused, path.name
            assert not any("ABC123" in str(problem) for problem in batch.problems), path.name
        else:
            assert "suffix: expected one of .csv" in error_of(path)
