"""A read's characters from what a vendor tells of them: seldom more than one number.

One confidence `p` for a plate of `n` characters becomes `p ** (1/n)` for each, so that their
product, which is what scores a match, is `p` again. That says nothing of which character is weak,
because nobody told. Another candidate that differs in one place names that place's runner-up.
"""

from fairplate.core.reads import Character
from fairplate.ingest.vendor import VendorRead


def characters_of(read: VendorRead, plate: str, *, assumed: float) -> tuple[Character, ...]:
    """Return one character for each of `plate`; `assumed` is the whole's confidence if untold."""
    if read.characters:
        shares = [one.confidence for one in read.characters]
    else:
        whole = assumed if read.confidence is None else read.confidence
        shares = [whole ** (1 / len(plate))] * len(plate)
    runners_up = _runners_up(read, plate)
    return tuple(
        _character(char, share, runners_up.get(place))
        for place, (char, share) in enumerate(zip(plate, shares, strict=True))
    )


def confidence_of(read: VendorRead, *, assumed: float) -> float:
    """Return the read's confidence: told, else its weakest character's, else `assumed`."""
    if read.confidence is not None:
        return read.confidence
    return min((one.confidence for one in read.characters), default=assumed)


def _runners_up(read: VendorRead, plate: str) -> dict[int, tuple[str, float]]:
    """Return by place the likeliest other character, and its share of the one read (0 to 1)."""
    found: dict[int, tuple[str, float]] = {}
    for candidate in read.candidates:
        if len(candidate.plate) != len(plate):
            continue
        pairs = zip(plate, candidate.plate, strict=True)
        places = [place for place, (ours, theirs) in enumerate(pairs) if ours != theirs]
        if len(places) != 1 or not candidate.plate.isascii():
            continue
        (place,) = places
        ratio = 0.0
        if candidate.confidence is not None and read.confidence:
            ratio = min(candidate.confidence / read.confidence, 1.0)
        if place not in found or ratio > found[place][1]:
            found[place] = candidate.plate[place], ratio
    return found


def _character(char: str, share: float, runner_up: tuple[str, float] | None) -> Character:
    if runner_up is None:
        return Character(char, share)
    second, ratio = runner_up
    # Vendors' candidates add up to more than 1: what the first leaves is all there is.
    return Character(char, share, second, min(share * ratio, 1 - share))
