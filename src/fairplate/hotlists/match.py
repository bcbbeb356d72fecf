"""Whether a read may be an entry, how likely, and what a person should doubt.

Decides which entries fit a read, their order, and which are held back with the reason. Leaves to
others what becomes of a match (`alerts/`, the command line). A match proves nothing: a person
compares picture and entry.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fairplate.core.clock import require_aware
from fairplate.core.reads import Character, PlateRead
from fairplate.core.regions import regions_contradict
from fairplate.core.vehicles import VehicleType, vehicles_contradict
from fairplate.hotlists.confusions import characters_like, confusion_prior, share_a_glyph
from fairplate.hotlists.entries import Entry

# Below this a match is held back: the read is so unsure that it would fit a dozen plates.
MIN_SCORE = 0.02

# A character read with less than this is worth a look even where it fits.
SURE_CONFIDENCE = 0.7


class MatchKind(StrEnum):
    """How the text of the read fits the entry's."""

    EXACT = "exact"
    LOOK_ALIKE = "look-alike"


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that a read may be. `score` (0 to 1): how likely this read is if that plate passed.

    `doubts` are lines for the person who compares. `held_back` are the reasons why this is not to
    be shown as a match; with none, it is one.
    """

    entry: Entry
    kind: MatchKind
    score: float
    doubts: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()


class HotListIndex:
    """Entries by plate. A lookup asks for the read and each of its look-alikes, never scans."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Take the entries of any number of lists; one plate may stand on several."""
        self._by_plate: defaultdict[str, list[Entry]] = defaultdict(list)
        self._by_fold: defaultdict[str, set[str]] = defaultdict(set)
        for entry in entries:
            self._by_plate[entry.plate].append(entry)
            if "O" in entry.plate or "0" in entry.plate:
                self._by_fold[_fold_zero(entry.plate)].add(entry.plate)

    def match(self, read: PlateRead, *, now: datetime) -> list[Match]:
        """Return every entry the read may be at `now` (aware): best first, held back last."""
        require_aware(now, where="match", field="now")
        matches = [
            match_entry(read, entry, now=now)
            for plate in self._plates_like(read.plate)
            for entry in self._by_plate[plate]
        ]
        return sorted(matches, key=_rank)

    def _plates_like(self, plate: str) -> Iterator[str]:
        """Yield the listed plates, each once, that fit `plate` by the rule of `fits`."""
        if plate in self._by_plate:
            yield plate
        for folded in self._by_fold.get(_fold_zero(plate), ()):
            if folded != plate:
                yield folded
        for position, char in enumerate(plate):
            for other in characters_like(char):
                candidate = f"{plate[:position]}{other}{plate[position + 1 :]}"
                if candidate in self._by_plate and _fold_zero(candidate) != _fold_zero(plate):
                    yield candidate


def fits(read_plate: str, entry_plate: str) -> bool:
    """Say whether a read of one plate may be the other.

    Equal; or different only in O for 0, at any number of places, because that is a way of keying a
    list and not a misread; or different in exactly one character that looks alike.
    """
    if _fold_zero(read_plate) == _fold_zero(entry_plate):
        return True
    if len(read_plate) != len(entry_plate):
        return False
    pairs = [(a, b) for a, b in zip(read_plate, entry_plate, strict=True) if a != b]
    return len(pairs) == 1 and confusion_prior(*pairs[0]) > 0


def match_entry(read: PlateRead, entry: Entry, *, now: datetime) -> Match:
    """Return the match of a read with an entry whose plate `fits`."""
    kind = MatchKind.EXACT if read.plate == entry.plate else MatchKind.LOOK_ALIKE
    score = score_read(read.characters, entry.plate)
    doubts = (*_doubts_of_text(read, entry), *_doubts_of_circumstance(read, entry))
    return Match(entry, kind, score, doubts, tuple(_reasons_to_hold_back(read, entry, score, now)))


def score_read(characters: tuple[Character, ...], plate: str) -> float:
    """Return the product over the characters of how likely each was read so from `plate`.

    Where the read has the plate's character: its confidence. Where not: what the reader gave the
    plate's character as its second choice, but at least the pair's prior times the confidence of
    the character read, because readers are surer than they are right (see `confusions.py`).
    """
    score = 1.0
    for read, char in zip(characters, plate, strict=True):
        if read.char == char:
            score *= read.confidence
        else:
            second = read.second_confidence if read.second == char else 0.0
            score *= max(second, confusion_prior(read.char, char) * read.confidence)
    return score


def match_fields(match: Match) -> dict[str, object]:
    """Return the match as the stable fields of `fairplate read --json` (DESIGN.md section 7)."""
    entry = match.entry
    return {
        "list": entry.source,
        "line": entry.line,
        "plate": entry.plate,
        "kind": match.kind.value,
        "score": round(match.score, 4),
        "purpose": entry.purpose.value,
        "reference": entry.reference,
        "jurisdiction": entry.jurisdiction,
        "vehicle": entry.vehicle.value,
        "call": entry.call,
        "doubts": list(match.doubts),
        "held_back": list(match.held_back),
    }


def _fold_zero(plate: str) -> str:
    return plate.replace("O", "0")


def _rank(match: Match) -> tuple[bool, bool, float, str, int]:
    look_alike = match.kind is MatchKind.LOOK_ALIKE
    return bool(match.held_back), look_alike, -match.score, match.entry.source, match.entry.line


def _percent(share: float) -> str:
    """Return a share in whole per cent, cut and not rounded: 99.9 % is not certain."""
    whole = int(share * 100 + 1e-9)  # 0.29 * 100 is 28.999…
    return "under 1 %" if share > 0 and whole == 0 else f"{whole} %"


def _doubts_of_text(read: PlateRead, entry: Entry) -> Iterator[str]:
    pairs = zip(read.characters, entry.plate, strict=True)
    for position, (seen, char) in enumerate(pairs, start=1):
        said = f"character {position} reads {seen.char} ({_percent(seen.confidence)})"
        if seen.char != char:
            runner_up = (
                f"runner-up, {_percent(seen.second_confidence)}"
                if seen.second == char
                else "not the runner-up"
            )
            yield f"{said}, the entry has {char} ({runner_up})"
            if share_a_glyph(seen.char, char):
                yield f"{seen.char} and {char} are printed or listed alike in places"
        elif seen.confidence < SURE_CONFIDENCE:
            rival = (
                ""
                if seen.second is None
                else f", runner-up {seen.second} ({_percent(seen.second_confidence)})"
            )
            yield f"{said}{rival}"


def _doubts_of_circumstance(read: PlateRead, entry: Entry) -> Iterator[str]:
    if read.frames == 1:
        yield "read in one frame only"
    if entry.jurisdiction is None:
        yield "entry gives no jurisdiction"
    elif read.region is None:
        yield "jurisdiction of the read is unknown"
    elif read.region != entry.jurisdiction and not regions_contradict(
        read.region, entry.jurisdiction
    ):
        yield f"jurisdiction is only known as {read.region}, the entry has {entry.jurisdiction}"
    if entry.vehicle is VehicleType.UNKNOWN:
        yield "entry gives no vehicle type"
    elif read.vehicle is VehicleType.UNKNOWN:
        yield "vehicle type of the read is unknown"
    elif read.vehicle is not entry.vehicle and not vehicles_contradict(read.vehicle, entry.vehicle):
        yield f"vehicle looks like a {read.vehicle}, the entry has {entry.vehicle}"


def _reasons_to_hold_back(
    read: PlateRead, entry: Entry, score: float, now: datetime
) -> Iterator[str]:
    if regions_contradict(read.region, entry.jurisdiction):
        yield f"jurisdiction contradicts: read {read.region}, entry {entry.jurisdiction}"
    if vehicles_contradict(read.vehicle, entry.vehicle):
        yield f"vehicle type contradicts: read {read.vehicle}, entry {entry.vehicle}"
    if entry.valid_until is not None and entry.has_expired(now):
        yield f"entry expired at {entry.valid_until.isoformat(timespec='minutes')}"
    if entry.valid_from is not None and entry.is_yet_to_begin(now):
        yield f"entry begins at {entry.valid_from.isoformat(timespec='minutes')}"
    if score < MIN_SCORE:
        yield f"score {score:.4f} is below {MIN_SCORE}"
