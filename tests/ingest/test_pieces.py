"""The shared pieces of the parsers: times, confidences, encodings, parts, pictures, places."""

import base64
import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.payloads import jpeg, multipart

from fairplate.core.reads import Box
from fairplate.ingest.confidences import (
    Scale,
    share_or_percent,
    spread_over,
    to_share,
    told_share,
)
from fairplate.ingest.encodings import decode
from fairplate.ingest.fields import Fields, as_number, corners, fold, sized
from fairplate.ingest.json_texts import mend_backslashes, parse_json, parse_python_literal
from fairplate.ingest.key_values import listed, parse_key_values
from fairplate.ingest.limits import MAX_DEPTH, MAX_TEXT_LENGTH
from fairplate.ingest.multipart import find_boundary, split_parts
from fairplate.ingest.pictures import embedded, is_picture, measure
from fairplate.ingest.places import country_code, part_code, region_code
from fairplate.ingest.times import from_epoch, parse_time, parse_utc
from fairplate.ingest.vendor import LocalTime, PayloadError, Shows
from fairplate.ingest.xml_texts import TEXT, parse_xml


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def local(*parts: int) -> LocalTime:
    return LocalTime(datetime(*parts))  # noqa: DTZ001 - that is what it is


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T10:00:00Z", at(2026, 3, 1, 10)),
        ("2026-03-01T10:00:00.123456789Z", at(2026, 3, 1, 10, 0, 0, 123456)),
        ("2026-03-01T10:00:00,5+02:00", at(2026, 3, 1, 8, 0, 0, 500000)),
        ("2026-03-01 10:00:00 -0330", at(2026, 3, 1, 13, 30)),
        ("2026-03-01 10:00:00+02", at(2026, 3, 1, 8)),
        ("2026-03-01 10:00 GMT", at(2026, 3, 1, 10)),
        ("20260301T100000+0100", at(2026, 3, 1, 9)),
        ("1772359200", at(2026, 3, 1, 10)),
        ("1772359200.0005", at(2026, 3, 1, 10, 0, 0, 500)),
        ("1772359200123", at(2026, 3, 1, 10, 0, 0, 123000)),
        ("1772359200123456", at(2026, 3, 1, 10, 0, 0, 123456)),
        ("1772359200123456789", at(2026, 3, 1, 10, 0, 0, 123456)),
        ("2026-03-01T10:00:00", local(2026, 3, 1, 10)),
        ("2026/3/1 9:05:07", local(2026, 3, 1, 9, 5, 7)),
        ("2026-03-01 10:00:00:250", local(2026, 3, 1, 10, 0, 0, 250000)),
        ("20260301 100000250", local(2026, 3, 1, 10, 0, 0, 250000)),
        ("20260301T1000000000", local(2026, 3, 1, 10)),
        ("20260301100000", local(2026, 3, 1, 10)),
        ("03/01/2026 12:00:00 AM", local(2026, 3, 1)),
        ("03/01/2026 1:02:03 PM", local(2026, 3, 1, 13, 2, 3)),
        ("01.03.2026 10:00:00", local(2026, 3, 1, 10)),
        ("24/10/2026 10:00:00", local(2026, 10, 24, 10)),
        ("2026-03-01 23:59:60", local(2026, 3, 1, 23, 59, 59)),
        ("1970-01-01 00:00:00", None),
        ("2026-02-30 10:00:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("0", None),
        ("-1772359200", None),
        ("1e400", None),
        ("99999999999999999999999999", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_notations_of_time(text: str | None, moment: datetime | LocalTime | None) -> None:
    assert parse_time(text) == moment


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_any_instant_is_kept(clock: datetime, minutes: int) -> None:
    moment = clock.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_time(moment.isoformat()) == moment
    microseconds = (moment - at(1970, 1, 1)) // timedelta(microseconds=1)
    assert from_epoch(str(microseconds)) == moment
    assert from_epoch(str(microseconds // 1000)) == moment - timedelta(
        microseconds=moment.microsecond % 1000
    )


@given(st.text(max_size=40))
def test_no_text_breaks_the_times(text: str) -> None:
    parse_time(text)
    parse_utc(text)


def test_a_time_that_is_utc_by_agreement() -> None:
    assert parse_utc("2026-03-01 10:00:00") == at(2026, 3, 1, 10)
    assert parse_utc("2026-03-01 10:00:00+01:00") == at(2026, 3, 1, 9)


def test_scales_of_confidence() -> None:
    assert to_share(50, Scale.PERCENT) == 0.5
    assert to_share(255, Scale.BYTE) == 1.0
    assert to_share(0, Scale.SHARE) == 0.0
    assert to_share(100.00001, Scale.PERCENT) == 1.0
    assert to_share(101, Scale.PERCENT) is None
    assert to_share(-1, Scale.SHARE) is None
    assert told_share(0, Scale.PERCENT) is None
    assert [share_or_percent(one) for one in (None, 0.5, 1, 50, 160)] == [None, 0.5, 1, 0.5, None]


def test_characters_need_one_confidence_each() -> None:
    assert [one.char for one in spread_over("A-1", "A1", [0.5, 0.1, 0.7])] == ["A", "1"]
    assert [one.confidence for one in spread_over("A-1", "A1", [0.5, 0.1, 0.7])] == [0.5, 0.7]
    assert spread_over("A1", "A1", [0.5]) == ()
    assert spread_over("A1", "A1", [0.5, None]) == ()


@pytest.mark.parametrize(
    ("data", "told", "text"),
    [
        ("Cañón".encode(), "", "Cañón"),
        ("Cañón".encode("iso-8859-1"), "", "Cañón"),
        ("鄂".encode("gb18030"), "GB2312", "鄂"),
        (b"<?xml version='1.0' encoding='gb2312'?>" + "鄂".encode("gbk"), "", "鄂"),
        ('{"a":1}'.encode("utf-16"), "", '{"a":1}'),
        ('{"a":1}'.encode("utf-16-le"), "", '{"a":1}'),
        ("<a/>".encode("utf-16-be"), "", "<a/>"),
        (b"\xef\xbb\xbfa", "", "a"),
        (b"\xff\x81", "no-such-codec", "ÿ\ufffd"),
        (b"\xff", "zip", "ÿ"),
    ],
)
def test_encodings(data: bytes, told: str, text: str) -> None:
    assert decode(data, told=told).endswith(text)


def test_json_that_is_none_of_pythons_business() -> None:
    assert parse_json("[NaN, Infinity, 1e999]", vendor="v") == [None, None, None]
    assert parse_json('{"a":1,"a":2}', vendor="v") == {"a": 2}
    deepest = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    parse_json(deepest, vendor="v")
    with pytest.raises(PayloadError, match=f"at most {MAX_DEPTH} levels"):
        parse_json(f"[{deepest}]", vendor="v")


def test_what_python_prints() -> None:
    text = """{'a': "it's", 'b': [None, True, False, nan, -1.5], 'c': 'x\\'y', 'd': 'None'}"""
    assert parse_python_literal(text, vendor="v", field="cell") == {
        "a": "it's",
        "b": [None, True, False, None, -1.5],
        "c": "x'y",
        "d": "None",
    }
    with pytest.raises(PayloadError, match=r"^v: cell: expected JSON, found another text$"):
        parse_python_literal("{'a", vendor="v", field="cell")


def test_single_backslashes_are_mended_and_escapes_kept() -> None:
    assert mend_backslashes(r"C:\Clips\a") == r"C:\\Clips\\a"
    assert mend_backslashes(r"\"\\ \u00e9 \ug") == r"\"\\ \u00e9 \\ug"


def test_xml_as_dicts() -> None:
    text = '<n:a xmlns:n="u" n:x="1"><n:b>1</n:b><b>2</b><b z="3">4</b><c/></n:a>'
    assert parse_xml(text, vendor="v") == {
        "a": {"x": "1", "b": ["1", "2", {"z": "3", TEXT: "4"}], "c": ""}
    }


def test_lines_as_dicts() -> None:
    text = "A[1].B=x\r\nA[0].B.C=y=z\nno value\nA[0].B.D[0][2]=\n=\nA[0]=lost\n"
    assert parse_key_values(text, vendor="v") == {"A": {"1": {"B": "x"}, "0": "lost"}}
    assert listed({"10": "b", "2": "a", "x": "c"}) == ["a", "b"]


def test_parts_as_cameras_write_them() -> None:
    head = 'content-disposition: form-data; filename="a\\b.jpg"; name="n"\nContent-TYPE: Image/JPEG'
    body = (
        b"preamble\r\n" + multipart((head, b"1\r\n--part-ends\r\n2"), ("X: y", b"")) + b"--epilogue"
    )
    (first, second) = split_parts(body, b"part-end", vendor="v")
    assert (first.name, first.content_type) == ("n", "image/jpeg")
    assert "b.jpg" in first.names
    assert second.data == b""


def test_bare_line_feeds_and_no_closing_delimiter() -> None:
    body = b"--x\nContent-Type: text/plain; charset=gbk\n\nabc\n--x\n\ndef"
    boundary = find_boundary(body, "")
    assert boundary == b"x"
    first, second = split_parts(body, boundary, vendor="v")
    assert (first.data, first.charset, second.data) == (b"abc", "gbk", b"def")


@pytest.mark.parametrize(
    ("body", "content_type", "boundary"),
    [
        (b"--a\r\n", "multipart/form-data; boundary=a", b"a"),
        (b"--a\r\n", 'Multipart/Mixed; Boundary="a"', b"a"),
        (b"--a\r\n", "multipart/form-data; boundary=--a", b"a"),
        (b"--b\r\n", "multipart/form-data; boundary=a", b"b"),
        (b"--b\r\n", "application/json", b"b"),
        (b"{}", "multipart/form-data; boundary=a", None),
    ],
)
def test_boundaries(body: bytes, content_type: str, boundary: bytes | None) -> None:
    assert find_boundary(body, content_type) == boundary


def test_pictures_tell_their_size() -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", 30, 20)
    assert (measure(jpeg(40, 10)), measure(png)) == ((40, 10), (30, 20))
    assert measure(b"\xff\xd8\xff\xff\xff\xc0" + jpeg(7, 5)[10:]) == (7, 5)
    for broken in (b"", b"\xff\xd8\xff", png[:20], jpeg()[:9], jpeg(0, 5), b"RIFF....WEBP"):
        assert measure(broken) is None
    assert is_picture(b"RIFF....WEBP")


@given(st.binary(max_size=60))
def test_no_bytes_break_the_size(data: bytes) -> None:
    measure(b"\xff\xd8\xff" + data)
    measure(b"\x89PNG\r\n\x1a\n" + data)


def test_pictures_in_texts() -> None:
    text = base64.b64encode(jpeg()).decode()
    for value in (text, f"data:image/jpeg;base64,{text}", text[:20] + "\n" + text[20:]):
        (picture,) = embedded(value, Shows.CROP)
        assert picture.data == jpeg()
    for value in (None, "", 5, "base64_encoded_image_here", "é", text[:-1], "AAAA"):
        assert embedded(value, Shows.CROP) == ()


@pytest.mark.parametrize(
    ("country", "part", "code"),
    [
        ("US", "California", "us-ca"),
        ("us", "CA", "us-ca"),
        ("USA", "Nowhere", "us"),
        ("DE", None, "de"),
        ("CAN", "ON", "ca-on"),
        (None, "CA", None),
        (None, "TX", "us-tx"),
        (None, "DE", None),
        (None, "Bavaria", None),
        (None, None, None),
    ],
)
def test_places(country: str | None, part: str | None, code: str | None) -> None:
    assert part_code(country, part) == code


def test_regions() -> None:
    words = ("us-ca", "US_CA", "gb", "eu-de", "DEU", "eu", "Mars", "", None)
    codes = ["us-ca", "us-ca", "gb", "de", "de", "eu", None, None, None]
    assert [region_code(word) for word in words] == codes
    assert [country_code(word) for word in ("POL", "pl", "us-ca", "NON")] == [
        "pl",
        "pl",
        None,
        None,
    ]


def test_names_are_compared_without_case_and_signs() -> None:
    names = ("Vehicle Brand", "vehicle_brand", "@vehicleBrand")
    assert {fold(name) for name in names} == {"vehiclebrand"}


def test_fields_give_what_is_meant() -> None:
    fields = Fields.of(
        "v",
        {
            "a": " two\n words\t",
            "b": "x" * (MAX_TEXT_LENGTH + 1),
            "c": "35",
            "d": "0.0",
            "e": True,
            "f": "yes",
            "g": {TEXT: "t", "z": "1"},
        },
    )
    assert fields.text("a") == "two words"
    assert fields.text("b", "c") == "35"
    assert (fields.worded("c"), fields.moving("d"), fields.text("e")) == (35, None, None)
    assert (fields.flag("e"), fields.flag("f"), fields.flag("x")) == (True, True, False)
    assert (fields.text("g"), fields.inner("g").text("z")) == ("t", "1")


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("-0,5", -0.5), (" 97 %", 97), ("1e3", 1000), ("1_0", None), ("٣", None)]
    + [(word, None) for word in ("", "nan", "inf", "1e999", "1-2", "0x10")],
)
def test_numbers(text: str, number: float | None) -> None:
    assert as_number(text) == number


def test_boxes() -> None:
    assert corners("1", 2, 3.4, "9") == Box(1, 2, 3, 9)
    assert sized(1, 2, 3, 4) == Box(1, 2, 4, 6)
    for sides in ((0, 0, 0, 0), (5, 5, 1, 9), (None, 0, 1, 1), (0, 0, 10**12, 1), ("a", 0, 1, 1)):
        assert corners(*sides) is None
    assert sized(0, 0, None, 1) is None
