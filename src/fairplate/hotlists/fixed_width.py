"""The columns of an NCIC extract of fixed width, which several states hand out.

Decides what stands where in a record. Leaves to `formats/` which list has which of them. A
motorcycle is the only vehicle that its style tells for certain; every other is `unknown`.
"""

from fairplate.hotlists.codes import day_of_digits, region_of_ncic
from fairplate.hotlists.fields import UNKNOWN
from fairplate.hotlists.records import join_words

NCIC_COLUMNS = (
    "plate", "jurisdiction", "vehicle", "purpose", "reference", "listed_on", "make", "colour",
)  # fmt: skip
NCIC_RECORD = "a record of fixed width with type, number, ORI, date, plate and state"

# Type 0, number 0-10, ORI 10-19, date 19-27, plate 27-37, state 37-39, year and type of the plate
# 39-45, year of the vehicle 45-49, make 49-53, model 53-56, style 56-58, colour 58-65, text 65-.
_SHORTEST = 39
_MOTORCYCLE = "MC"


def read_ncic_record(text: str) -> tuple[str, ...] | None:
    """Return the cells of `NCIC_COLUMNS`, None for what is no record; records may end early.

    The purpose is the letter of the type: V vehicle, P plate, M missing person … The reference is
    number, ORI and text.
    """
    if len(text) < _SHORTEST or not text[0].isalpha() or not _is_day(text[19:27]):
        return None
    return (
        text[27:37],
        region_of_ncic(text[37:39]),
        vehicle_of_style(text[56:58]),
        text[0],
        join_words(text[:10] if text[1:10].strip() else "", text[10:19], text[65:]),
        day_of_digits(text[19:27]),
        join_words(text[49:53], text[53:56], text[45:49]),
        text[58:65].strip(),
    )


def vehicle_of_style(style: str) -> str:
    """Return our word for a style code of NCIC."""
    return "motorcycle" if style == _MOTORCYCLE else UNKNOWN


def _is_day(text: str) -> bool:
    return not text.strip() or (text.isascii() and text.isdigit())
