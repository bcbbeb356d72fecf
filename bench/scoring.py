"""Counts what an engine got right: pure figures from labels and reads, no pictures, no clock.

Decides when a plate counts as found and as exactly right. Leaves running engines to others.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from math import ceil
from statistics import fmean, median

from fairplate.core.errors import InputError
from fairplate.core.plates import normalise_plate
from fairplate.core.reads import Box

COLUMNS = ["image", "x", "y", "w", "h", "text"]
_FOUND_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Label:
    """One plate of a picture: its box (None: the picture is the crop itself), its text if known."""

    image: str
    box: Box | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine said: a plate, and where (None: asked about the whole picture)."""

    plate: str
    box: Box | None


@dataclass(frozen=True, slots=True)
class PictureScore:
    """The counts of one picture; `errors` holds one character error rate a transcribed plate.

    Only `boxed` plates can be found, and only beside them can a read be false.
    """

    plates: int
    boxed: int
    found_iou50: int
    found_centre: int
    transcribed: int
    exact_top: bool
    exact_any: int
    errors: tuple[float, ...]
    false_reads: int


def parse_labels(text: str, *, where: str) -> dict[str, list[Label]]:
    """Return the labels of a `labels.csv` by picture, in its order; InputError if it is wrong.

    Columns image, x, y, w, h (pixels) and text; an empty box means that the picture is the crop,
    an empty text that nobody transcribed it.
    """
    rows = csv.DictReader(StringIO(text))
    if rows.fieldnames != COLUMNS:
        raise InputError(
            where, "columns", expected=",".join(COLUMNS), found=f"{rows.fieldnames or 'none'}"
        )
    pictures: dict[str, list[Label]] = {}
    for row in rows:
        line = f"{where}:{rows.line_num}"
        plate = normalise_plate(row["text"], where=line, field="text") if row["text"] else None
        label = Label(row["image"], _parse_box(row, line), plate)
        pictures.setdefault(label.image, []).append(label)
    return pictures


def _parse_box(row: dict[str, str], where: str) -> Box | None:
    sides = [row[name] for name in ("x", "y", "w", "h")]
    if not any(sides):
        return None
    try:
        x, y, w, h = (round(float(side)) for side in sides)
    except (TypeError, ValueError):
        raise InputError(
            where, "x,y,w,h", expected="four numbers or nothing", found=f"{sides}"
        ) from None
    return Box(x, y, x + w, y + h)


def edit_distance(one: str, other: str) -> int:
    """Return the least number of characters to insert, delete or replace (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def character_error_rate(text: str, said: str | None) -> float:
    """Return the edits needed per character of `text`: 1.0 if nothing was said, or even more."""
    return 1.0 if said is None else edit_distance(text, said) / len(text)


def _holds(label: Label, answer: Answer) -> bool:
    """Say whether the answer's centre lies on the labelled plate; on a crop everything does."""
    if label.box is None or answer.box is None:
        return True
    x, y = answer.box.centre
    return label.box.x1 <= x <= label.box.x2 and label.box.y1 <= y <= label.box.y2


def _overlaps(label: Label, answer: Answer) -> bool:
    if label.box is None or answer.box is None:
        return True
    return label.box.overlap(answer.box) >= _FOUND_OVERLAP


def score_picture(labels: Sequence[Label], answers: Sequence[Answer]) -> PictureScore:
    """Return the counts of one picture; `answers` are most prominent first.

    An answer stands for one plate at most and a plate takes the first answer on it. Exactly right
    is about the text only: where the answer was is what `found` tells.
    """
    by_centre = _assign(labels, answers, _holds)
    by_overlap = _assign(labels, answers, _overlaps)
    boxed = [at for at, label in enumerate(labels) if label.box is not None]
    known = [(label.text, by_centre[at]) for at, label in enumerate(labels) if label.text]
    left = [answer.plate for answer in answers]
    exact_any = 0
    for text, _ in known:
        if text in left:
            left.remove(text)
            exact_any += 1
    return PictureScore(
        plates=len(labels),
        boxed=len(boxed),
        found_iou50=sum(by_overlap[at] is not None for at in boxed),
        found_centre=sum(by_centre[at] is not None for at in boxed),
        transcribed=len(known),
        exact_top=bool(answers) and answers[0].plate in {text for text, _ in known},
        exact_any=exact_any,
        errors=tuple(
            character_error_rate(text, answer.plate if answer else None) for text, answer in known
        ),
        false_reads=sum(not any(_holds(label, answer) for label in labels) for answer in answers),
    )


def _assign(
    labels: Sequence[Label], answers: Sequence[Answer], fits: Callable[[Label, Answer], bool]
) -> list[Answer | None]:
    """Return for each label the first answer that fits it and that no earlier label took."""
    free = list(answers)
    taken: list[Answer | None] = []
    for label in labels:
        answer = next((a for a in free if fits(label, a)), None)
        if answer is not None:
            free.remove(answer)
        taken.append(answer)
    return taken


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(ceil(len(ordered) * percent / 100) - 1, 0)]


def summarise(scores: Iterable[PictureScore], times_ms: Sequence[float]) -> dict[str, object]:
    """Return the figures of a set, shares as 0 to 1; None where no label lets one be told."""
    all_scores = list(scores)
    boxed = [s for s in all_scores if s.boxed]
    plates = sum(s.boxed for s in boxed)
    known = [s for s in all_scores if s.transcribed]
    transcribed = sum(s.transcribed for s in known)
    return {
        "pictures": len(all_scores),
        "plates": sum(s.plates for s in all_scores),
        "transcribed": transcribed,
        "exact_top": _share(sum(s.exact_top for s in known), len(known)),
        "exact_any": _share(sum(s.exact_any for s in known), transcribed),
        "cer": round(fmean(e for s in known for e in s.errors), 4) if known else None,
        "found_iou50": _share(sum(s.found_iou50 for s in boxed), plates),
        "found_centre": _share(sum(s.found_centre for s in boxed), plates),
        "false_per_picture": _share(sum(s.false_reads for s in boxed), len(boxed)),
        "ms_median": round(median(times_ms), 1) if times_ms else None,
        "ms_p95": round(percentile(times_ms, 95), 1) if times_ms else None,
    }


def _share(count: int, of: int) -> float | None:
    return round(count / of, 4) if of else None
