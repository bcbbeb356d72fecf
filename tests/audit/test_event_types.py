import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.audit.event_types import VERSION, EventType, Field, fields_at
from fairplate.audit.forms import FORMS
from fairplate.audit.kinds import COUNT, DIGEST, TEXT, list_of
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS

PUBLIC = [field for form in FORMS.values() for field in form.public]
plates = st.text(PLATE_CHARACTERS, min_size=1, max_size=MAX_PLATE_LENGTH)


def test_every_type_has_a_form_in_the_order_of_the_list() -> None:
    assert list(FORMS) == list(EventType)


@given(plates)
def test_no_public_field_holds_a_plate(plate: str) -> None:
    holding = [
        field.name
        for field in PUBLIC
        for value in (plate, [plate], {plate: plate}, f"{plate[:2]} {plate[2:]}")
        if field.kind.fits(value)
    ]
    assert holding == []


def test_no_public_field_is_free_text() -> None:
    assert [field.name for field in PUBLIC if TEXT.name in field.kind.name.split()] == []
    assert not any(field.kind.fits("a b") or field.kind.fits(["a b"]) for field in PUBLIC)


@pytest.mark.parametrize("event_type", EventType)
def test_fields_are_well_formed(event_type: EventType) -> None:
    form = FORMS[event_type]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*", event_type)
    assert 1 <= form.since <= VERSION
    for fields in (form.public, form.private):
        assert len({field.name for field in fields}) == len(fields)
        for field in fields:
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", field.name)
            assert form.since <= field.since <= VERSION
            assert field.meaning


@pytest.mark.parametrize("event_type", EventType)
def test_a_name_in_both_parts_tells_of_the_private_one(event_type: EventType) -> None:
    public = {field.name: field.kind for field in FORMS[event_type].public}
    for field in FORMS[event_type].private:
        if field.name in public and field.kind == TEXT:
            assert public[field.name] == DIGEST
        elif field.name in public:
            assert public[field.name] == COUNT
            assert field.kind.name.startswith("list of ")


def test_a_digest_stands_only_for_a_whole_document() -> None:
    """The digest of a plate or a name would be found by trying all."""
    assert {
        (event_type, field.name)
        for event_type, form in FORMS.items()
        for field in form.public
        if field.kind == DIGEST
    } == {(EventType.POLICY_SET, "document"), (EventType.LIST_SET, "definition")}


def test_a_later_field_is_none_of_an_earlier_version() -> None:
    first = Field("a", list_of(COUNT), "the first")
    later = replace(first, name="b", since=3)
    assert fields_at((first, later), 1) == fields_at((first, later), 2) == {"a": first}
    assert fields_at((first, later), 3) == {"a": first, "b": later}
