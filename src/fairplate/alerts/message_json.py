"""A message as JSON for other programs: the fields of docs/channels.md, which only ever grow.

Decides names and forms. Values stand as they are: JSON needs no words made harmless, and a program
that shows them must escape them itself.
"""

import base64
import json
from datetime import UTC, datetime, timedelta

from fairplate.alerts.message import AlertMessage, Message, Notice
from fairplate.alerts.wording import NOT_TO_CONCLUDE, heading
from fairplate.core.doubts import is_doubtful

FORMAT_VERSION = 1


def message_json(message: Message, *, key: str, pictures: bool) -> bytes:
    """Return the message as one JSON object; `pictures` says whether they come along, in base64."""
    fields = _notice(message) if isinstance(message, Notice) else _alert(message)
    if pictures and isinstance(message, AlertMessage):
        fields["crop_jpeg"] = _base64(message.crop)
        fields["blurred_jpeg"] = _base64(message.blurred)
    told = {"version": FORMAT_VERSION, "key": key, **fields}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _notice(notice: Notice) -> dict[str, object]:
    return {
        "type": "notice",
        "at": _time(notice.at),
        "subject": notice.subject,
        "lines": list(notice.lines),
        "loud": notice.is_loud,
    }


def _alert(alert: AlertMessage) -> dict[str, object]:
    return {
        "type": "alert",
        "alert_id": alert.alert_id,
        "raised_at": _time(alert.raised_at),
        "heading": heading(alert),
        "confirmed_by_dispatcher": alert.confirmed_by_dispatcher,
        "chance": int(alert.chance * 10_000) / 10_000,  # cut: 0.99999 is not certain
        "doubts": list(alert.doubts),
        "read": {
            "plate": alert.plate,
            "characters": [
                {
                    "char": c.char,
                    "confidence": round(c.confidence, 4),
                    "second": c.second,
                    "second_confidence": round(c.second_confidence, 4),
                    "doubtful": is_doubtful(c),
                }
                for c in alert.characters
            ],
            "at": _time(alert.captured_at),
            "reader": alert.reader_name,
            "direction": alert.direction or None,
        },
        "entry": {
            "plate": alert.entry_plate,
            "fit": alert.kind.value,
            "jurisdiction": alert.entry_jurisdiction,
            "vehicle": alert.entry_vehicle or None,
            "purpose": alert.purpose.value,
            "reference": alert.reference,
            "call": alert.call or None,
            "age_s": _seconds(alert.entry_age),
            "list": alert.list_title,
            "list_age_s": _seconds(alert.list_age),
        },
        "not_to_conclude": list(NOT_TO_CONCLUDE),
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _base64(picture: bytes | None) -> str | None:
    return None if picture is None else base64.b64encode(picture).decode("ascii")
