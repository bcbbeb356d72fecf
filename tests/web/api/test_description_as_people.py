"""The API is as it describes itself for people too: schemathesis tries it as each role."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.web.sign_in.conftest import Place

from fairplate.audit.words import Role

# Rules between fields cannot be told in a schema, nor which ids there are.
BETWEEN_FIELDS = positive_data_acceptance
ENDS_THE_SESSION = ("DELETE", "/api/v1/session")
FROM_CAMERAS = ("/api/v1/reads", "/hooks/")
ROLES = [
    (Role.OPERATOR, "account:change"),
    (Role.APPROVER, "account:change"),
    (Role.AUDITOR, "account:change"),
    (Role.ADMINISTRATOR, "users:change"),
    (Role.ADMINISTRATOR, "readers:change"),
]


@pytest.mark.parametrize(("role", "act"), ROLES)
def test_every_answer_to_a_person_is_as_described(place: Place, role: Role, act: str) -> None:
    place.deployment.enrol_reader("north-gate", "North gate")
    browser = place.come_in(role)
    browser.step_up(act).raise_for_status()
    desk = place.app.state.sign_in
    headers = {
        "Cookie": f"fairplate={browser.secret}",
        "User-Agent": browser.agent,
        "Sec-Fetch-Site": "same-origin",
    }
    description = schemathesis.openapi.from_asgi("/api/v1/openapi.json", place.app)
    for found in description.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) == ENDS_THE_SESSION:
            continue
        if operation.path.startswith(FROM_CAMERAS):
            continue

        @given(case=operation.as_strategy())
        @settings(
            max_examples=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        def try_it(case: Case) -> None:
            desk.attempts._kept.clear()
            case.call_and_validate(headers=headers, excluded_checks=[BETWEEN_FIELDS])

        try_it()
    assert browser.me["role"] == role
