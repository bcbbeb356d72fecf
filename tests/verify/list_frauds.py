"""Frauds about hot lists and about what was suspended from alerting."""

from datetime import timedelta

from tests.verify.frauds import Act, Fraud, act, steps, wait
from tests.verify.stories import DAY, HOUR, MINUTE, SECOND, Story


def raised(of: str, purpose: str = "stolen-vehicle", match: str = "exact") -> Act:
    """Raise one alert more."""
    return lambda story: story.raise_alert(
        f"alert-{len(story.entries)}", purpose, of=of, match=match
    )


def retold(*acts: Act) -> Act:
    """Do it, and let the database be restored to what it was before."""

    def do(story: Story) -> None:
        first = len(story.entries)
        steps(*acts)(story)
        story.restore(first, len(story.entries) - first)

    return do


STALE = timedelta(hours=1, minutes=1)
# The batch of `hourly` came in the first seconds of the story.
FRESH = act("import_batch", "hourly", fresh_for=HOUR)
STRICTER = steps(act("set_list", "stolen", look_alikes=False), wait(10 * MINUTE))
NARROWED = act("set_list", "stolen", "court-order")

FRAUDS = (
    Fraud(
        "alert-list-empty",
        "an alert of a list without a batch",
        raised("empty"),
        steps(act("import_batch", "empty"), raised("empty")),
    ),
    Fraud(
        "alert-list-empty",
        "an alert of entries that ended with their list",
        steps(act("set_list", "retired"), raised("retired")),
        steps(act("set_list", "retired"), act("import_batch", "retired"), raised("retired")),
    ),
    Fraud("list-unknown", "an alert of no list", raised("none"), raised("stolen")),
    Fraud(
        "list-unknown",
        "a batch for no list",
        act("import_batch", "none"),
        steps(act("set_list", "none"), act("import_batch", "none")),
    ),
    Fraud(
        "list-unknown",
        "the end of no list",
        act("retire_list", "none"),
        act("retire_list", "empty"),
    ),
    Fraud(
        "list-unknown", "no list is stale", act("tell_stale", "none"), act("tell_stale", "empty")
    ),
    Fraud("list-unknown", "no list is suspended", act("suspend", "none"), act("suspend", "stolen")),
    Fraud(
        "list-retired",
        "an alert of a list that was retired",
        steps(wait(MINUTE), raised("retired")),
        steps(act("retire_list", "stolen"), wait(50 * SECOND), raised("stolen")),
    ),
    Fraud(
        "list-retired",
        "a batch for a list that was retired",
        act("import_batch", "retired"),
        steps(act("set_list", "retired"), act("import_batch", "retired")),
    ),
    Fraud(
        "list-retired",
        "a list ended twice",
        act("retire_list", "retired"),
        steps(act("set_list", "retired"), act("retire_list", "retired")),
    ),
    Fraud(
        "alert-list-stale",
        "an alert of old entries",
        steps(FRESH, wait(STALE), raised("hourly")),
        steps(FRESH, wait(STALE - 10 * SECOND), raised("hourly")),
    ),
    Fraud(
        "alert-list-stale",
        "an alert of a list that was told to be stale",
        steps(act("tell_stale", "stolen"), wait(MINUTE), raised("stolen")),
        steps(
            *(act("tell_stale", "stolen"), wait(MINUTE)),
            *(act("import_batch", "stolen"), raised("stolen")),
        ),
    ),
    Fraud(
        "alert-suspended",
        "an alert of a list that was suspended",
        steps(wait(MINUTE), raised("noisy")),
        steps(wait(MINUTE), act("lift", "noisy"), raised("noisy")),
    ),
    Fraud(
        "alert-suspended",
        "an alert long after, of a list that a person suspended",
        steps(act("suspend", "stolen", reason="asked"), wait(DAY), raised("stolen")),
        steps(act("suspend", "stolen", reason="asked"), wait(50 * SECOND), raised("stolen")),
    ),
    Fraud("suspended-twice", "a list", act("suspend", "noisy"), act("suspend", "stolen")),
    Fraud(
        "suspended-twice",
        "a reader",
        steps(act("suspend", "gate", "reader"), act("suspend", "gate", "reader")),
        steps(act("suspend", "gate", "reader"), act("lift", "gate", "reader")),
    ),
    Fraud(
        "suspension-unfounded",
        "of a list without a wrong alert",
        act("suspend", "stolen", wrong=0),
        act("suspend", "stolen", wrong=1),
    ),
    Fraud(
        "suspension-unfounded",
        "more were wrong than there were",
        act("suspend", "stolen", reason="asked", wrong=1, decided=0),
        act("suspend", "stolen", reason="asked", wrong=0, decided=0),
    ),
    Fraud("lifted-not-suspended", "a list", act("lift", "stolen"), act("lift", "noisy")),
    Fraud(
        "lifted-not-suspended",
        "a reader called as the list",
        act("lift", "noisy", "reader"),
        act("lift", "noisy"),
    ),
    Fraud(
        "lifted-not-suspended",
        "lifted twice",
        steps(act("lift", "noisy"), act("lift", "noisy")),
        steps(act("lift", "noisy"), act("suspend", "noisy"), act("lift", "noisy")),
    ),
    Fraud(
        "lifted-by-nobody",
        "the system lets itself alert again",
        act("lift", "noisy", actor="system"),
        act("lift", "noisy", actor="user:lea"),
    ),
    Fraud(
        "list-purpose-differs",
        "entries that the list is not for",
        act("import_batch", "stolen", "stolen-vehicle", "missing-or-endangered-person"),
        act("import_batch", "stolen", "stolen-vehicle", "court-order"),
    ),
    Fraud(
        "list-purpose-differs",
        "an alert that the list is not for",
        raised("stolen", "missing-or-endangered-person"),
        raised("stolen", "court-order"),
    ),
    Fraud(
        "list-purpose-differs",
        "an alert for what the list was narrowed from",
        steps(NARROWED, wait(10 * MINUTE), raised("stolen")),
        steps(NARROWED, wait(9 * MINUTE), raised("stolen")),
    ),
    Fraud(
        "look-alike-not-permitted",
        "an alert of a look-alike",
        steps(STRICTER, raised("stolen", match="look-alike")),
        steps(STRICTER, raised("stolen", match="pattern")),
    ),
    Fraud(
        "look-alike-not-permitted",
        "an alert of a look-alike, though the list took them once",
        steps(STRICTER, act("suspend", "stolen"), raised("stolen", match="look-alike")),
        raised("stolen", match="look-alike"),
    ),
    Fraud(
        "batch-fresh-too-long",
        "a batch that is good for a day instead of an hour",
        act("import_batch", "hourly", fresh_for=DAY),
        act("import_batch", "hourly", fresh_for=HOUR),
    ),
    Fraud(
        "batch-fresh-too-long",
        "a batch that is good for ever",
        act("import_batch", "hourly", fresh_for=None),
        act("import_batch", "stolen", fresh_for=HOUR),
    ),
)

RESTORED = (
    (retold(act("retire_list", "stolen"), wait(DAY)), raised("stolen")),
    (retold(act("retire_list", "stolen")), act("import_batch", "stolen")),
    (retold(act("retire_list", "stolen")), act("retire_list", "stolen")),
    (
        retold(act("retire_list", "stolen"), act("set_list", "stolen")),
        steps(wait(DAY), raised("stolen")),
    ),
    (retold(act("import_batch", "stolen", fresh_for=HOUR), wait(DAY)), raised("stolen")),
    (
        retold(act("suspend", "stolen"), wait(DAY)),
        steps(raised("stolen"), act("suspend", "stolen")),
    ),
    (retold(act("lift", "noisy")), act("lift", "noisy")),
    (retold(NARROWED, wait(DAY)), steps(raised("stolen"), act("import_batch", "stolen"))),
)
"""What a restored database forgot, and what it may do then."""
