import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.alerts.matches import NOON, entry_of, listed, read_of, standing_of_county

from fairplate.alerts.evidence import (
    Evidence,
    RaisedAlert,
    compose_message,
    decode_parts,
    encode_parts,
    encode_verdicts,
)
from fairplate.alerts.gate import Listed, Verdict
from fairplate.alerts.wording import plain_text
from fairplate.core.errors import StorageError
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import MatchKind

DAY = timedelta(days=1)
ALERT = RaisedAlert(
    id="al-1",
    list_id="county",
    purpose=Purpose.STOLEN_VEHICLE,
    raised_at=NOON,
    reader_name="Gate 7 north",
)


def verdict(entry: Entry | None = None, **values: object) -> Verdict:
    found = replace(listed(entry), **values)  # type: ignore[arg-type] - the names are the fields'
    doubts = (*found.match.doubts, "a second engine finds no plate in the same picture")
    return Verdict(listed=found, chance=0.87654, doubts=doubts)


def evidence(*verdicts: Verdict, **values: object) -> Evidence:
    matches = encode_verdicts(verdicts or [verdict()], "northbound")
    kept = Evidence(read=read_of(), captured_at=NOON - timedelta(seconds=2), matches=matches)
    return replace(kept, **values)  # type: ignore[arg-type] - the names are the fields'


def test_everything_there_is_to_compare_comes_through() -> None:
    entry = replace(
        entry_of(), make="Ford", colour="red", vehicle=VehicleType.CAR, jurisdiction="us-ca"
    )
    told = compose_message(ALERT, evidence(verdict(entry), crop=b"crop", blurred=b"blurred"))
    assert (told.alert_id, told.raised_at, told.captured_at) == (
        "al-1", NOON, NOON - timedelta(seconds=2),
    )  # fmt: skip
    assert (told.plate, told.characters, told.kind) == (
        "ABC1234", read_of().characters, MatchKind.EXACT,
    )  # fmt: skip
    assert told.chance == 0.8765
    assert "a second engine finds no plate in the same picture" in told.doubts
    assert (told.purpose, told.reference, told.call) == (
        "stolen-vehicle", "2026/17", "desk 555 0100",
    )  # fmt: skip
    assert (told.entry_plate, told.entry_jurisdiction, told.entry_vehicle) == (
        "ABC1234", "us-ca", "red Ford car",
    )  # fmt: skip
    assert (told.list_title, told.reader_name, told.direction) == (
        "County", "Gate 7 north", "northbound",
    )  # fmt: skip
    assert (told.entry_age, told.list_age) == (3 * DAY, timedelta(hours=1))
    assert (told.crop, told.blurred, told.confirmed_by_dispatcher) == (b"crop", b"blurred", False)
    confirmed = replace(ALERT, confirmed=True)
    assert compose_message(confirmed, evidence()).confirmed_by_dispatcher


@pytest.mark.parametrize(
    ("listed_on", "age"),
    [
        (None, 3 * DAY),
        (NOON - 400 * DAY, 400 * DAY),  # the issuer has looked for it longer
        (NOON - DAY, 3 * DAY),
        (NOON + 9 * DAY, 3 * DAY),  # a date to come, as some lists have them
        (NOON - 3 * DAY, 3 * DAY),
    ],
)
def test_an_entrys_age_is_from_when_it_was_first_looked_for(
    listed_on: datetime | None, age: timedelta
) -> None:
    told = compose_message(ALERT, evidence(verdict(replace(entry_of(), listed_on=listed_on))))
    assert told.entry_age == age


def test_no_age_is_ever_less_than_nothing() -> None:
    """The clock was set back after the batch came."""
    late = standing_of_county(imported_at=NOON + DAY)
    found = verdict(standing=late, first_listed=NOON + DAY)
    told = compose_message(ALERT, evidence(found))
    assert (told.entry_age, told.list_age) == (timedelta(0), timedelta(0))
    assert "-" not in [
        line.split(":")[1].strip()[:1] for line in plain_text(told).splitlines() if " age" in line
    ]


def of(list_id: str, purpose: Purpose, reference: str) -> Verdict:
    entry = replace(entry_of(purpose=purpose, reference=reference), source=list_id)
    found: Listed = listed(entry, standing=standing_of_county(id=list_id))
    return verdict(match=found.match, standing=found.standing)


STOLEN, TOLL = Purpose.STOLEN_VEHICLE, Purpose.TOLL_OR_PARKING
ALL = {
    ("county", STOLEN): "A",
    ("county", TOLL): "B",
    ("state", STOLEN): "C",
}


@pytest.mark.parametrize("of_alert", ALL)
def test_each_alert_tells_of_its_own_match(of_alert: tuple[str, Purpose]) -> None:
    kept = evidence(*(of(*which, reference) for which, reference in ALL.items()))
    alert = replace(ALERT, list_id=of_alert[0], purpose=of_alert[1])
    assert compose_message(alert, kept).reference == ALL[of_alert]


@pytest.mark.parametrize("of_alert", [("state", TOLL), ("other", STOLEN)])
def test_evidence_of_others_is_refused(of_alert: tuple[str, Purpose]) -> None:
    kept = evidence(*(of(*which, reference) for which, reference in ALL.items()))
    alert = replace(ALERT, list_id=of_alert[0], purpose=of_alert[1])
    with pytest.raises(StorageError) as refused:
        compose_message(alert, kept)
    assert "ABC1234" not in str(refused.value)


@pytest.mark.parametrize("parts", [{}, {"read": b""}, {"read": b"\x00\xff", "crop": b"\xd8" * 999}])
def test_parts_come_out_as_they_went_in(parts: Mapping[str, bytes]) -> None:
    assert decode_parts(encode_parts(parts)) == parts


def test_what_is_kept_is_json_and_shown_nowhere() -> None:
    kept = evidence()
    (fields,) = json.loads(kept.matches)
    assert fields["list"] == "county"
    assert "ABC1234" not in repr(kept)
