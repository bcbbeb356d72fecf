"""Confidences on the scales that vendors use, as 0 to 1."""

from enum import Enum

from fairplate.ingest.vendor import CharacterShare

_ROUNDING = 1e-6
"""A sum of floats may pass the end of its scale by so much."""


class Scale(Enum):
    """What a full confidence is on each scale."""

    SHARE = 1.0
    PERCENT = 100.0
    BYTE = 255.0


def to_share(value: float | None, scale: Scale) -> float | None:
    """Return the confidence as 0 to 1; None if none is given or it is off its scale."""
    if value is None:
        return None
    share = value / scale.value
    return min(share, 1.0) if 0 <= share <= 1 + _ROUNDING else None


def told_share(value: float | None, scale: Scale) -> float | None:
    """Return the confidence as 0 to 1 of a vendor that writes 0 where it has none."""
    return to_share(value, scale) or None


def share_or_percent(value: float | None) -> float | None:
    """Return the confidence of a source that has sent both scales: above 1 it is per cent."""
    return to_share(value, Scale.SHARE if value is not None and value <= 1 else Scale.PERCENT)


def spread_over(text: str, plate: str, shares: list[float | None]) -> tuple[CharacterShare, ...]:
    """Return the plate's characters with their confidences.

    `text` is the plate as sent: the confidences may count its signs, too. Empty if they fit
    neither, or one of them is none.
    """
    if len(shares) == len(text) != len(plate):
        shares = [share for sign, share in zip(text, shares, strict=True) if sign.isalnum()]
    if len(shares) != len(plate):
        return ()
    known = [CharacterShare(c, s) for c, s in zip(plate, shares, strict=True) if s is not None]
    return tuple(known) if len(known) == len(plate) else ()
