"""`POST /api/v1/reads`: what is taken, what is refused, and what no answer tells."""

import base64
import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.stored import make_picture
from tests.web.served import READER, Served, a_read

from fairplate.storage.schema import alerts, counts, sealed_reads

PATH = "/api/v1/reads"
ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def count(site: Served, table: sa.Table) -> int:
    with site.deployment.database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def outcomes(site: Served) -> dict[tuple[str, str], int]:
    with site.deployment.database.reading() as connection:
        query = sa.select(counts.c.reader_id, counts.c.outcome, counts.c.number)
        return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def test_a_batch_is_stored_before_it_is_answered(site: Served) -> None:
    answer = site.send(a_read("1"), a_read("2"))
    assert answer.status_code == 200
    assert answer.json() == {
        "taken": [{"id": "1", "outcome": "taken"}, {"id": "2", "outcome": "taken"}]
    }
    assert count(site, sealed_reads) == 2
    assert outcomes(site) == {(READER, "sealed"): 2}


def test_a_read_that_is_sent_again_is_taken_once(site: Served) -> None:
    one = a_read("1")
    assert site.send(one).json()["taken"][0]["outcome"] == "taken"
    assert site.send(one).json()["taken"][0]["outcome"] == "duplicate"
    assert count(site, sealed_reads) == 1


def test_a_match_raises_an_alert_and_the_answer_does_not_tell(site: Served, tmp_path: Any) -> None:
    site.deployment.hot_lists.set(
        'name = "own"\ntitle = "Own"\nformat = "csv"\npurposes = ["stolen-vehicle"]\n', where="test"
    )
    path = tmp_path / "own.csv"
    path.write_text(
        "plate,purpose,reference,jurisdiction,vehicle\nABC1234,stolen-vehicle,2026/17,unknown,unknown\n"
    )
    assert site.deployment.hot_lists.commit(
        site.deployment.hot_lists.preview("own", path), "a test"
    )
    site.lists.refresh()
    picture = base64.b64encode(make_picture()).decode()
    listed = site.send(a_read("1", "ABC1234", picture=picture, box=[1, 1, 20, 10]))
    other = site.send(a_read("1x", "XYZ9876", picture=picture, box=[1, 1, 20, 10]))
    assert count(site, alerts) == 1
    assert listed.json()["taken"][0]["outcome"] == other.json()["taken"][0]["outcome"] == "taken"
    assert {*listed.json()["taken"][0]} == {"id", "outcome"}


@ONCE
def test_nobody_without_a_key_has_a_body_read(site: Served) -> None:
    for authorization in ("", "Bearer x", "Basic Og==", f"Bearer {site.key}x", "Digest a", "é"):
        headers = {"Authorization": authorization.encode("latin-1")}
        answer = site.ask("POST", PATH, content=b"{" * 100, headers=headers)
        assert answer.status_code == 401
        assert "Bearer" in answer.headers["www-authenticate"]
        assert answer.headers["content-type"] == "application/problem+json"


@ONCE
def test_a_key_is_the_password_of_basic_too(site: Served) -> None:
    answer = site.ask("POST", PATH, json={"reads": [a_read()]}, auth=("any", site.key))
    assert answer.status_code == 200


@ONCE
def test_a_key_that_ended_is_refused(site: Served) -> None:
    newer = site.deployment.make_access_key(READER, keep_old=False)
    assert site.send(a_read()).status_code == 401
    assert site.send(a_read(), key=newer).status_code == 200


@ONCE
def test_a_disabled_reader_sends_nothing(site: Served) -> None:
    assert site.send(a_read("1")).status_code == 200
    site.deployment.disable_reader(READER)
    again = site.send(a_read("2"))  # its key is still believed for some seconds
    assert again.status_code == 401 or again.json()["taken"][0]["outcome"] != "taken"
    assert outcomes(site)[READER, "sealed"] == 1


BAD = {
    "no reads": {"reads": []},
    "too many": {"reads": [{}] * 501},
    "another field": {"reads": [a_read(reader="other")]},
    "no offset": {"reads": [a_read(captured_at="2026-11-24T08:00:00")]},
    "a plate with a dash": {"reads": [a_read(plate="AB-123")]},
    "a long plate": {"reads": [a_read(plate="A" * 17)]},
    "confidence of text": {"reads": [a_read(confidence="high")]},
    "confidence above one": {"reads": [a_read(confidence=1.01)]},
    "a huge number": {"reads": [a_read(frames=10**30)]},
    "characters of another plate": {
        "reads": [a_read(characters=[{"char": "A", "confidence": 0.5}])]
    },
    "a picture without a box": {"reads": [a_read(picture="QUJD")]},
    "a picture that is no base64": {"reads": [a_read(picture="!!!", box=[1, 1, 2, 2])]},
    "a box outside the picture": {
        "reads": [
            a_read(picture=base64.b64encode(make_picture()).decode(), box=[90_000, 1, 90_002, 2])
        ]
    },
    "a box upside down": {"reads": [a_read(box=[5, 5, 1, 1])]},
    "a list": [1],
}


@ONCE
@pytest.mark.parametrize("name", BAD)
def test_what_is_not_as_documented_is_refused_whole(site: Served, name: str) -> None:
    body = BAD[name]
    headers = {"Authorization": f"Bearer {site.key}"}
    answer = site.ask("POST", PATH, json=body, headers=headers)
    if name == "a box outside the picture" and answer.status_code == 200:
        assert answer.json()["taken"][0]["outcome"] != "duplicate"
        return
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "TEST123" not in answer.text
    assert "AB-123" not in answer.text
    assert count(site, sealed_reads) == 0


@ONCE
@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 415),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {"content-type": "application/json", "content-encoding": "gzip"}, 415),
        (b'{"reads": [NaN]}', {"content-type": "application/json"}, 422),
        (b"\xff\xfe", {"content-type": "application/json"}, 422),
        (b"[" * 100_000, {"content-type": "application/json; charset=utf-8"}, 422),
        (b'{"reads":', {"content-type": "application/json"}, 422),
    ],
)
def test_other_bodies_are_refused(
    site: Served, content: bytes, headers: dict[str, str], status: int
) -> None:
    given = {"Authorization": f"Bearer {site.key}", **headers}
    assert site.ask("POST", PATH, content=content, headers=given).status_code == status


@ONCE
def test_confidence_that_is_no_number_is_refused(site: Served) -> None:
    text = json.dumps({"reads": [a_read(confidence="HERE")]}).replace('"HERE"', "%s")
    headers = {"Authorization": f"Bearer {site.key}", "content-type": "application/json"}
    for number in ("NaN", "Infinity", "-Infinity", "1e999", "-0.1"):
        answer = site.ask("POST", PATH, content=(text % number).encode(), headers=headers)
        assert answer.status_code == 422


TEXTS = st.text(max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@ONCE
@given(changes=st.dictionaries(st.sampled_from([*a_read(), "box", "picture", "characters"]), JSON))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_values_are_taken_or_refused(site: Served, changes: dict[str, Any]) -> None:
    answer = site.send({**a_read("h"), **changes})
    assert answer.status_code in {200, 422}


@ONCE
def test_the_description_tells_what_a_read_is(site: Served) -> None:
    found = site.ask("GET", "/api/v1/openapi.json").json()
    body = found["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/SentReads"}
    assert "SentRead" in found["components"]["schemas"]
    headers = {"Authorization": f"Bearer {site.key}"}
    old = body["example"]["reads"][0]["captured_at"]
    answer = site.ask("POST", PATH, json=body["example"], headers=headers)
    assert old.endswith("Z")
    assert answer.status_code == 200
