"""Every code of the rules, and what it means; a code never changes its meaning.

The first are of events that are none (`events.py`), the others of events that tell what may not be.
All are faults but those in `NOTICES`.
"""

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        "event-too-long": "an entry is longer than a bundle can hold",
        "event-not-canonical": "an entry is not canonical JSON",
        "event-unknown-version": "an event is of a version that is not known here",
        "event-unknown-type": "an event is of a type that its version does not have",
        "event-unknown-field": "an event has a field that its type does not have",
        "event-missing-field": "an event lacks a field of its type",
        "event-bad-value": "a field holds what is not of its kind",
        "time-went-back": "an event is more than ten minutes earlier than one before it",
        "time-in-future": "an event is more than ten minutes later than the checkpoint",
        "time-unlikely": "an event is of a year before 2020",
        "policy-missing": "something was done before any policy was set",
        "policy-not-permitted": "a policy says what none may say",
        "purpose-not-permitted": "a case or an alert is for what the policy does not permit",
        "exigent-not-permitted": "somebody claims an emergency that policy or case does not have",
        "exigent-not-approved": "an emergency search was not approved within 72 hours",
        "exigent-refused": "an emergency search was refused afterwards",
        "case-opened-twice": "a case has the id of an earlier one",
        "case-too-far-back": "a case asks for times before the policy's longest look-back",
        "case-unknown": "something was done under a case that nobody opened",
        "case-refused": "something was done under a case after it was refused",
        "case-closed": "something was done under a case after it was closed",
        "case-not-approved": "something was done under a case without enough other people's yes",
        "approval-expired": "something was done under a case after its approvals had expired",
        "approved-own-request": "somebody approved what they asked for themselves",
        "approved-twice": "one person's approval was counted twice",
        "approver-not-on-record": "a search names an approver who has not approved",
        "search-by-another": "somebody searched who did not open the case",
        "purpose-differs": "a search is for another purpose than its case",
        "search-too-wide": "a search reached more plates, readers or times than its case names",
        "search-too-far-back": "a search reached further back than the policy lets it",
        "search-not-kept": "a search opened reads where the policy keeps none",
        "key-made-twice": "a key was made that lived already",
        "key-not-living": "a key was destroyed that was never made, or destroyed before",
        "key-times-differ": "the end of a key tells another life than its making",
        "key-lives-too-long": "a key was made for longer than any policy let it live",
        "key-destroyed-late": "a key was destroyed after its time",
        "key-overdue": "a key lives whose time is over",
        "alert-raised-twice": "an alert has the id of an earlier one",
        "alert-unknown": "an alert was decided or followed up that was never raised",
        "alert-decided-twice": "an alert was decided a second time",
        "outcome-not-confirmed": "an outcome is told of an alert that nobody confirmed",
        "outcome-twice": "a second outcome is told of an alert",
        "reader-enrolled-twice": "a reader was enrolled that was enrolled already",
        "reader-not-enrolled": "a reader was disabled that was not enrolled",
        "user-unknown": "a person's role was changed who was never invited",
        "role-differs": "a change of role tells another role before than the log",
        "own-role-changed": "somebody decided their own role",
        "witness-added-twice": "a witness was added that was asked already",
        "witness-unknown": "a witness was removed that was not asked",
        "witness-key-wrong": "a witness's key is no key for cosignatures",
        "quorum-too-large": "a quorum asks for more witnesses than there are",
        "reviews-drawn-twice": "the reviews of one month were drawn again",
        "review-month-unknown": "reviews were drawn for a month without a witnessed checkpoint",
        "review-size-wrong": "reviews were drawn from another size than the witnessed checkpoint's",
        "review-searches-wrong": "reviews were drawn from another number of searches",
        "review-picks-wrong": "other searches were picked than the witnessed checkpoint picks",
        "review-not-picked": "a search was reviewed that was not picked",
        "review-done-twice": "a search was reviewed a second time",
        "review-by-concerned": "a search was reviewed by somebody who took part in it",
        "reviews-overdue": "searches that were picked were not reviewed within 30 days",
        "opened-unknown-event": "an event was shown that the log did not have",
        "restored-range-wrong": "a restore tells of others than the events directly before it",
        "log-restored": "a database was restored from a backup; what it forgot may be done again",
        "refused-own-request": "somebody refused what they asked for themselves",
        "search-reach-wrong": "a search tells of a reach that contradicts itself",
        "time-after-witnessed": "an event is later than a witnessed or older checkpoint with it",
        "time-before-witnessed": "an event is earlier than such a checkpoint without it",
    }
)

NOTICES = frozenset({"exigent-refused", "log-restored", "reviews-overdue"})
"""Codes that stand against nobody; all others are faults."""
