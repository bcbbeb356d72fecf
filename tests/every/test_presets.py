"""One suite for every preset: it loads, keeps the promises, and says what it rests on."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from fairplate.core.purposes import Purpose
from fairplate.core.regions import REGIONS
from fairplate.policy.document import check_policy
from fairplate.policy.look_back import LookBack, may_search
from fairplate.policy.presets import (
    DEFAULT_PRESET,
    PRESETS,
    list_presets,
    load_policy_file,
    load_preset,
    read_preset,
)
from fairplate.policy.rules import NEVER, NON_HIT_CEILING, Figure, period_length

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
OWN = {"strict", "site"}
# The figures of the law, word by word: a changed preset fails here until somebody means it.
NON_HITS = {
    "strict": NEVER, "site": 3 * DAY, "us-nh": timedelta(minutes=3), "us-me": 21 * DAY,
    "us-ca": 60 * DAY, "us-mt": 90 * DAY, "us-va": 21 * DAY, "us-mn": 60 * DAY, "us-wa": 21 * DAY,
    "de": NEVER, "nl": 28 * DAY, "fr": 15 * DAY,
}  # fmt: skip
STATUTE_READ = {"us-ca", "us-mt", "us-va"}  # of how long non-hits are kept
# Not on any source: the strictest stands.
HITS_UNKNOWN = {"us-nh", "us-va", "de", "nl", "fr"}
PURPOSES_UNKNOWN = {"us-nh", "us-mt"}
LAW_LISTS_NO_SITES = {Purpose.SITE_ACCESS, Purpose.TOLL_OR_PARKING, Purpose.SUBJECT_ACCESS}


def test_the_registry_is_exactly_the_files() -> None:
    folder = resources.files("fairplate.policy").joinpath("jurisdictions")
    assert sorted(PRESETS.values()) == sorted(file.name for file in folder.iterdir())
    assert list(PRESETS) == list(list_presets()) == list(NON_HITS)


def test_the_default_writes_nothing_that_matched_nothing() -> None:
    assert DEFAULT_PRESET == list_presets()[0] == "strict"
    strict = load_preset(DEFAULT_PRESET)
    assert strict.non_hits_kept == strict.longest_look_back == NEVER
    assert period_length(strict.non_hits_kept) is None


@pytest.mark.parametrize("name", PRESETS)
def test_it_loads_and_is_named_as_its_file(name: str, tmp_path: Path) -> None:
    policy = load_preset(name)
    assert policy.name == name
    assert PRESETS[name] == f"{name}.toml"
    assert policy.jurisdiction == (None if name in OWN else name)
    assert policy.jurisdiction is None or policy.jurisdiction in REGIONS
    path = tmp_path / "copy.toml"
    path.write_text(read_preset(name), encoding="utf-8")
    assert load_policy_file(path) == policy


@pytest.mark.parametrize("name", PRESETS)
def test_it_keeps_the_promises(name: str) -> None:
    policy = load_preset(name)
    assert policy.non_hits_kept == NON_HITS[name] <= NON_HIT_CEILING
    assert policy.lone_hit_kept <= NON_HIT_CEILING
    assert policy.purposes <= set(Purpose)
    assert policy.approvals == 1
    assert policy.longest_look_back == policy.non_hits_kept
    assert not policy.exigent
    if name not in OWN:
        assert not policy.purposes & LAW_LISTS_NO_SITES
    assert policy.hot_lists_refreshed == (DAY if name == "us-nh" else None)


@pytest.mark.parametrize("name", PRESETS)
def test_each_figure_tells_its_source_and_whether_the_statute_was_read(name: str) -> None:
    document = tomllib.loads(read_preset(name))
    for figure in Figure:
        if figure in document:
            assert document[figure]["source"]
            assert isinstance(document[figure]["statute_read"], bool)
    policy = load_preset(name)
    kept = policy.basis(Figure.NON_HITS_KEPT)
    assert kept is not None
    assert kept.known
    assert kept.statute_read is (name in STATUTE_READ)
    for unknown, figure in (
        (HITS_UNKNOWN, Figure.HITS_KEPT), (PURPOSES_UNKNOWN, Figure.PURPOSES),
    ):  # fmt: skip
        basis = policy.basis(figure)
        assert basis is not None
        assert basis.known is (name not in unknown)


@pytest.mark.parametrize("name", PRESETS)
def test_its_notes_say_what_is_not_known(name: str) -> None:
    policy = load_preset(name)
    notes = " ".join(policy.notes)
    assert policy.notes[0] == "This is no legal advice."
    bases = dict(policy.bases)
    if name not in OWN and not any(basis.statute_read for basis in bases.values()):
        assert re.search("not the statute itself|w(as|ere) not read", notes)
    for figure, word in (
        (Figure.HITS_KEPT, "How long a hit may be kept is unknown"),
        (Figure.PURPOSES, "the list is unknown"),
        (Figure.EXIGENT, "xigent searches are unknown"),
    ):
        assert (word in notes) is not bases[figure].known
    if name in PURPOSES_UNKNOWN:
        assert policy.purposes == {Purpose.TEST}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("purpose", Purpose)
def test_nobody_looks_back_alone_nor_for_another_purpose(name: str, purpose: Purpose) -> None:
    policy = load_preset(name)
    asked = {"purpose": purpose, "reference": "K 1", "since": NOW, "asked_by": "anna"}
    alone = LookBack(**asked, approved_by=frozenset({"anna"}))
    exigent = LookBack(**asked, exigent=True)
    assert not may_search(policy, alone, now=NOW)
    assert not may_search(policy, exigent, now=NOW)
    both = LookBack(**asked, approved_by=frozenset({"ben"}))
    kept = policy.non_hits_kept > NEVER and purpose is not Purpose.TEST
    assert may_search(policy, both, now=NOW) is (purpose in policy.purposes and kept)


@pytest.mark.parametrize("name", PRESETS)
def test_a_copy_cannot_be_widened(name: str) -> None:
    text = read_preset(name)
    assert check_policy(text, where="f").problems == ()
    head, _, tail = text.partition("[non_hits_kept]\nvalue = ")
    wide = f'{head}[non_hits_kept]\nvalue = "91 days"\n{tail.partition(chr(10))[2]}'
    assert "more than 90 days" in str(check_policy(wide, where="f").problems[0])
