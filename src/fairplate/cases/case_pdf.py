"""The document of one case as pages: A4, every one with who made it, for which case, and when.

Decides where each text stands. Texts are drawn as they are, never as markup. The font comes with
the library, so that a bare machine draws the same bytes; it has the letters of western Europe, and
each sign that it lacks, or that nobody can see, is spelled as its number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import reportlab
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from fairplate.cases.case_file import CaseFile

_FONT, _BOLD = "Fairplate-Vera", "Fairplate-VeraBd"
_FILES = {_FONT: "Vera.ttf", _BOLD: "VeraBd.ttf"}
_SIZE, _TITLE_SIZE, _SMALL, _LARGE = 9.0, 14.0, 7.0, 22.0
_LEADING = 13.0
_MARGIN, _FOOT = 48.0, 64.0
_WIDTH = A4[0] - 2 * _MARGIN
_NAMES_WIDTH = 100.0
_SHARES = (0.29, 0.31, 0.16, 0.12, 0.12)
"""The columns of reads, each as its share of the width."""

_SLANT, _PALE, _WATERMARKS = 35, 0.88, 3
_READS_AS = (
    "Every plate below was read by a machine and may be wrong. Compare it with a picture before "
    "anybody acts on it. Times are UTC."
)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A text that begins at `x`, in points from the left margin."""

    x: float
    text: str
    font: str = _FONT
    size: float = _SIZE


_Line = tuple[_Cell, ...]
_Block = list[_Line]
"""Lines that stand on one page; one block alone never fills a page."""


def draw_pdf(file: CaseFile) -> bytes:
    """Return the document as a PDF; the same file gives the same bytes."""
    _register_fonts()
    head = _header()
    height = A4[1] - _MARGIN - _FOOT
    blocks = [[line] for line in _about(file)]
    pages = _paginate([*blocks, *_reads(file)], head, int(height // _LEADING))
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"Case {file.case.id}, {file.export_id}")
    canvas.setAuthor(file.made_by)
    canvas.setCreator("Fairplate")
    for number, lines in enumerate(pages, start=1):
        _draw_watermark(canvas, file.watermark)
        _draw_lines(canvas, lines)
        foot = " | ".join((*file.watermark, f"page {number} of {len(pages)}"))
        canvas.setFont(_FONT, _SMALL)
        canvas.drawString(_MARGIN, _MARGIN - _SMALL, _drawable(foot))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _register_fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    known = pdfmetrics.getRegisteredFontNames()
    for name, file in _FILES.items():
        if name not in known:
            pdfmetrics.registerFont(TTFont(name, str(folder / file)))


def _about(file: CaseFile) -> Iterator[_Line]:
    yield (_Cell(0, "What a case found", _BOLD, _TITLE_SIZE),)
    yield ()
    for name, value in file.fields().items():
        text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else _spell(value)
        label = _Cell(0, name.replace("_", " "), _BOLD)
        for index, part in enumerate(_wrap(text, _WIDTH - _NAMES_WIDTH)):
            cell = _Cell(_NAMES_WIDTH, part)
            yield (cell,) if index else (label, cell)
    yield ()
    for part in _wrap(_READS_AS, _WIDTH):
        yield (_Cell(0, part),)
    yield ()


def _header() -> _Line:
    names = ("captured at", "reader", "plate", "confidence", "region")
    return tuple(_Cell(x, name, _BOLD) for x, name in zip(_starts(), names, strict=True))


def _reads(file: CaseFile) -> Iterator[_Block]:
    reads = file.reads()
    yield [(_Cell(0, f"Reads: {len(reads)}", _BOLD),)]
    if reads:
        yield [_header()]
    for read in reads:
        columns = [
            _wrap(_spell(value), share * _WIDTH - _SIZE)
            for value, share in zip(read.values(), _SHARES, strict=True)
        ]
        yield [
            tuple(
                _Cell(x, parts[row])
                for x, parts in zip(_starts(), columns, strict=True)
                if row < len(parts)
            )
            for row in range(max(map(len, columns)))
        ]


def _paginate(blocks: Sequence[_Block], head: _Line, most: int) -> list[list[_Line]]:
    """Return pages of at most `most` lines; one that goes on with reads begins with their head."""
    pages: list[list[_Line]] = []
    seen_head = False
    for block in blocks:
        if not pages or len(pages[-1]) + len(block) > most:
            pages.append([head] if seen_head else [])
        seen_head = seen_head or head in block
        pages[-1] += block
    return pages


def _draw_lines(canvas: Canvas, lines: Sequence[_Line]) -> None:
    canvas.setFillGray(0)
    for row, line in enumerate(lines, start=1):
        for cell in line:
            canvas.setFont(cell.font, cell.size)
            canvas.drawString(_MARGIN + cell.x, A4[1] - _MARGIN - row * _LEADING, cell.text)


def _draw_watermark(canvas: Canvas, texts: Sequence[str]) -> None:
    """Draw who, which case, when and which export across the page, pale, behind the text."""
    drawn = [_drawable(text) for text in texts]
    widest = max(pdfmetrics.stringWidth(text, _BOLD, 1) for text in drawn)
    size = min(_LARGE, _WIDTH / widest)
    canvas.saveState()
    canvas.setFillGray(_PALE)
    canvas.setFont(_BOLD, size)
    for place in range(_WATERMARKS):
        canvas.saveState()
        canvas.translate(A4[0] / 2, A4[1] * (2 * place + 1) / (2 * _WATERMARKS))
        canvas.rotate(_SLANT)
        for row, text in enumerate(drawn):
            canvas.drawCentredString(0, (len(drawn) / 2 - row - 1) * size * 1.2, text)
        canvas.restoreState()
    canvas.restoreState()


def _starts() -> list[float]:
    return [_WIDTH * sum(_SHARES[:index]) for index in range(len(_SHARES))]


def _spell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _wrap(text: str, width: float) -> list[str]:
    """Return `text` as lines of at most `width` points, broken at spaces where that is possible."""
    lines = [""]
    for word in _drawable(text).split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if _fits(joined, width):
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for sign in word:
            if not _fits(lines[-1] + sign, width):
                lines.append("")
            lines[-1] += sign
    return lines


def _fits(text: str, width: float) -> bool:
    return bool(pdfmetrics.stringWidth(text, _FONT, _SIZE) <= width)


def _drawable(text: str) -> str:
    """Return `text` with each sign spelled out that the font lacks or that cannot be seen."""
    font = pdfmetrics.getFont(_FONT)
    glyphs = font.face.charToGlyph if isinstance(font, TTFont) else {}
    return "".join(
        sign
        if sign.isprintable() and ord(sign) in glyphs
        else sign.encode("unicode_escape", "surrogatepass").decode("ascii")
        for sign in text
    )
