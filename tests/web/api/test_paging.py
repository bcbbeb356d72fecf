"""Pages: all of it once, in order, whatever the sizes; and no text breaks a cursor."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.web.api.paging import decode_cursor, decode_place, encode_cursor, page_of

NAMES = st.lists(st.text("abc-9", min_size=1, max_size=6), unique=True, max_size=30)


@given(NAMES, st.integers(1, 7))
def test_the_pages_together_are_all_of_it_in_order(names: list[str], most: int) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page, cursor = page_of(names, str, cursor, most)
        assert len(page) <= most
        seen += page
        if cursor is None:
            break
    assert seen == sorted(names)


@given(NAMES.filter(lambda names: len(names) > 2), st.text("abc-9", min_size=1, max_size=6))
def test_what_is_added_or_goes_meanwhile_moves_nothing_else(names: list[str], new: str) -> None:
    page, cursor = page_of(names, str, None, 2)
    changed = [*set(names) - {page[0]} | {new}]
    following, _ = page_of(changed, str, cursor, 100)
    assert following == sorted(one for one in changed if one > page[-1])


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,40}", fullmatch=True))
def test_no_text_breaks_it(text: str) -> None:
    for decode in (lambda: decode_cursor(text, 1), lambda: decode_place(text)):
        try:
            found = decode()
        except InputError as error:
            assert error.field == "cursor"  # noqa: PT017 - most texts are refused, not all
        else:
            assert found is not None


@pytest.mark.parametrize("parts", [["2026-11-23T12:00:00", "x"], ["x", "y"], ["2026-11-23"]])
def test_a_place_is_a_moment_with_its_offset_and_an_id(parts: list[str]) -> None:
    with pytest.raises(InputError):
        decode_place(encode_cursor(*parts))


def test_a_place_comes_back() -> None:
    moment = datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=UTC)
    assert decode_place(encode_cursor(moment.isoformat(), "alert-1")) == (moment, "alert-1")
    assert decode_place(None) is None
