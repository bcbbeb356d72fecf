"""Planted frauds: each yields exactly its code, and the honest act beside it nothing."""

import pytest
from tests.verify import case_frauds, key_frauds, list_frauds, other_frauds
from tests.verify.frauds import Act, Fraud
from tests.verify.stories import begin

from fairplate.verify.findings import Severity
from fairplate.verify.rules.codes import CODES, NOTICES

FRAUDS = (
    *case_frauds.FRAUDS,
    *key_frauds.FRAUDS,
    *list_frauds.FRAUDS,
    *other_frauds.FRAUDS,
)
OF_THE_BYTES = {code for code in CODES if code.startswith("event-")}

each_fraud = pytest.mark.parametrize(
    "fraud", FRAUDS, ids=lambda fraud: f"{fraud.code}: {fraud.name}"
)


def test_the_honest_log_has_no_findings() -> None:
    assert begin().check() == []


@each_fraud
def test_a_fraud_yields_its_code_and_no_other(fraud: Fraud) -> None:
    story = begin()
    fraud.planted(story)
    found = story.check(fraud.checked_after)
    assert {finding.code for finding in found} == {fraud.code}
    for finding in found:
        assert finding.where.startswith("event ")
        assert int(finding.where.removeprefix("event ")) < len(story.entries)
        assert (finding.severity is Severity.NOTICE) == (finding.code in NOTICES)


@each_fraud
def test_the_honest_act_yields_nothing(fraud: Fraud) -> None:
    story = begin()
    fraud.honest(story)
    assert story.check(fraud.checked_after) == []


@pytest.mark.parametrize(("forgotten", "again"), list_frauds.RESTORED)
def test_a_restored_database_may_do_what_it_did_not_know_to_be_wrong(
    forgotten: Act, again: Act
) -> None:
    story = begin()
    forgotten(story)
    again(story)
    assert {finding.code for finding in story.check()} == {"log-restored"}
    story.entries = [entry for entry in story.entries if b"log.restored" not in entry]
    assert story.check() != []  # without the restore it would be a fraud


def test_every_code_has_a_fraud() -> None:
    assert {fraud.code for fraud in FRAUDS} == CODES.keys() - OF_THE_BYTES
    assert CODES.keys() > NOTICES
