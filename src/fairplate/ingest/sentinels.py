"""The words by which payloads say that there is nothing to say."""

_NOTHING = frozenset(
    "unknown unknow unkown undefined none null nil nan na notavailable notset notgiven notfound "
    "notrecognized notrecognised notdetected unavailable".split()
)
_NO_PLATE = frozenset(
    "noplate nonumber noread nolicense nolicence nolicenseplate nolicenceplate notag unlicensed "
    "unlicenced unread unreadable noplatenumber withoutplate plateless "
    "无牌 无牌车 无车牌 未识别 车牌".split()  # none, none, none, not recognised, and a bare "plate"
)


def is_nothing(text: str) -> bool:
    """Say whether `text` is empty, of signs such as `-` alone, or a word such as `unknown`."""
    letters = _letters(text)
    return not letters or letters in _NOTHING


def is_no_plate(text: str) -> bool:
    """Say whether a plate's field says that no plate was read; also a macro left unfilled."""
    return is_nothing(text) or _letters(text) in _NO_PLATE or text.strip()[:1] in {"&", "%", "<"}


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
