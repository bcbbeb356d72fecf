"""`--hotlist FILE`: when the file becomes a batch, and how the list is named and kept."""

import io
import os
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.cli.alert_parts import Deploy, write_batch
from tests.cli.watch_parts import ROW
from tests.deployments import ACTOR, clock_at, make_deployment
from tests.worlds import NOON, policy_document

from fairplate.cli.watch.file_lists import RENEWED_AFTER, import_files
from fairplate.cli.watch.telling import Telling
from fairplate.core.errors import InputError
from fairplate.hotlists.register import KeptList
from fairplate.wiring import opened_deployment


@pytest.fixture
def deploy(request: pytest.FixtureRequest, tmp_path: Path) -> Deploy:
    return partial(make_deployment, request, "sqlite", tmp_path / "data", at=NOON)


def bring(folder: Path, path: Path, after: timedelta = timedelta()) -> tuple[str, KeptList]:
    """Bring a file in at another time; return what was told and the list."""
    out = io.StringIO()
    with opened_deployment(folder, actor=ACTOR, clock=clock_at(NOON + after)) as deployment:
        assert import_files(deployment, [path], Telling(out, out)) is not None, out.getvalue()
        (kept,) = deployment.hot_lists.all()
    return out.getvalue(), kept


def test_a_file_without_a_change_is_brought_in_again_after_a_day(
    deploy: Deploy, tmp_path: Path
) -> None:
    folder, path = deploy(), Path(write_batch(tmp_path, ROW, name="persons.csv"))
    told, first = bring(folder, path)
    assert told == "list persons: 1 entry\n"
    told, kept = bring(folder, path, RENEWED_AFTER - timedelta(seconds=1))
    assert (told, kept.batch_id) == ("list persons: unchanged\n", first.batch_id)
    told, kept = bring(folder, path, RENEWED_AFTER)
    assert told == "list persons: 1 entry\n"
    assert kept.imported_at == NOON + RENEWED_AFTER
    write_batch(tmp_path, ROW, ROW.replace("ABC", "XYZ"), name="persons.csv")
    assert bring(folder, path, RENEWED_AFTER)[0] == "list persons: 2 entries\n"


def test_the_list_is_for_what_the_policy_permits_by_now(deploy: Deploy, tmp_path: Path) -> None:
    folder, path = deploy(), Path(write_batch(tmp_path, ROW, name="persons.csv"))
    before = bring(folder, path)[1].definition
    narrow = policy_document().replace('"court-order", ', "", 1)
    with opened_deployment(folder, actor=ACTOR, clock=clock_at(NOON)) as deployment:
        deployment.set_policy(narrow)
    after = bring(folder, path)[1].definition
    assert {purpose.value for purpose in set(before.purposes) - set(after.purposes)} == {
        "court-order"
    }


def test_a_name_that_cannot_be_printed_is_no_title(deploy: Deploy, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff\nb.csv"))
    Path(write_batch(tmp_path, ROW)).rename(path)
    told, kept = bring(deploy(), path)
    assert told == "list a-b: 1 entry\n"
    assert (kept.id, kept.definition.title) == ("a-b", "a-b")


def test_a_title_may_hold_quotes(deploy: Deploy, tmp_path: Path) -> None:
    path = Path(write_batch(tmp_path, ROW, name='the "wanted" \\ ones ä.csv'))
    assert bring(deploy(), path)[1].definition.title == 'the "wanted" \\ ones ä'


def test_other_spellings_of_a_name_are_another_list(deploy: Deploy, tmp_path: Path) -> None:
    folder = deploy()
    bring(folder, Path(write_batch(tmp_path, ROW, name="persons.csv")))
    other = Path(write_batch(tmp_path, ROW, name="Persons.csv"))
    with pytest.raises(InputError, match="expected a name that no other list has"):
        bring(folder, other)
