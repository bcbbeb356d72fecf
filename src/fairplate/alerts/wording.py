"""The words in which an alert is told: never more certain than it is, and the same everywhere.

Decides what a person reads, in which order, and what stands where a locked screen shows it. Every
value is made harmless here: names from lists and readers cannot break a line or turn its direction.
Leaves the layout to `mail_page.py` and how it travels to the channels.
"""

import unicodedata
from datetime import datetime, timedelta

from fairplate.alerts.message import AlertMessage, Message, Notice
from fairplate.core.doubts import doubtful_lines, is_doubtful, percent
from fairplate.hotlists.match import MatchKind

UNCONFIRMED = "UNCONFIRMED \N{EM DASH} compare the picture with the entry before anyone acts"
CONFIRMED = "Confirmed by a dispatcher; still compare the picture with the entry before anyone acts"
NOT_TO_CONCLUDE = (
    "The text is a machine's reading: compare every character with the picture.",
    "The vehicle's keeper is not thereby its driver.",
    "The plate may be cloned, or have been moved to another vehicle.",
    "The entry may be out of date: confirm it with the live source.",
)
MAX_VALUE = 200
"""Longer values are cut: no name or reference pushes the doubts off the screen."""

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_ISOLATE, _END_OF_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"

_KIND_WORDS = {
    MatchKind.EXACT: "same text",
    MatchKind.LOOK_ALIKE: "one look-alike character",
    MatchKind.PATTERN: "fits a plate that the entry knows only in part",
}
_CHANCE_WORDS = (
    (0.95, "very likely right"),
    (0.8, "likely right"),
    (0.5, "more likely right than wrong"),
    (0.2, "more likely wrong than right"),
    (0.0, "very likely wrong"),
)
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def harmless(text: str) -> str:
    """Return `text` as one line without control and direction marks, at most MAX_VALUE long.

    What is written from right to left is isolated: it does not reorder what stands beside it.
    """
    kept = (
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Zs"} else c
        for c in text
        # Cf holds every bidirectional control, Cs and Cn what no font shows.
        if unicodedata.category(c) not in {"Cf", "Cs", "Cn", "Co"}
    )
    line = " ".join("".join(kept).split())
    if len(line) > MAX_VALUE:
        line = f"{line[: MAX_VALUE - 1]}…"
    if any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in line):
        return f"{_ISOLATE}{line}{_END_OF_ISOLATE}"
    return line


def is_urgent(message: Message) -> bool:
    """Say whether a phone should make itself heard."""
    return isinstance(message, AlertMessage) or message.is_loud


def heading(alert: AlertMessage) -> str:
    """Return the first thing said about an alert."""
    return CONFIRMED if alert.confirmed_by_dispatcher else UNCONFIRMED


def subject(message: Message, *, show_plate: bool) -> str:
    """Return the line for a list of messages; it holds the plate only if it may."""
    if isinstance(message, Notice):
        return f"Fairplate{' WARNING' if message.is_loud else ''}: {harmless(message.subject)}"
    state = "Confirmed" if message.confirmed_by_dispatcher else "UNCONFIRMED"
    plate = f" {marked_plate(message)}" if show_plate else ""
    return f"{state} alert{plate}: {_purpose(message)}, {harmless(message.reader_name)}"


def place(alert: AlertMessage) -> str:
    """Return what was seen where, without the plate."""
    told = f"{_purpose(alert).capitalize()}, {harmless(alert.reader_name)}"
    return f"{told}, {harmless(alert.direction)}" if alert.direction else told


def summary(alert: AlertMessage) -> str:
    """Return what, where and when in one sentence, without the plate."""
    return f"{place(alert)}, {moment(alert.captured_at)}"


def marked_plate(alert: AlertMessage) -> str:
    """Return the plate as read, each doubtful character in brackets: AB[8]123."""
    return "".join(f"[{c.char}]" if is_doubtful(c) else c.char for c in alert.characters)


def entry_marks(alert: AlertMessage) -> list[tuple[str, bool]]:
    """Return the entry's characters and whether each differs from the read."""
    entry = harmless(alert.entry_plate)
    is_same_length = len(entry) == len(alert.plate)
    return [
        (char, is_same_length and char != alert.plate[position])
        for position, char in enumerate(entry)
    ]


def marked_entry(alert: AlertMessage) -> str:
    """Return the entry's plate, what differs from the read in brackets."""
    return "".join(f"[{char}]" if differs else char for char, differs in entry_marks(alert))


def chance(alert: AlertMessage) -> str:
    """Return how likely the alert is right: in per cent, cut and not rounded, and in words."""
    share = min(alert.chance, 0.99)  # nothing here is certain
    words = next(words for least, words in _CHANCE_WORDS if share >= least)
    told = "under 1 %" if 0 <= share < 0.01 else percent(share)  # noqa: PLR2004
    wrong = 100 - int(share * 100 + 1e-9)
    are = "is" if wrong == 1 else "are"
    return f"{told}: {words}. Of 100 alerts like this one, about {wrong} {are} wrong."


def doubts(alert: AlertMessage) -> list[str]:
    """Return a line for every doubt, each once: of the match, then of single characters."""
    lines = [harmless(line) for line in alert.doubts]
    for line in doubtful_lines(alert.characters):
        # "character 3 reads 8": the match may have said so, with more.
        if not any(other.startswith(line.partition(" (")[0]) for other in lines):
            lines.append(line)
    return lines


def facts(alert: AlertMessage) -> list[tuple[str, str]]:
    """Return what the entry and the read say, as (label, value)."""
    told = [
        ("Fit", _KIND_WORDS[alert.kind]),
        ("Jurisdiction", harmless(alert.entry_jurisdiction or "")),
        ("Vehicle", vehicle(alert)),
        ("Purpose", _purpose(alert)),
        ("Reference", harmless(alert.reference)),
        ("List", harmless(alert.list_title)),
        ("Entry's age", age(alert.entry_age)),
        ("List's age", age(alert.list_age)),
        ("Reader", harmless(alert.reader_name)),
        ("Direction", harmless(alert.direction) or "not known"),
        ("Read at", moment(alert.captured_at)),
    ]
    return [(label, value or "not given") for label, value in told]


def vehicle(alert: AlertMessage) -> str:
    """Return what the entry says the vehicle looks like."""
    return harmless(alert.entry_vehicle) or "not given"


def whom_to_call(alert: AlertMessage) -> str:
    """Return who knows the live state of the entry."""
    return harmless(alert.call) or "the entry names nobody; ask the list's owner"


def plain_text(message: Message) -> str:
    """Return the whole message as lines of text."""
    if isinstance(message, Notice):
        lines = [harmless(message.subject), "", *map(harmless, message.lines)]
        return "\n".join([*lines, "", f"Told at {moment(message.at)} by Fairplate."]) + "\n"
    lines = [heading(message), "", f"{summary(message)}.", ""]
    lines += [
        f"Read:   {marked_plate(message)}",
        f"Entry:  {marked_entry(message)}",
        f"Chance of being right: {chance(message)}",
        f"Call:   {whom_to_call(message)}",
        "",
        "Doubts ([ ] marks what is doubtful or differs):",
        *(f"- {line}" for line in doubts(message) or ["none was found; compare all the same"]),
        "",
        *(f"{label}: {value}" for label, value in facts(message)),
        "",
        "What not to conclude:",
        *(f"- {line}" for line in NOT_TO_CONCLUDE),
        "",
        f"Alert {harmless(message.alert_id)}, raised at {moment(message.raised_at)}.",
    ]
    return "\n".join(lines) + "\n"


def short_text(message: Message, *, show_plate: bool) -> str:
    """Return a few lines for a phone's screen; they hold the plate only if they may."""
    if isinstance(message, Notice):
        return "\n".join(map(harmless, message.lines))
    plates = f"Read {marked_plate(message)}, entry {marked_entry(message)}\n" if show_plate else ""
    return (
        f"{summary(message)}\n{plates}Chance of being right: {chance(message)}\n{heading(message)}"
    )


def age(span: timedelta | None) -> str:
    """Return a span in its largest whole unit, cut."""
    if span is None:
        return "not known"
    seconds = int(span.total_seconds())
    for unit, length in _UNITS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def moment(at: datetime) -> str:
    """Return a time to the second, with its zone."""
    return at.strftime("%Y-%m-%d %H:%M:%S %Z")


def _purpose(alert: AlertMessage) -> str:
    return alert.purpose.value.replace("-", " ")
