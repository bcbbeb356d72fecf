"""Lists and readers over HTTP."""

import pytest
from tests.cli.alert_parts import LIST, PLATE, set_up
from tests.web.sign_in.conftest import Place

from fairplate.audit.words import Role

LISTS, READERS = "/api/v1/lists", "/api/v1/readers"


def test_lists_are_told_without_entries(place: Place) -> None:
    set_up(place.deployment.settings.folder, at=place.clock.now)
    told = place.come_in(Role.APPROVER).ask("GET", LISTS)
    (one,) = told.json()["lists"]
    assert (one["list"], one["entries"], one["stale"]) == (LIST, 1, False)
    assert PLATE not in told.text


def test_a_reader_is_enrolled_keyed_and_disabled(place: Place) -> None:
    admin = place.come_in(Role.ADMINISTRATOR)
    sent = {"id": "north-gate", "name": "North gate"}
    assert admin.post(READERS, sent).status_code == 401
    admin.step_up("readers:change").raise_for_status()
    assert admin.post(READERS, sent).json()["disabled_at"] is None
    assert admin.post(READERS, sent).status_code == 422
    key = admin.post(f"{READERS}/north-gate/key", {}).json()["key"]
    read = {"id": "1", "captured_at": place.clock.now.isoformat(), "plate": PLATE}
    camera = place.browser()
    taken = camera.ask(
        "POST", "/api/v1/reads", {"reads": [read]}, {"authorization": f"Bearer {key}"}
    )
    assert taken.status_code == 422  # let in, and told what is missing
    assert admin.ask("DELETE", f"{READERS}/north-gate").status_code == 204
    assert admin.ask("DELETE", f"{READERS}/north-gate").status_code == 422
    assert admin.ask("GET", READERS).json()["readers"][0]["disabled_at"] is not None


@pytest.mark.parametrize("unknown", ["nowhere", "%00", "%C3%BC"])
def test_a_reader_that_is_not_there(place: Place, unknown: str) -> None:
    admin = place.come_in(Role.ADMINISTRATOR)
    admin.step_up("readers:change").raise_for_status()
    assert admin.post(f"{READERS}/{unknown}/key", {}).status_code == 404
    assert admin.ask("DELETE", f"{READERS}/{unknown}").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"id": "A1"}, {"id": "1"}, {"name": ""}, {"name": "a\nb"}, {"more": 1}]
)
def test_what_no_reader_may_be(place: Place, wrong: dict[str, object]) -> None:
    admin = place.come_in(Role.ADMINISTRATOR)
    admin.step_up("readers:change").raise_for_status()
    sent = {"id": "north-gate", "name": "North gate", **wrong}
    assert admin.post(READERS, sent).status_code == 422
    assert admin.ask("GET", READERS).json()["readers"] == []
