"""Policy files: every wrong key and value by name, and nothing but our errors for any bytes."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import SecondEngine, TwoLooks
from fairplate.policy.document import check_policy
from fairplate.policy.presets import (
    MAX_FILE_BYTES,
    check_policy_file,
    load_policy_file,
    load_preset,
    read_preset,
)
from fairplate.policy.rules import Basis, Figure, KeptFor, UntilCaseEnds
from fairplate.policy.times import format_span, parse_span

DAY = timedelta(days=1)
BASE = read_preset("us-va")
FULL = BASE + (
    '[hot_lists_refreshed]\nvalue = "12 hours"\nsource = "x"\nstatute_read = true\n'
    '[references]\nvalue = {crime-investigation = ["####-###", "@ ##"]}\n'
    'source = "the town"\nstatute_read = false\n'
)
ALERT_FIGURES = {
    "two_looks": '"held-until-confirmed"', "second_engine": '"hold-back"',
    "plate_in_subject": "true", "repeat_window": '"30 minutes"', "wrong_alerts": "5",
    "least_chance": "60", "entry_life": '{court-order = "10 days", test = "1 hour"}',
}  # fmt: skip
FULL += "".join(
    f'[{name}]\nvalue = {value}\nsource = "the town"\nstatute_read = false\n'
    for name, value in ALERT_FIGURES.items()
)
OPTIONAL = {"hot_lists_refreshed", "references", *ALERT_FIGURES}


def figure(name: str, value: str) -> str:
    """Return a file whose figure has this value, as TOML."""
    head, _, tail = FULL.partition(f"[{name}]\nvalue = ")
    return f"{head}[{name}]\nvalue = {value}\nsource = {tail.partition('source = ')[2]}"


def told(text: str) -> list[str]:
    checked = check_policy(text, where="town.toml")
    assert (checked.policy is None) is bool(checked.problems)
    return [str(problem) for problem in checked.problems]


def test_a_full_file_says_what_it_says() -> None:
    policy = check_policy(FULL, where="f").require()
    assert policy.jurisdiction == "us-va"
    assert policy.non_hits_kept == policy.longest_look_back == 21 * DAY
    assert policy.hits_kept == KeptFor(DAY)
    assert policy.hot_lists_refreshed == DAY / 2
    assert policy.references == ((Purpose.CRIME_INVESTIGATION, ("####-###", "@ ##")),)
    assert policy.basis(Figure.NON_HITS_KEPT) == Basis("HB 2724 (2025)", statute_read=True)
    assert policy.basis(Figure.HITS_KEPT) == Basis("HB 2724 (2025)", False, known=False)  # noqa: FBT003
    assert [name for name, _ in policy.bases] == list(Figure)
    assert policy.two_looks is TwoLooks.HELD_UNTIL_CONFIRMED
    assert policy.second_engine is SecondEngine.HOLD_BACK
    assert policy.plate_in_subject
    assert policy.repeat_window == timedelta(minutes=30)
    assert (policy.wrong_alerts, policy.least_chance) == (0.05, 0.6)
    assert policy.entry_life == ((Purpose.COURT_ORDER, 10 * DAY), (Purpose.TEST, DAY / 24))


def test_what_a_file_does_not_say_of_alerts_is_our_own_figure() -> None:
    policy = check_policy(BASE, where="f").require()
    assert policy.two_looks is TwoLooks.TOLD_UNCONFIRMED
    assert policy.second_engine is SecondEngine.DOUBT
    assert not policy.plate_in_subject
    assert policy.repeat_window == timedelta(minutes=10)
    assert (policy.wrong_alerts, policy.least_chance, policy.entry_life) == (0.2, 0, ())
    assert not {figure for figure, _ in policy.bases} & set(ALERT_FIGURES)


@pytest.mark.parametrize("name", [f for f in Figure if f != "references"])
@pytest.mark.parametrize(
    "value", ["7.5", "1979-05-27", "{}", "[]", "[1]", '""', '"21 dayz"', '"0 days"', '"-1 days"',
              '"٣ days"', '"9999999 days"', '"1 year"', "nan", "0x" + "f" * 5000,
              '"permitted"', "[[]]"],
)  # fmt: skip
def test_a_wrong_value_is_told_by_file_field_expected_found(name: str, value: str) -> None:
    (line,) = told(figure(name, value))
    assert line.startswith(f"town.toml: {name}.value: expected ")
    assert ", found " in line


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("non_hits_kept", '"91 days"', "expected never, or 3 minutes to 90 days, found more than"),
        ("non_hits_kept", '"999999 days"', "expected never, or 3 minutes to 90 days, found more"),
        ("hits_kept", '"91 days"', "expected at most 90 days without a case, found more than"),
        ("approvals", "0", "expected 1 to 5 people other than the one who asks, found less"),
        ("purposes", '["immigration"]', "expected only purposes of the closed list ("),
        ("purposes", '["test", "Test"]', "expected only purposes of the closed list ("),
        ("references", '{protest = ["##"]}', "expected only purposes of the closed list ("),
        ("wrong_alerts", "51", "expected 1 to 50 percent, found more"),
        ("entry_life", '{protest = "1 day"}', "expected only purposes of the closed list ("),
    ],
)
def test_what_no_policy_may_say_is_refused_not_clamped(name: str, value: str, line: str) -> None:
    checked = check_policy(figure(name, value), where="town.toml")
    refusals = [problem for problem in checked.problems if isinstance(problem, PolicyError)]
    assert [str(p).startswith(f"town.toml: {name}.value: {line}") for p in refusals] == [True]
    if len(checked.problems) == 1:
        with pytest.raises(PolicyError):
            checked.require()


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("non_hits_kept", '"2 minutes"', "expected never, or 3 minutes to 90 days, found less"),
        ("longest_look_back", '"22 days"', "expected zero to what non_hits_kept says, found more"),
        ("approvals", "6", "found more"),
        ("approvals", "true", "expected a whole number or `unknown`, found true"),
        ("approvals", '"1"', "found '1'"),
        ("exigent", '"no"', "expected true or false, found 'no'"),
        ("purposes", '["test", "test"]', "expected every purpose once"),
        ("hot_lists_refreshed", '"never"', "found 'never'"),
        ("hot_lists_refreshed", '"unknown"', "found 'unknown'"),
        ("references", "{}", "expected a table of purposes"),
        ("references", '{test = "##"}', "found '##'"),
        ("references", "{test = []}", "found a list"),
        ("references", '{test = ["case"]}', "with a # (digit) or @ (letter), found 'case'"),
        ("references", '{test = [" ##"]}', "found ' ##'"),
        ("references", "{test = [7]}", "found 7"),
        ("two_looks", '"unknown"', "told-unconfirmed, held-until-confirmed, found 'unknown'"),
        ("two_looks", '"hold-back"', "found 'hold-back'"),
        ("second_engine", "true", "expected one of doubt, hold-back, found true"),
        ("plate_in_subject", '"yes"', "expected true or false, found 'yes'"),
        ("repeat_window", '"4 minutes"', "expected 5 minutes to 24 hours, found less"),
        ("repeat_window", '"never"', "expected 5 minutes to 24 hours, found less"),
        ("repeat_window", '"25 hours"', "expected 5 minutes to 24 hours, found more"),
        ("wrong_alerts", "0", "expected 1 to 50 percent, found less"),
        ("wrong_alerts", "true", "expected a whole number of percent, found true"),
        ("wrong_alerts", "101", "expected a whole number of percent, found 101"),
        ("least_chance", "91", "expected 0 to 90 percent, found more"),
        ("least_chance", "-1", "expected a whole number of percent, found -1"),
        ("entry_life", "{}", "expected a table of purposes"),
        ("entry_life", '{test = "never"}', "expected at most 1 days for test, found none at all"),
        ("entry_life", "{test = 1}", "found 1"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_an_input_error(name: str, value: str, line: str) -> None:
    checked = check_policy(figure(name, value), where="town.toml")
    (problem,) = checked.problems
    assert isinstance(problem, InputError)
    assert problem.where == "town.toml"
    assert problem.field.startswith(f"{name}.value")
    assert line in str(problem)


@pytest.mark.parametrize("name", [f for f in Figure if f != "hot_lists_refreshed"])
def test_a_figure_is_a_table_of_exactly_its_keys(name: str) -> None:
    cut = FULL.replace(f"[{name}]\n", f"[{name}]\nvalues = 1\n")
    assert told(cut) == [f"town.toml: {name}.values: expected no such key, found one"]
    missing = FULL.replace(f"[{name}]\nvalue = ", f"[{name}]\nworth = ")
    assert f"town.toml: {name}.value: expected a value, found none" in told(missing)
    assert f"town.toml: {name}.worth: expected no such key, found one" in told(missing)
    assert any(
        line.startswith(f"town.toml: {name}: expected a table of value, source, statute_read, ")
        for line in told(f"{name} = 3\n" + FULL.replace(f"[{name}]", "[other]"))
    )


@pytest.mark.parametrize("name", [f for f in Figure if f not in OPTIONAL])
def test_a_required_figure_cannot_be_left_out(name: str) -> None:
    lines = told(FULL.replace(f"[{name}]", "[other]"))
    assert (
        f"town.toml: {name}: expected a table of value, source, statute_read, found none" in lines
    )
    assert "town.toml: other: expected no such key, found one" in lines


@pytest.mark.parametrize("key", ["name", "title", "jurisdiction", "notes"])
def test_the_head_is_checked(key: str) -> None:
    assert told(FULL.replace(f"{key} = ", f"{key}x = ", 1)) == [
        f"town.toml: {key}x: expected no such key, found one",
        f"town.toml: {key}: expected a value, found none",
    ]
    start, _, rest = FULL.partition(f"{key} = ")
    rest = rest[rest.index("\n]\n") + 3 :] if key == "notes" else rest.partition("\n")[2]
    for value in ("7", '"\\u0007"', '[""]', "{}", '"' + "x" * 500 + '"'):
        (line,) = told(f"{start}{key} = {value}\n{rest}")
        assert line.startswith(f"town.toml: {key}: expected ")


def test_unknown_is_no_statute_read() -> None:
    text = figure("approvals", '"unknown"').replace(
        '[approvals]\nvalue = "unknown"\nsource = "HB 2724 (2025)"\nstatute_read = false',
        '[approvals]\nvalue = "unknown"\nsource = "HB 2724 (2025)"\nstatute_read = true',
    )
    assert told(text) == [
        "town.toml: approvals.statute_read: expected false where the value is unknown, found true"
    ]


def test_where_nothing_is_known_the_strictest_stands() -> None:
    text = BASE.replace("true", "false")
    for name in ("non_hits_kept", "purposes"):
        head, _, tail = text.partition(f"[{name}]\nvalue = ")
        text = f'{head}[{name}]\nvalue = "unknown"\nsource = {tail.partition("source = ")[2]}'
    policy = check_policy(text, where="f").require()
    assert policy.non_hits_kept == policy.longest_look_back == timedelta(0)
    assert policy.purposes == {Purpose.TEST}
    assert policy.hits_kept == KeptFor(DAY)
    assert policy.approvals == 1
    assert not policy.exigent


def test_every_problem_is_told_at_once_and_a_malformed_one_is_raised_first() -> None:
    text = FULL.replace('"21 days"', '"200 days"').replace("jurisdiction", "place", 1)
    checked = check_policy(text, where="f")
    assert {type(problem) for problem in checked.problems} == {InputError, PolicyError}
    assert len(checked.problems) == 3
    with pytest.raises(InputError):
        checked.require()


@pytest.mark.parametrize(
    "text",
    ["[", "a = ", "a = 1\na = 2", "x = " + "[" * 5000, "x = " + "9" * 5000, "\0", "a = 1999-99-99"],
)
def test_other_text_is_one_input_error(text: str) -> None:
    (line,) = told(text)
    assert line.startswith("town.toml: file: expected TOML, found ")
    assert len(line.splitlines()) == 1


def test_a_file_is_read_with_a_byte_order_mark_and_either_line_end(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_bytes(b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode())
    assert load_policy_file(path) == load_preset("us-va")


def test_files_that_are_none(tmp_path: Path) -> None:
    big, latin, pipe = tmp_path / "big", tmp_path / "latin", tmp_path / "pipe"
    big.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    latin.write_bytes(b"title = '\xfc'")
    os.mkfifo(pipe)
    for path, line in {
        tmp_path / "no": "file: expected a policy, found no such file",
        tmp_path: "file: expected a file, found a folder or something else",
        pipe: "file: expected a file, found a folder or something else",
        big: "file: expected at most 64 KB, found more",
        latin: "encoding: expected UTF-8, found another",
        Path("a\0b"): "file: expected a readable file, found a path that cannot be opened",
    }.items():
        with pytest.raises(InputError, match=line):
            load_policy_file(path)


def test_an_unknown_preset_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"preset: expected one of strict, .*'us-tx'"):
        load_preset("us-tx")


@pytest.mark.parametrize(
    ("text", "span"),
    [("never", 0 * DAY), ("1 day", DAY), ("24 hours", DAY), ("21 days", 21 * DAY),
     ("72 hours", 3 * DAY), ("10 minutes", timedelta(minutes=10)), ("1 minutes", DAY / 1440)],
)  # fmt: skip
def test_spans(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


@given(st.integers(0, 999_999))
def test_a_written_span_reads_back(minutes: int) -> None:
    assert parse_span(format_span(timedelta(minutes=minutes))) == timedelta(minutes=minutes)


PIECES = st.sampled_from(
    [*(f"\n[{name}]\n" for name in Figure), *(f"{line}\n" for line in FULL.splitlines()), "[", "]",
     "\n", '"', "'", "=", "value = ", "{", "}", ",", "unknown", "1e999", "-inf", "0x" + "f" * 5000,
     "1979-05-27T07:32:00Z", "07:32:00", '"\\u0000"', "[[purposes]]\n", "purposes.value = []\n",
     '"immigration"', "#", "\ufeff", "\r", "é"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))
VALUES = st.recursive(
    st.one_of(
        st.booleans().map(lambda b: str(b).lower()),
        st.integers().map(str),
        st.floats().map(str),
        st.sampled_from([f'"{word}"' for word in (*Purpose, "unknown", "never", "3 days", "##")]),
    ),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"[{', '.join(parts)}]"),
    max_leaves=6,
)


def assert_ours(text: str) -> None:
    checked = check_policy(text, where="f")
    assert (checked.policy is None) is bool(checked.problems)
    for problem in checked.problems:
        assert isinstance(problem, InputError | PolicyError)
        assert str(problem).isprintable()
    if checked.policy is not None:
        assert checked.policy.non_hits_kept <= 90 * DAY
        assert checked.policy.purposes <= set(Purpose)
        assert checked.policy.approvals >= 1
        assert isinstance(checked.policy.hits_kept, KeptFor | UntilCaseEnds)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_policy_or_our_errors(text: str) -> None:
    assert_ours(text)


@given(st.sampled_from(Figure), VALUES)
@settings(max_examples=400, deadline=None)
def test_any_value_of_any_figure_is_a_policy_or_our_errors(name: Figure, value: str) -> None:
    assert_ours(figure(name, value))


@given(st.integers(0, len(FULL)), st.integers(0, 60), st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_cut_in_a_file_is_a_policy_or_our_errors(at: int, length: int, new: str) -> None:
    assert_ours(FULL[:at] + new + FULL[at + length :])


@given(st.binary(max_size=200))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_a_policy_or_our_errors(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "town.toml"
    path.write_bytes(data)
    try:
        assert check_policy_file(path).policy is None
    except InputError as error:
        assert str(path) in str(error)  # noqa: PT017 - most bytes are no text, some are
