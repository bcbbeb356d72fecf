"""Draws what was told against what was so, as a small SVG file."""

from collections.abc import Mapping, Sequence
from html import escape

_SIDE, _MARGIN = 320, 48
_COLOURS = ("#1b6ca8", "#c2571a", "#3d7d3d", "#7a4b9a")
_TENTHS = range(0, 11, 2)


def draw_reliability(curves: Mapping[str, Sequence[tuple[float, float, int]]]) -> str:
    """Return the SVG of curves of (told, was so, how many); a point's area grows with its count."""
    width, height = _SIDE + 2 * _MARGIN + 150, _SIDE + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="12">',
        "<style>text { font-family: sans-serif }</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_axes(),
    ]
    for number, (title, points) in enumerate(curves.items()):
        parts += _curve(title, points, _COLOURS[number % len(_COLOURS)], number)
    return "\n".join([*parts, "</svg>", ""])


def _axes() -> list[str]:
    x0, y0, end = _x(0), _y(0), _x(1)
    grid = [
        f'<path d="M{_x(t / 10)} {y0}V{_y(1)}M{x0} {_y(t / 10)}H{end}" stroke="#ddd"/>'
        f'<text x="{_x(t / 10)}" y="{y0 + 16}" text-anchor="middle">{t * 10} %</text>'
        f'<text x="{x0 - 6}" y="{_y(t / 10) + 4}" text-anchor="end">{t * 10} %</text>'
        for t in _TENTHS
    ]
    return [
        *grid,
        f'<path d="M{x0} {y0}L{end} {_y(1)}" stroke="#888" stroke-dasharray="4 4"/>',
        f'<text x="{_x(0.5)}" y="{y0 + 36}" text-anchor="middle">told</text>',
        f'<text x="{x0}" y="{_y(1) - 12}">was right</text>',
    ]


def _curve(
    title: str, points: Sequence[tuple[float, float, int]], colour: str, number: int
) -> list[str]:
    line = " ".join(f"{_x(told)},{_y(right)}" for told, right, _ in points)
    dots = [
        f'<circle cx="{_x(told)}" cy="{_y(right)}" r="{2 + count**0.5 / 3:.1f}" fill="{colour}" '
        f'fill-opacity="0.5"><title>{count}</title></circle>'
        for told, right, count in points
    ]
    x, y = _x(1) + 16, _y(1) + 18 * number
    return [
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
        *dots,
        f'<text x="{x}" y="{y + 4}" fill="{colour}">{escape(title)}</text>',
    ]


def _x(share: float) -> float:
    return round(_MARGIN + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_MARGIN + (1 - share) * _SIDE, 1)
