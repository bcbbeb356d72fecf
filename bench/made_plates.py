"""Made-up plates of three letters and four digits: fixed seeds, nobody's."""

from random import Random

LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"


def make_plate(random: Random) -> str:
    """Return any plate of the format, each as likely."""
    letters = "".join(random.choice(LETTERS) for _ in range(3))
    return letters + f"{random.randrange(10**4):04d}"


def make_plates(count: int, random: Random) -> list[str]:
    """Return `count` different plates in no order."""
    plates: dict[str, None] = {}
    while len(plates) < count:
        plates[make_plate(random)] = None
    return list(plates)
