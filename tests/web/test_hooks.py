"""`POST /hooks/{vendor}/{reader}`: real payloads become reads, and nothing else gets in."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingest.payloads import EVENT, PUSH, SAMPLES, STREAM, Sample
from tests.web.served import READER, Served

from fairplate.core.errors import InputError, StorageError
from fairplate.ingest.vendors import VENDORS
from fairplate.storage.schema import counts, events, sealed_reads
from fairplate.web.reader_settings import read_reader_settings

ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
DATA = Path(__file__).parents[3] / "shared/data/payloads"


def push(
    site: Served,
    vendor: str,
    body: bytes | dict[str, Any],
    reader: str = READER,
    **headers: str,
) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given_headers = {"Authorization": f"Bearer {site.key}", **headers}
    return site.ask("POST", f"/hooks/{vendor}/{reader}", content=content, headers=given_headers)


def numbers(site: Served) -> dict[str, int]:
    with site.deployment.database.reading() as connection:
        query = sa.select(counts.c.outcome, sa.func.sum(counts.c.number)).group_by(counts.c.outcome)
        return {row[0]: int(row[1]) for row in connection.execute(query)}


def settle(site: Served) -> None:
    """Let passings end as if three seconds had gone by."""
    passing = site.parts.passing
    clock = passing.clock
    passing.clock = lambda: clock() + timedelta(seconds=4)
    site.portal.call(passing.take_due)
    passing.clock = clock


def frigate(kind: str = "end", **more: object) -> dict[str, Any]:
    return {"type": kind, "after": {**EVENT, **more}}


@ONCE
@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{x.vendor}-{n}" for n, x in enumerate(SAMPLES)])
def test_every_vendors_payload_arrives(site: Served, sample: Sample) -> None:
    answer = push(site, sample.vendor, sample.body, **{"Content-Type": sample.content_type})
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == "reads"
    assert len(answer.json()["vehicles"]) == len(sample.plates)
    settle(site)
    assert sum(numbers(site).values()) == len({plate for plate in sample.plates if plate})
    assert not [plate for plate in sample.plates if plate and plate in answer.text]


def saved() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path.parent.name, row["file"], row)
        for path in sorted(DATA.glob("*/expected.json"))
        if path.parent.name in VENDORS
        for row in json.loads(path.read_text("utf-8"))
        if "topic" not in row
    ]


@ONCE
@pytest.mark.skipif(not DATA.is_dir(), reason="needs the saved payloads beside the checkout")
def test_saved_payloads_arrive(site: Served) -> None:
    payloads = saved()
    assert payloads
    for vendor, name, row in payloads:
        path = DATA / vendor / Path(name).name
        content_type = row.get("content_type") or ""
        answer = push(site, vendor, path.read_bytes(), **{"Content-Type": content_type})
        assert answer.status_code == 200, name
        vehicles = answer.json()["vehicles"]
        assert len(vehicles) == len(row["reads"]), name
        assert (answer.json()["kind"] == "reads") == bool(row["reads"]), name


@ONCE
def test_a_payload_that_is_sent_again_is_taken_once(site: Served) -> None:
    told = {**STREAM, "data": {**STREAM["data"], "timestamp": f"{site.deployment.now()}"}}
    assert push(site, "platerecognizer", told).json()["vehicles"] == ["taken"]
    assert push(site, "platerecognizer", told).json()["vehicles"] == ["duplicate"]
    assert numbers(site) == {"sealed": 1, "duplicate": 1}


@ONCE
def test_messages_about_one_car_become_one_read(site: Served) -> None:
    begun = site.deployment.now().timestamp()
    event = {"frame_time": begun, "id": f"{begun:.6f}-abcdef"}
    assert push(site, "frigate", frigate("new", **event)).json()["vehicles"] == ["waiting"]
    assert push(site, "frigate", frigate("update", **event)).json()["vehicles"] == ["waiting"]
    assert numbers(site) == {}
    assert site.parts.passing.waiting == 1
    assert push(site, "frigate", frigate("end", **event)).json()["vehicles"] == ["taken"]
    assert push(site, "frigate", frigate("update", **event)).json()["vehicles"] == ["waiting"]
    settle(site)
    assert numbers(site) == {"sealed": 1}
    assert site.parts.passing.waiting == 0


@ONCE
def test_what_waits_is_stored_before_the_end(site: Served) -> None:
    push(
        site,
        "axis",
        {**PUSH, "capture_timestamp": str(int(site.deployment.now().timestamp() * 1000))},
    )
    assert numbers(site) == {}
    site.portal.call(site.parts.passing.finish)
    assert numbers(site) == {"sealed": 1}


@ONCE
def test_what_the_intake_could_not_take_is_tried_again(
    site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = site.deployment.now().timestamp()
    event = {"frame_time": begun, "id": f"{begun:.6f}-abcdef"}
    busy = StorageError("database", expected="room", found="none", retryable=True)

    async def refuse(_: object) -> None:
        raise busy

    with monkeypatch.context() as patch:
        patch.setattr("fairplate.web.intake_line.IntakeLine.take", lambda *_: refuse(None))
        answer = push(site, "frigate", frigate("end", **event))
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        site.portal.call(site.parts.passing.take_due)
    site.portal.call(site.parts.passing.take_due)
    assert numbers(site) == {"sealed": 1}


@ONCE
def test_a_forged_reader_is_refused(site: Served) -> None:
    site.deployment.enrol_reader("other", "Other")
    assert push(site, "axis", PUSH, reader="other").status_code == 403
    assert push(site, "axis", PUSH, Authorization="Bearer fpr1_x").status_code == 401
    assert push(site, "axis", PUSH, Authorization="").status_code == 401
    for path in (f"/hooks/axis/{READER}/..", "/hooks/axis/", f"/hooks/axis/%2e%2e/{READER}"):
        assert site.ask("POST", path).status_code in {401, 403, 404}
    assert numbers(site) == {}


@ONCE
def test_only_known_vendors_are_there(site: Served) -> None:
    assert push(site, "nobody", PUSH).status_code == 404
    assert push(site, "axis", PUSH, **{"Content-Encoding": "gzip"}).status_code == 415
    assert push(site, "axis", b" " * ((20 << 20) + 1)).status_code == 413


BOMBS = {
    "nothing": b"",
    "deep": b"[" * 100_000,
    "xml entities": b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "xml from elsewhere": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x"><a/>',
    "parts": b"".join(b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n" for _ in range(10_000)),
    "a huge number": b'{"plateText": "AX1", "plateConfidence": ' + b"9" * 100_000 + b"}",
    "another encoding": "ÿ".encode("utf-16"),
    "zip": b"PK\x03\x04" + b"\0" * 1000,
}


@ONCE
@pytest.mark.parametrize("name", BOMBS)
def test_what_is_not_understood_is_not_to_be_sent_again(site: Served, name: str) -> None:
    for vendor in VENDORS:
        answer = push(
            site, vendor, BOMBS[name], **{"Content-Type": "multipart/form-data; boundary=x"}
        )
        assert answer.status_code == 200
        assert answer.json()["vehicles"] == []
    assert numbers(site) == {}
    assert 'kind="not-understood"' in site.ask("GET", "/metrics").text


@ONCE
@given(number=st.integers(0, len(SAMPLES) - 1), at=st.integers(0, 2000), put=st.binary(max_size=30))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_payloads_are_answered(site: Served, number: int, at: int, put: bytes) -> None:
    sample = SAMPLES[number]
    body = sample.body[:at] + put + sample.body[at + len(put) :]
    answer = push(site, sample.vendor, body, **{"Content-Type": sample.content_type})
    assert answer.status_code == 200


@ONCE
def test_a_plate_is_in_no_log_and_in_no_event(
    site: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    push(site, "axis", {**PUSH, "plateText": "TEST123"})
    settle(site)
    push(site, "axis", b'{"plateText": "TEST123"')
    with site.deployment.database.reading() as connection:
        bodies = connection.execute(sa.select(events.c.body)).scalars()
        assert not [one for one in bodies if b"TEST123" in bytes(one)]
        rows = connection.execute(sa.select(sealed_reads)).all()
        assert b"TEST123" not in b"".join(bytes(row.ciphertext) for row in rows)
    written = capsys.readouterr()
    assert "TEST123" not in written.out + written.err


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": 1}, "time_zone"),
        ({"ignores_offset": True}, "time_zone"),
        ({"ignores_offset": 1}, "ignores_offset"),
        ({"assumed_confidence": 0}, "assumed_confidence"),
        ({"assumed_confidence": True}, "assumed_confidence"),
        ({"zone": "UTC"}, "zone"),
    ],
)
def test_bad_settings_of_a_reader(table: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_reader_settings({"gate": table})
    assert (caught.value.where, caught.value.field) == ("readers.gate", field)


def test_settings_of_a_reader() -> None:
    read = read_reader_settings({"gate": {"time_zone": "Europe/Madrid", "ignores_offset": True}})
    assert str(read["gate"].zone) == "Europe/Madrid"
    assert replace(read["gate"], zone=None).ignores_offset
