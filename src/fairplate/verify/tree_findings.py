"""What is said of tiles and entries that disagree."""

from collections.abc import Iterator, Sequence

from fairplate.verify.findings import Finding
from fairplate.verify.tiles import HEIGHT, WIDTH, Tile

_MOST_SPANS = 20


def tile_differs(tile: Tile, differing: Sequence[int], *, settled: bool) -> Finding:
    """Say that hashes of a tile are not what is below; `settled` if the level above agrees."""
    below = Tile(None, tile.index, tile.width).path if tile.level == 0 else "the level below"
    above = "" if settled else ", and what is above agrees with neither"
    told = f"{_spell_spans(differing)} of its hashes, counted from 0, are not those of {below}"
    return Finding("tile-differs", tile.path, told + above)


def below_differs(tile: Tile, differing: Sequence[int]) -> Iterator[Finding]:
    """Say that what lies below a tile is wrong, since the level above agrees with the tile."""
    first = tile.index * WIDTH
    if not tile.level:
        events = _spell_spans([first + number for number in differing])
        message = f"event {events}: not what {tile.path} and the levels above say"
        yield Finding("entry-differs", Tile(None, tile.index, tile.width).path, message)
        return
    events_each = 1 << (tile.level * HEIGHT)
    for number in differing:
        index = first + number
        events = f"events {index * events_each} to {(index + 1) * events_each - 1}"
        message = f"{events}, and hashes over them: not what {tile.path} and the levels above say"
        yield Finding("subtree-differs", Tile(tile.level - 1, index, WIDTH).path, message)


def bundle_wrong(bundle: Tile, found: int, *, whole: bool) -> Finding | None:
    """Say what is wrong with the number of entries in a bundle, if anything."""
    if not whole:
        event = bundle.index * WIDTH + found
        return Finding("bundle-broken", bundle.path, f"event {event}: cut off")
    if found != bundle.width:
        message = f"expected {bundle.width} entries, found {found}"
        return Finding("bundle-count", bundle.path, message)
    return None


def _spell_spans(numbers: Sequence[int]) -> str:
    """Return ascending numbers as in `3, 5 to 9`."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1] = spans[-1][0], number
        else:
            spans.append((number, number))
    told = [f"{low}" if low == high else f"{low} to {high}" for low, high in spans[:_MOST_SPANS]]
    more = f" and {len(spans) - _MOST_SPANS} more spans" if len(spans) > _MOST_SPANS else ""
    return ", ".join(told) + more
