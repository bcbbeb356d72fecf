"""What is in an entry bundle, also in one that is damaged."""


def read_bundle(data: bytes) -> tuple[list[bytes], bool]:
    """Return the entries, and whether the bundle ends where its last entry does."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at > end:
        entries.pop()
    return entries, at == end


def cut_bundle(data: bytes, number: int) -> bytes:
    """Return the start of a bundle that holds its first `number` entries, or as many as there."""
    at = 0
    for _ in range(number):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return data[:at]
