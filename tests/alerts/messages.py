"""Messages as the channels get them, with every value that must not leak told apart."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFilter, ImageFont

from fairplate.alerts.channel import Envelope
from fairplate.alerts.message import AlertMessage, Message, Notice
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Character
from fairplate.hotlists.match import MatchKind

RAISED = datetime(2026, 11, 23, 12, 0, 3, tzinfo=UTC)
PLATE, ENTRY_PLATE = "KV8ZRD1", "KVBZRD1"
KEY = "a1b2c3-7"


@cache
def crop_jpeg() -> bytes:
    picture = PillowImage.new("RGB", (320, 96), (238, 238, 230))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((3, 3, 316, 92), outline=(20, 20, 30), width=4)
    draw.text((22, 8), PLATE, fill=(20, 20, 30), font=ImageFont.load_default(66))
    return _jpeg(picture.filter(ImageFilter.GaussianBlur(1.2)))


@cache
def blurred_jpeg() -> bytes:
    picture = PillowImage.new("RGB", (960, 540), (120, 128, 134))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 330, 960, 540), fill=(84, 86, 90))
    draw.rounded_rectangle((300, 170, 680, 430), 60, fill=(150, 34, 40))
    draw.rectangle((350, 200, 630, 270), fill=(60, 72, 84))
    blurred = picture.filter(ImageFilter.GaussianBlur(18))
    crop = PillowImage.open(io.BytesIO(crop_jpeg())).resize((110, 33))
    blurred.paste(crop, (435, 370))
    return _jpeg(blurred)


def _jpeg(picture: PillowImage.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def letters(text: str, *, doubtful: str = "8") -> tuple[Character, ...]:
    return tuple(
        Character(c, 0.62, "B", 0.31) if c in doubtful else Character(c, 0.99) for c in text
    )


ALERT = AlertMessage(
    alert_id="alert-0042",
    raised_at=RAISED,
    captured_at=RAISED - timedelta(seconds=1),
    plate=PLATE,
    characters=letters(PLATE),
    kind=MatchKind.LOOK_ALIKE,
    chance=0.8749,
    doubts=("character 3 reads 8 (62 %), the entry has B (runner-up, 31 %)",
            "vehicle type of the read is unknown"),
    purpose=Purpose.STOLEN_VEHICLE,
    entry_plate=ENTRY_PLATE,
    entry_jurisdiction="us-ca",
    entry_vehicle="red Ford car",
    reference="CASE-2026-17",
    call="desk 555 0100",
    list_title="County stolen vehicles",
    entry_age=timedelta(days=3, hours=5),
    list_age=timedelta(minutes=40),
    reader_name="Gate 7 north",
    direction="northbound",
)  # fmt: skip
NOTICE = Notice(
    subject="the list County is stale",
    lines=("It was due at noon.", "It alerts no more."),
    at=RAISED,
    is_loud=True,
)
SECRETS = (PLATE, ENTRY_PLATE, "KV[8]ZRD1", "CASE-2026-17", "555 0100")


def illustrated() -> AlertMessage:
    return replace(ALERT, crop=crop_jpeg(), blurred=blurred_jpeg())


def envelope(
    address: str, message: Message | None = None, *, key: str = KEY, plate: bool = False
) -> Envelope:
    return Envelope(key=key, address=address, message=message or ALERT, plate_in_subject=plate)
