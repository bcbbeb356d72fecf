import json
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.audit.canonical import MAX_DEPTH, MAX_INTEGER, canonical_json, parse_canonical
from fairplate.core.errors import InputError

# RFC 8785: section 3.2.3's keys, the strings and literals of section 3.2.2, and the test data that
# its author publishes with it (arrays, french, structures, unicode, weird), without their floats.
PUBLISHED = [
    (
        r"""{"\u20ac": "Euro Sign", "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis"}""",
        (
            '{"\\r":"Carriage Return","1":"One","\u0080":"Control",'
            '"\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign",'
            '"\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
        ),
    ),
    (
        r"""{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]}""",
        r"""{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}""",
    ),
    (r'[56, {"d": true, "10": null, "1": []}]', r'[56,{"1":[],"10":null,"d":true}]'),
    (
        r"""{"peach": "This sorting order", "péché": "is wrong according to French",
        "pêche": "but canonicalization MUST", "sin": "ignore locale"}""",
        (
            '{"peach":"This sorting order","péché":"is wrong according to French",'
            '"pêche":"but canonicalization MUST","sin":"ignore locale"}'
        ),
    ),
    (
        r"""{"1": {"f": {"f": "hi", "F": 5}, "\n": 56}, "10": {}, "": "empty", "a": {},
        "111": [{"e": "yes", "E": "no"}], "A": {}}""",
        (
            r'{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},'
            r'"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}'
        ),
    ),
    (r'{"Unnormalized Unicode": "A\u030a"}', '{"Unnormalized Unicode":"A\u030a"}'),
    (
        r"""{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\u000a": "Newline", "1": "One",
        "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley",
        "\u00f6": "Latin Small Letter O With Diaeresis",
        "\ufb33": "Hebrew Letter Dalet With Dagesh", "</script>": "Browser Challenge"}""",
        (
            '{"\\n":"Newline","\\r":"Carriage Return","1":"One","</script>":"Browser Challenge",'
            '"\u0080":"Control\u007f","\u00f6":"Latin Small Letter O With Diaeresis",'
            '"\u20ac":"Euro Sign","\U0001f602":"Smiley","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
        ),
    ),
]

texts = st.text(st.characters(codec="utf-8"), max_size=12)
integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


class Word(StrEnum):
    ONE = "one"


class Number(IntEnum):
    ONE = 1


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(("given_text", "expected"), PUBLISHED)
def test_published_sample(given_text: str, expected: str) -> None:
    assert canonical_json(json.loads(given_text)) == expected.encode()
    assert parse_canonical(expected.encode()) == json.loads(given_text)
    if given_text != expected:
        with pytest.raises(InputError, match="canonical JSON"):
            parse_canonical(given_text.encode())


def test_the_bytes_that_section_3_2_4_prints() -> None:
    printed = "22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22"
    text = json.loads(r"""["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"]""")[0]
    assert canonical_json(text) == bytes.fromhex(printed)


def test_every_character_below_the_surrogates_is_escaped_as_the_rfc_says() -> None:
    short = {8: r"\b", 9: r"\t", 10: r"\n", 12: r"\f", 13: r"\r", 34: r"\"", 92: r"\\"}
    for code in range(0xD800):
        told = short.get(code, f"\\u{code:04x}" if code < 0x20 else chr(code))
        assert canonical_json(chr(code)) == f'"{told}"'.encode()


@given(values)
def test_what_is_spelled_parses_back_and_is_plain_json(value: Any) -> None:
    data = canonical_json(value)
    assert parse_canonical(data) == value == json.loads(data)
    assert canonical_json(parse_canonical(data)) == data


@given(st.dictionaries(texts, st.none()))
def test_keys_stand_in_the_order_of_their_utf_16_units(value: dict[str, None]) -> None:
    units = [
        [int.from_bytes(pair, "little") for pair in zip(*[iter(key.encode("utf-16-le"))] * 2)]  # noqa: B905 - two bytes a unit
        for key in json.loads(canonical_json(value))
    ]
    assert units == sorted(units)


@given(values, st.data())
def test_another_spelling_of_the_same_value_is_refused(value: Any, data: st.DataObject) -> None:
    canonical = canonical_json(value)
    place = data.draw(st.integers(0, len(canonical)))
    spaced = canonical[:place] + b" " + canonical[place:]
    try:
        parsed = parse_canonical(spaced)
    except InputError:
        return
    assert parsed != value  # the space fell into a text


@given(st.binary(max_size=40) | st.text('{}[]":,0123456789.eE-+truefalsn\\u ', max_size=30))
def test_any_bytes_are_canonical_or_refused(data: bytes | str) -> None:
    raw = data.encode() if isinstance(data, str) else data
    try:
        value = parse_canonical(raw)
    except InputError:
        return
    assert canonical_json(value) == raw


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"1 ", b"\n1", b"{ }", b"[1, 2]", b"01", b"-0", b"+1", b"1.0", b"1e3", b"1E400",
        b"NaN", b"Infinity", b"-Infinity", b"nul", b"True", b"'a'", b'"a', b'"\\/"', b'"\\u0041"',
        b'"\\u000F"', b'"\\u0008"', b'"\n"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff"',
        b'"\xed\xa0\x80"', b'"\xc0\x80"', b'\xef\xbb\xbf"a"', '"a"'.encode("utf-16"),
        b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"a":1,"\\u0061":1}', b'{"b":1,"a":1}', b'{"a":1,}',
        b"{1:1}", b"[1,]", b"1 2", b"9007199254740992", b"-9007199254740992", b"[" * 100_000,
        b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000, b"9" * 1_000_000,
        b"-" + b"9" * 1_000_000, b"1" + b"0" * 20 + b".5", b"/**/1",
    ],
    ids=lambda data: repr(data[:24]),
)  # fmt: skip
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_canonical(data, where="here")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (1.0, "value"), (float("nan"), "value"), (b"ab", "value"), ({"a": 1.5}, "value"),
        ({1, 2}, "value"), (object(), "value"), (MAX_INTEGER + 1, "number"),
        ([-MAX_INTEGER - 1], "number"), (10**5000, "number"), ({1: 2}, "key"),
        ({"a": 1, None: 2}, "key"), ({b"a": 1}, "key"), ("\ud800", "text"),
        ({"\udc00": 1}, "text"), (["a\udfffb"], "text"), (nested(MAX_DEPTH + 1), "value"),
        (nested(5000), "value"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else type(value).__name__,
)  # fmt: skip
def test_what_has_no_spelling_is_refused_by_field(value: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical_json(value, where="here")
    assert (caught.value.where, caught.value.field) == ("here", field)


def test_a_list_within_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InputError, match="levels"):
        canonical_json(loop)


def test_the_limits_themselves_are_spelled() -> None:
    deepest = nested(MAX_DEPTH)
    assert parse_canonical(canonical_json(deepest)) == deepest
    for number in (MAX_INTEGER, -MAX_INTEGER, 0):
        assert canonical_json(number) == str(number).encode()


def test_tuples_and_enumerations_are_spelled_as_what_they_are() -> None:
    value = (Word.ONE, Number.ONE, True, {Word.ONE: (None,)})
    assert canonical_json(value) == b'["one",1,true,{"one":[null]}]'


def test_no_message_quotes_a_value() -> None:
    for value in ({"ZZ99ZZ": 1.5}, {"ZZ99ZZ": "\ud800"}, ["ZZ99ZZ", {"ZZ99ZZ": {1: 2}}]):
        with pytest.raises(InputError) as caught:
            canonical_json(value)  # type: ignore[arg-type]  # wrong on purpose
        assert "ZZ99ZZ" not in str(caught.value)
    with pytest.raises(InputError) as caught:
        parse_canonical(b'{"ZZ99ZZ":1 }')
    assert "ZZ99ZZ" not in str(caught.value)
