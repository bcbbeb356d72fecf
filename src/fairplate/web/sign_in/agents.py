"""Families of browsers and systems, from User-Agent. Pure.

A session opens only in the family that it began in: coarse, so that an update of the browser ends
nothing and the table of sessions says little of anybody.
"""

_BROWSERS = (
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("CriOS/", "chrome"),
    ("Chrome/", "chrome"),
    ("Safari/", "safari"),
)
_SYSTEMS = (
    ("Android", "android"),
    ("iPhone", "ios"),
    ("iPad", "ios"),
    ("Windows", "windows"),
    ("Macintosh", "mac"),
    ("CrOS", "chromeos"),
    ("Linux", "linux"),
)
_OTHER = "other"


def family_of(user_agent: str) -> str:
    """Return browser and system, such as `firefox linux`."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), _OTHER)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), _OTHER)
    return f"{browser} {system}"
