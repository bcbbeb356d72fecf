"""Which characters of a read a person should look at twice, and in which words.

One rule for the terminal, the contact sheet and every alert. Decides nothing of what fits an entry.
"""

from fairplate.core.reads import Character

DOUBTFUL_BELOW = 0.8
"""Below this a character is marked, so that the eye goes there first."""


def percent(share: float) -> str:
    """Return a share in whole per cent, cut and not rounded: 99.9 % is not certain."""
    return f"{int(share * 100 + 1e-9)} %"  # 0.29 * 100 is 28.999…


def is_doubtful(character: Character) -> bool:
    """Say whether a person should look at this character twice."""
    return character.confidence < DOUBTFUL_BELOW


def doubtful_lines(characters: tuple[Character, ...]) -> list[str]:
    """Return one line for each doubtful character: which, how sure, and the runner-up."""
    return [
        f"character {position} reads {c.char} ({percent(c.confidence)})"
        + (f", runner-up {c.second} ({percent(c.second_confidence)})" if c.second else "")
        for position, c in enumerate(characters, start=1)
        if is_doubtful(c)
    ]
