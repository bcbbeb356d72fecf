"""`fairplate ingest check`: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest
from tests.ingest.payloads import ANPR, EVENT, MULTIPART, SAMPLES, Sample, jpeg, multipart

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.ingest.limits import MAX_BODY_BYTES

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "body"


def lines(capsys: Capture) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.vendor)
def test_every_vendor_can_be_checked(sample: Sample, file: Path, capsys: Capture) -> None:
    file.write_bytes(sample.body)
    command = ["ingest", "check", sample.vendor, str(file), "--json"]
    options = ["--content-type", sample.content_type, "--topic", sample.topic]
    assert run([*command, *options]) == ExitCode.DONE
    read = lines(capsys)
    assert tuple(one["plate"] for one in read) == sample.plates
    assert {one["source"] for one in read} == {str(file)}


def test_one_line_has_all_that_is_told(file: Path, capsys: Capture) -> None:
    head = 'Content-Disposition: form-data; name="licensePlatePicture.jpg"'
    file.write_bytes(multipart(("Content-Type: text/xml", ANPR.encode()), (head, jpeg(20, 10))))
    assert run(["ingest", "check", "Hikvision", str(file), "--json"]) == ExitCode.DONE
    (read,) = lines(capsys)
    characters = read.pop("characters")
    assert characters[0] == {
        "char": "A",
        "confidence": 0.9,
        "second": None,
        "second_confidence": 0.0,
    }
    assert read == {
        "source": str(file),
        "plate": "AB12CD",
        "region": None,
        "confidence": 0.9,
        "box": [250, 500, 500, 750],
        "box_grid": [1000, 1000],
        "captured_at": {"utc": "2026-03-01T08:00:00.000Z"},
        "camera": "4",
        "lane": "2",
        "direction": "forward",
        "speed": None,
        "colour": None,
        "make": None,
        "model": None,
        "vehicle_type": "truck",
        "plate_colour": None,
        "region_worded": None,
        "candidates": None,
        "event_id": "event-0123456789-abc",
        "passage": None,
        "is_last": True,
        "is_retransmission": False,
        "pictures": [{"shows": "crop", "bytes": len(jpeg(20, 10))}],
        "doubts": [],
    }


def test_a_table_for_people(file: Path, capsys: Capture) -> None:
    post = {"plate": "ml-1", "time": "2026-03-01 10:00:00", "device": "a\u001bb", "direction": "In"}
    file.write_text(json.dumps(post), encoding="utf-8")
    assert run(["ingest", "check", "milesight", str(file)]) == ExitCode.DONE
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "plate"
    assert row.split("  ")[0] == "ML1"
    assert "2026-03-01T10:00:00.000 (zone not told)" in row
    assert "\u001b" not in row


def test_a_passage_is_shown(file: Path, capsys: Capture) -> None:
    file.write_text(json.dumps({"type": "update", "after": EVENT}), encoding="utf-8")
    command = ["ingest", "check", "frigate", str(file), "--topic", "frigate/events", "--json"]
    assert run(command) == ExitCode.DONE
    (read,) = lines(capsys)
    assert (read["passage"], read["is_last"]) == (EVENT["id"], False)


@pytest.mark.parametrize("as_json", [["--json"], []])
def test_what_is_no_read_is_told_on_the_error_stream(
    as_json: list[str], file: Path, capsys: Capture
) -> None:
    for body, told in (
        (b'{"Active":"keepAlive"}', "dahua: a heartbeat, no read\n"),
        (b"Events[0].Code=VideoMotion", "dahua: another event, no read\n"),
        (b"<s><Frame/></s>", "dahua: no plate in it\n"),
    ):
        file.write_bytes(body)
        assert run(["ingest", "check", "dahua", str(file), *as_json]) == ExitCode.DONE
        printed = capsys.readouterr()
        assert (printed.out, printed.err) == ("", told)


def test_a_bad_payload_fails_in_one_line_without_it(file: Path, capsys: Capture) -> None:
    file.write_text('{"plate": ["S3CR3T"]}', encoding="utf-8")
    assert run(["ingest", "check", "milesight", str(file)]) == ExitCode.FAILED
    told = "fairplate: milesight: plate: expected a text, found a list\n"
    assert capsys.readouterr().err == told


def test_a_file_that_is_not_there_fails(file: Path, capsys: Capture) -> None:
    assert run(["ingest", "check", "milesight", str(file)]) == ExitCode.FAILED
    assert "expected a readable file" in capsys.readouterr().err


def test_a_file_that_is_too_large_fails(file: Path, capsys: Capture) -> None:
    file.write_bytes(b" " * (MAX_BODY_BYTES + 5))
    assert run(["ingest", "check", "milesight", str(file)]) == ExitCode.FAILED
    assert f"at most {MAX_BODY_BYTES} bytes" in capsys.readouterr().err


def test_an_unknown_vendor_is_wrong_use(file: Path, capsys: Capture) -> None:
    assert run(["ingest", "check", "acme", str(file)]) == ExitCode.WRONG_USE
    assert "openalpr" in capsys.readouterr().err


def test_the_content_type_tells_the_boundary(file: Path, capsys: Capture) -> None:
    body = multipart(("Content-Type: text/xml", ANPR.encode()))
    file.write_bytes(b"not the boundary\r\n" + body)
    command = ["ingest", "check", "hikvision", str(file), "--json"]
    assert run(command) == ExitCode.FAILED
    capsys.readouterr()
    assert run([*command, "--content-type", MULTIPART]) == ExitCode.DONE
    assert lines(capsys)[0]["plate"] == "AB12CD"
