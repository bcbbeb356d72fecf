"""Whatever an operator writes into a log: the rules find, count and never fail."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.verify.stories import DAY, DAY_KEY, MONTH, READER, SECOND, WITNESSES, begin

from fairplate.audit import kinds
from fairplate.audit.canonical import canonical_json
from fairplate.audit.forms import FORMS
from fairplate.audit.kinds import MAX_INTEGER, Kind
from fairplate.verify.findings import Severity
from fairplate.verify.rules import LogRules, WitnessedNote
from fairplate.verify.rules.codes import CODES, NOTICES
from fairplate.verify.rules.figures import BY_TYPE, FIGURES

FILE = Path(__file__).parents[1] / "golden" / "events-v1.json"
SEALED = json.loads(FILE.read_text("utf-8"))["events"][0]["body"].split('"sealed":"')[1][:44]

WORDS = {one.name: one.words or () for one in vars(kinds).values() if isinstance(one, Kind)}
TIMES = st.sampled_from(
    [
        *("0001-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        *("2026-11-23T12:00:00.000Z", "2026-11-23T12:30:00.000Z", "2026-12-23T12:00:00.000Z"),
    ]
)
PERIODS = st.sampled_from(
    [
        *("1970-01-01T00:00Z/P1D", "9998-12-31T23:59Z/PT1M", "2026-11-23T00:00Z/P1D"),
        *("2026-11-23T12:00Z/PT1H", "2026-11-23T12:10Z/PT10M"),
    ]
)
COUNTS = st.sampled_from([0, 1, 2, 3, 5, 9, 86_400, 7_776_000, MAX_INTEGER])
ACTORS = st.sampled_from(["a", "b", "system"])
IDS = st.sampled_from(["x", "y"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "count": COUNTS,
    "seconds": COUNTS,
    "time": TIMES,
    "period": PERIODS,
    "key": PERIODS | PERIODS.map("hits/{}".format) | IDS.map("case/{}".format),
    "id": IDS,
    "name": IDS,
    "actor": ACTORS,
    "digest": st.just("0" * 64),
    "month": st.sampled_from([MONTH, "2026-12", "0000-01"]),
    "verifier key": st.sampled_from([*WITNESSES, f"x+00000000+{'A' * 44}"]),
}


def values_of(kind: str) -> st.SearchStrategy[Any]:
    if kind.endswith(" or null"):
        return st.none() | values_of(kind.removesuffix(" or null"))
    if kind.startswith("list of "):
        return st.lists(values_of(kind.removeprefix("list of ")), max_size=3)
    if kind.startswith("set of "):
        return st.sets(values_of(kind.removeprefix("set of ")), max_size=3).map(sorted)
    if kind in VALUES:
        return VALUES[kind]
    return st.sampled_from(WORDS[kind])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    event_type, form = draw(st.sampled_from(sorted(FORMS.items())))
    body = {
        "actor": draw(ACTORS),
        "at": draw(TIMES),
        "public": {field.name: draw(values_of(field.kind.name)) for field in form.public},
        "sealed": SEALED,
        "type": event_type.value,
        "v": 1,
    }
    return canonical_json(body)


@given(st.lists(bodies(), max_size=12), st.sampled_from([1, 2026, 9999]), st.booleans())
def test_any_events_are_judged(entries: list[bytes], year: int, drawn: bool) -> None:  # noqa: FBT001
    rules, found = LogRules(), []
    for index, entry in enumerate(entries):
        found.extend(rules.take(READER.read(index, entry)))
    now = datetime(year, 6, 1, tzinfo=UTC)
    note = WitnessedNote(MONTH, 5, b"note", datetime(2026, 11, 1, tzinfo=UTC))
    found.extend(rules.finish(now, {MONTH: note} if drawn else {}))
    for one in found:
        assert one.code in CODES
        assert (one.severity is Severity.NOTICE) == (one.code in NOTICES)
        assert int(one.where.removeprefix("event ")) < len(entries)
        assert one.message
    assert set(rules.facts()) <= set(FIGURES)
    assert all(isinstance(fact, int | str) for fact in rules.facts().values())


def test_the_facts_of_an_honest_log() -> None:
    story = begin()
    for _ in range(9):
        story.use_grant("approved")
    story.witness()
    story.draw()
    picks = story.picks()
    story.review(picks[0])
    found, rules = story.judge()
    assert found == []
    facts = rules.facts()
    assert list(facts) == list(FIGURES)
    assert facts == {
        "policy": "trial",
        "reads_kept_s": 30 * 86_400,
        "hits_kept_s": 60 * 86_400,
        "look_back_s": 30 * 86_400,
        "approvals": 1,
        "readers": 1,
        "people": 2,
        "cases_opened": 4,
        "cases_approved": 2,
        "cases_refused": 1,
        "cases_closed": 1,
        "searches": 11,
        "searches_exigent": 0,
        "searches_exigent_refused": 0,
        "holds": 1,
        "exports": 1,
        "subject_reports": 0,
        "lists": 4,
        "batches_imported": 4,
        "alerts_raised": 4,
        "alerts_confirmed": 2,
        "alerts_wrong": 1,
        "alerts_expired": 0,
        "alerts_mistaken": 0,
        "suspensions": 2,
        "suspended": 1,
        "keys_made": 3,
        "keys_destroyed": 1,
        "keys_living": 2,
        "keys_late": 0,
        "reviews_drawn": 5,
        "reviews_done": 1,
        "reviews_questioned": 0,
        "overdue_reviews": 0,
        "witnesses": 1,
        "quorum": 1,
        "events_opened": 1,
        "sign_ins_failed": 0,
        "backups": 0,
        "restores": 0,
    }
    assert rules.witness_keys == {WITNESSES[0]}
    assert rules.quorum == 1


def test_facts_that_count_events_name_types_there_are() -> None:
    assert set(BY_TYPE) <= set(FIGURES)
    assert set(BY_TYPE.values()) <= set(FORMS)


def test_overdue_reviews_are_counted_also_if_nobody_drew() -> None:
    story = begin()
    story.destroy_key(DAY_KEY, "asked")
    for _ in range(9):
        story.use_grant("approved")
    story.witness()
    for after, overdue in ((30 * DAY, 0), (30 * DAY + SECOND, 5)):
        found, rules = story.judge(after)
        assert len(found) == bool(overdue)
        assert rules.facts()["overdue_reviews"] == overdue
