"""docs/audit-events.md lists exactly the types, fields and kinds of the code."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from fairplate.audit import kinds
from fairplate.audit.event_types import VERSION
from fairplate.audit.events import MAX_BODY_BYTES, MAX_PRIVATE_BYTES, SALT_BYTES, read_event
from fairplate.audit.forms import FORMS
from fairplate.audit.kinds import ACTOR, Kind

PAGE = (Path(__file__).parents[2] / "docs" / "audit-events.md").read_text(encoding="utf-8")
TYPES = re.findall(r"^### `(.+)`\n\n(.+)\n\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
KINDS = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
WORDS = [kind for kind in KINDS if kind.words is not None and kind is not kinds.PURPOSE]
EXAMPLES = dict(re.findall(r"^```(\w+)\n(.*?)\n```$", PAGE, flags=re.DOTALL | re.MULTILINE))


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def table(first: str) -> list[list[str]]:
    """Return the cells of the one table whose first heading is `first`."""
    (rows,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    return [cells(row) for row in rows.splitlines()]


def test_every_type_is_told_in_order() -> None:
    told = [(name, line) for name, line, _ in TYPES]
    assert told == [
        (event_type, f"{form.meaning[0].upper()}{form.meaning[1:]}. Since version {form.since}.")
        for event_type, form in FORMS.items()
    ]


def test_every_field_is_told_in_order() -> None:
    for (_, _, rows), form in zip(TYPES, FORMS.values(), strict=True):
        heading, _, *told = map(cells, rows.splitlines())
        assert heading == ["Part", "Field", "Kind", "Since", "Meaning"]
        assert told == [
            [part, f"`{field.name}`", field.kind.name, str(field.since), field.meaning]
            for part, fields in (("public", form.public), ("private", form.private))
            for field in fields
        ]


def test_every_kind_is_told() -> None:
    assert table("Kind") == [[kind.name, kind.form] for kind in KINDS]


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.name)
def test_every_word_is_told_with_its_meaning(kind: Kind) -> None:
    rows = table(kind.name.capitalize())
    assert [word for word, _ in rows] == [f"`{word}`" for word in kind.words or ()]
    meanings = {meaning for _, meaning in rows}
    assert "" not in meanings
    assert len(meanings) == len(rows)


def test_no_other_words_are_told() -> None:
    headings = re.findall(r"^\| (.+) \| Meaning \|$", PAGE, flags=re.MULTILINE)
    fields = "Part | Field | Kind | Since"
    expected = {"Member", fields} | {kind.name.capitalize() for kind in WORDS}
    assert set(headings) == expected


def test_every_kind_of_a_field_is_made_of_the_kinds_told() -> None:
    told = {name for name, _ in table("Kind")}
    for form in FORMS.values():
        for field in form.public + form.private:
            name = field.kind.name.removesuffix(" or null")
            assert re.sub("^(list|set) of ", "", name) in told


def test_the_example_is_an_event_that_opens_as_the_page_says() -> None:
    salt, private = EXAMPLES["text"].splitlines()
    digest = hashlib.sha256(bytes.fromhex(salt) + private.encode()).digest()
    assert read_event(EXAMPLES["json"].encode()).sealed == digest
    body = json.loads(EXAMPLES["json"])
    assert body["sealed"] == base64.b64encode(digest).decode()
    assert [row[0] for row in table("Member")] == [f"`{name}`" for name in body]


def test_the_figures_are_those_in_force() -> None:
    assert f"at most {MAX_BODY_BYTES:,} bytes" in PAGE
    assert f"{MAX_PRIVATE_BYTES:,} bytes" in PAGE
    assert f"is {SALT_BYTES} random bytes" in PAGE
    assert f"written in, now {VERSION} |" in PAGE
    assert all(map(ACTOR.fits, ("system", "cli:1000")))
