"""Whether a read may be an entry, how likely, and what a person should doubt.

Decides which entries fit a read, their order, and which are held back with the reason. Leaves to
others what becomes of a match (`alerts/`, the command line). A match proves nothing: a person
compares picture and entry.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from fairplate.core.clock import require_aware
from fairplate.core.reads import Character, PlateRead
from fairplate.core.regions import regions_contradict
from fairplate.core.vehicles import VehicleType, vehicles_contradict
from fairplate.hotlists.confusions import LOOK_ALIKE_PRIOR, confusion_prior, share_a_glyph
from fairplate.hotlists.entries import UNKNOWN_CHARACTER, Entry
from fairplate.hotlists.index import PlateIndex
from fairplate.hotlists.packing import fold_zero, pack_plate

# Below this a match is held back: the read is so unsure that it would fit a dozen plates.
MIN_SCORE = 0.02

# A character read with less than this is worth a look even where it fits.
SURE_CONFIDENCE = 0.7


class MatchKind(StrEnum):
    """How the text of the read fits the entry's."""

    EXACT = "exact"
    LOOK_ALIKE = "look-alike"
    PATTERN = "pattern"


class MatchHold(StrEnum):
    """Why a match is not to be shown as one."""

    JURISDICTION = "jurisdiction"
    VEHICLE = "vehicle"
    ENTRY_EXPIRED = "entry-expired"
    ENTRY_NOT_BEGUN = "entry-not-begun"
    LOW_SCORE = "low-score"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One reason, a `MatchHold` or the gate's own, and the same as a person is told it."""

    reason: StrEnum
    told: str

    def __str__(self) -> str:
        """Return what a person is told."""
        return self.told


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
    held_back: tuple[HeldBack, ...] = ()


class HotListIndex:
    """Entries in memory, found by plate. A lookup asks for the plates that fit, never scans."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Take the entries of any number of lists; one plate may stand on several."""
        self._entries = tuple(entries)
        plates = [entry.plate for entry in self._entries]
        keys = np.fromiter((pack_plate(plate) for plate in plates), np.uint64, len(plates))
        patterns = [(plate, row) for row, plate in enumerate(plates) if UNKNOWN_CHARACTER in plate]
        self._index = PlateIndex(keys, patterns)

    def match(self, read: PlateRead, *, now: datetime, look_alikes: bool = True) -> list[Match]:
        """Return every entry the read may be at `now` (aware): best first, held back last."""
        rows = self._index.rows_like(read.plate, look_alikes=look_alikes)
        entries = [self._entries[row] for row in rows]
        return match_entries(read, entries, now=now, look_alikes=look_alikes)


def match_entries(
    read: PlateRead, entries: Iterable[Entry], *, now: datetime, look_alikes: bool = True
) -> list[Match]:
    """Return the matches with those entries that `fits` permits: best first, held back last."""
    require_aware(now, where="match", field="now")
    fitting = (entry for entry in entries if fits(read.plate, entry.plate, look_alikes=look_alikes))
    return sorted((match_entry(read, entry, now=now) for entry in fitting), key=rank_match)


def fits(read_plate: str, entry_plate: str, *, look_alikes: bool = True) -> bool:
    """Say whether a read of one plate may be the other, which may be a pattern.

    Equal; or different only in O for 0, at any number of places, because that is a way of keying a
    list and not a misread; or, with `look_alikes`, different in exactly one character that looks
    alike. A pattern's known characters must be equal, O and 0 taken as one.
    """
    if fold_zero(read_plate) == fold_zero(entry_plate):
        return True
    if len(read_plate) != len(entry_plate):
        return False
    if UNKNOWN_CHARACTER in entry_plate:
        folded = zip(fold_zero(read_plate), fold_zero(entry_plate), strict=True)
        return all(char in (seen, UNKNOWN_CHARACTER) for seen, char in folded)
    pairs = [(a, b) for a, b in zip(read_plate, entry_plate, strict=True) if a != b]
    return look_alikes and len(pairs) == 1 and confusion_prior(*pairs[0]) > 0


def match_entry(read: PlateRead, entry: Entry, *, now: datetime) -> Match:
    """Return the match of a read with an entry whose plate `fits`."""
    score = score_read(read.characters, entry.plate)
    doubts = (*_doubts_of_text(read, entry), *_doubts_of_circumstance(read, entry))
    held_back = tuple(_reasons_to_hold_back(read, entry, score, now))
    return Match(entry, _kind_of(read, entry), score, doubts, held_back)


def _kind_of(read: PlateRead, entry: Entry) -> MatchKind:
    if entry.is_pattern:
        return MatchKind.PATTERN
    return MatchKind.EXACT if read.plate == entry.plate else MatchKind.LOOK_ALIKE


def score_read(
    characters: tuple[Character, ...], plate: str, *, unnamed: float = LOOK_ALIKE_PRIOR
) -> float:
    """Return the product over the characters of how likely each was read so from `plate`.

    Where the read has the plate's character: its confidence. Where not: what the reader gave the
    plate's character as its second choice, but at least the pair's prior (`unnamed`, or one half
    for one glyph) times the confidence of the character read. Where the plate is a pattern, only
    its known characters count.
    """
    score = 1.0
    for read, char in zip(characters, plate, strict=True):
        if char == UNKNOWN_CHARACTER:
            continue
        if read.char == char:
            score *= read.confidence
        else:
            second = read.second_confidence if read.second == char else 0.0
            score *= max(
                second, confusion_prior(read.char, char, unnamed=unnamed) * read.confidence
            )
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
        "held_back": [held.told for held in match.held_back],
    }


def rank_match(match: Match) -> tuple[bool, int, float, str, int]:
    """Return what sorts matches: the best first, those that are held back last."""
    entry = match.entry
    by_kind = list(MatchKind).index(match.kind)
    return bool(match.held_back), by_kind, -match.score, entry.source, entry.line


def _percent(share: float) -> str:
    """Return a share in whole per cent, cut and not rounded: 99.9 % is not certain."""
    whole = int(share * 100 + 1e-9)  # 0.29 * 100 is 28.999…
    return "under 1 %" if share > 0 and whole == 0 else f"{whole} %"


def _doubts_of_text(read: PlateRead, entry: Entry) -> Iterator[str]:
    unknown = [str(at) for at, char in enumerate(entry.plate, start=1) if char == UNKNOWN_CHARACTER]
    if unknown:
        yield f"entry has unknown characters at {' and '.join(unknown)}"
    pairs = zip(read.characters, entry.plate, strict=True)
    for position, (seen, char) in enumerate(pairs, start=1):
        if char == UNKNOWN_CHARACTER:
            continue
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
) -> Iterator[HeldBack]:
    if regions_contradict(read.region, entry.jurisdiction):
        told = f"jurisdiction contradicts: read {read.region}, entry {entry.jurisdiction}"
        yield HeldBack(MatchHold.JURISDICTION, told)
    if vehicles_contradict(read.vehicle, entry.vehicle):
        told = f"vehicle type contradicts: read {read.vehicle}, entry {entry.vehicle}"
        yield HeldBack(MatchHold.VEHICLE, told)
    if entry.valid_until is not None and entry.has_expired(now):
        told = f"entry expired at {entry.valid_until.isoformat(timespec='minutes')}"
        yield HeldBack(MatchHold.ENTRY_EXPIRED, told)
    if entry.valid_from is not None and entry.is_yet_to_begin(now):
        told = f"entry begins at {entry.valid_from.isoformat(timespec='minutes')}"
        yield HeldBack(MatchHold.ENTRY_NOT_BEGUN, told)
    if score < MIN_SCORE:
        yield HeldBack(MatchHold.LOW_SCORE, f"score {score:.4f} is below {MIN_SCORE}")
