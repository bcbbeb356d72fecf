"""What is taken out of a case: only by its opener, while it is approved, and on record."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.cases.made_cases import ANNE, OPENER
from tests.cases.pdf_text import read_pages
from tests.cases.test_life import (
    EXIGENT,
    OTHER,
    PLATE,
    approve,
    case_in,
    city,
    close,
    findings,
    refuse,
    search,
    store_of,
)
from tests.worlds import PRIVATE_PARTS, World

from fairplate.cases import exports
from fairplate.cases.case import Case
from fairplate.cases.case_file import CaseFile, FileFormat
from fairplate.cases.exports import Export, export_case
from fairplate.cases.rules import require_export
from fairplate.cases.search import CaseSearch
from fairplate.core.errors import PolicyError
from fairplate.storage.schema import events
from fairplate.vault import grants
from fairplate.vault.holds import find_held_cases
from fairplate.vault.vault import Vault
from fairplate.wiring.case_book import CaseBook

__all__ = ["city"]


def export(
    world: World, case: Case, form: FileFormat = FileFormat.JSON, person: str = OPENER
) -> Export:
    policy = world.in_force().policy
    opened = CaseSearch(world.vault, store_of(world), case.id, policy, person, require_export)
    return export_case(opened, form, given_to="the court")


def told_of(
    world: World, event_type: str
) -> list[tuple[str, dict[str, object], dict[str, object]]]:
    """Return actor, public and private part of every event of a type."""
    with world.database.reading() as connection:
        rows = connection.execute(sa.select(events.c.body, events.c.private)).all()
    found = []
    for row in rows:
        body = json.loads(bytes(row.body))
        if body["type"] == event_type:
            whole = PRIVATE_PARTS.open(bytes(row.body), bytes(row.private))
            found.append((body["actor"], body["public"], json.loads(whole.private)))
    return found


@pytest.mark.parametrize("form", FileFormat)
def test_an_export_is_on_record_with_its_digest(city: World, form: FileFormat) -> None:
    case = case_in(city)
    approve(city, case)
    made = export(city, case, form)
    ((actor, public, private),) = told_of(city, "export.made")
    assert actor == OPENER
    assert public == {
        "what": "case-file",
        "case": case.id,
        "export": made.file.export_id,
        "items": 2,
    }
    digest = hashlib.sha256(made.content).hexdigest()
    assert private == {"given_to": "the court", "document": digest}
    assert made.digest == digest
    assert len(told_of(city, "case.searched")) == 1
    assert findings(city) == []


def test_it_holds_what_a_search_shows_and_nothing_else(city: World) -> None:
    case = case_in(city)
    approve(city, case)
    shown = search(city, case)
    told = json.loads(export(city, case).content)
    assert [one["plate"] for one in told["reads"]] == [one.read.plate for one in shown.reads]
    pages = read_pages(export(city, case, FileFormat.PDF).content)
    assert sum(page.count(PLATE) for page in pages) == len(shown.reads) + 1
    assert not any(OTHER in text for page in pages for text in page)


def test_each_export_has_an_id_of_its_own(city: World) -> None:
    case = case_in(city)
    approve(city, case)
    ids = {export(city, case).file.export_id for _ in range(3)}
    assert len(ids) == 3
    assert {public["export"] for _, public, _ in told_of(city, "export.made")} == ids


def test_nobody_takes_out_anothers_or_what_is_not_approved(city: World) -> None:
    case = case_in(city)
    with pytest.raises(PolicyError, match="approvals-missing"):
        export(city, case)
    approve(city, case)
    with pytest.raises(PolicyError, match="case-of-another"):
        export(city, case, person=ANNE)
    close(city, case)
    with pytest.raises(PolicyError, match="case-closed"):
        export(city, case)
    city.set_policy(EXIGENT)
    urgent = case_in(city, exigent=True)
    assert len(search(city, urgent).reads) == 2
    with pytest.raises(PolicyError, match="approvals-missing"):
        export(city, urgent)
    assert told_of(city, "export.made") == []
    assert findings(city) == []


@pytest.mark.parametrize("act", [refuse, close])
def test_what_ends_while_it_is_drawn_is_not_handed_over(
    city: World, act: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_in(city)
    approve(city, case)

    def draw(_: CaseFile) -> bytes:
        (refuse if act is refuse else close)(city, case)
        return b"drawn"

    monkeypatch.setattr(exports, "WRITERS", {FileFormat.JSON: draw})
    with pytest.raises(PolicyError, match=r"case-(refused|closed)"):
        export(city, case)
    assert told_of(city, "export.made") == told_of(city, "case.searched") == []
    city.clock.move(timedelta(minutes=1))
    assert findings(city) == []


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("act", [refuse, close])
def test_what_ends_before_a_key_is_derived_is_not_begun(
    city: World, act: object, monkeypatch: pytest.MonkeyPatch, *, hold: bool
) -> None:
    case = case_in(city, hold=hold)
    approve(city, case)
    expand = grants.expand_plate

    def end_meanwhile(*arguments: Any, **more: Any) -> Any:
        (refuse if act is refuse else close)(city, case)
        return expand(*arguments, **more)

    monkeypatch.setattr(grants, "expand_plate", end_meanwhile)
    with pytest.raises(PolicyError, match=r"case-(refused|closed)"):
        search(city, case)
    assert told_of(city, "grant.used") == told_of(city, "hold.placed") == []
    assert findings(city) == []


@pytest.mark.parametrize("act", [refuse, close])
def test_what_ends_while_it_is_opened_is_not_held(
    city: World, act: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_in(city, hold=True)
    approve(city, case)
    ensure_key = Vault.ensure_key

    def end_meanwhile(*arguments: Any) -> Any:
        (refuse if act is refuse else close)(city, case)
        return ensure_key(*arguments)

    monkeypatch.setattr(Vault, "ensure_key", end_meanwhile)
    with pytest.raises(PolicyError, match=r"case-(refused|closed)"):
        search(city, case)
    assert told_of(city, "hold.placed") == []
    assert find_held_cases(city.vault) == (case.id,)  # a key that seals nothing
    CaseBook(city.vault).close_due()
    assert find_held_cases(city.vault) == ()
    assert findings(city) == []
