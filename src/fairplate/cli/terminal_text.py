"""Text from outside made safe to print: nothing in it can move the cursor or break a line.

File names and hot lists are written by others; an escape sequence in one must not reach the
terminal. Leaves to rich how the text is laid out (and so passes it `Text`, never markup).
"""


def printable(text: str) -> str:
    """Return `text` with each unprintable character (escape, newline, lone byte) spelled out."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )
