"""The API is as it describes itself: schemathesis tries all of it, with a key and without one."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.web.served import Served

from fairplate.web.app import create_app

ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
# Rules between fields, such as that a picture needs a box, cannot be told in a schema.
BETWEEN_FIELDS = positive_data_acceptance
PROBLEM = "application/problem+json"


@ONCE
@pytest.mark.parametrize("with_key", [True, False])
def test_every_answer_is_as_described(site: Served, *, with_key: bool) -> None:
    description = schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(site.parts))
    headers = {"Authorization": f"Bearer {site.key}"} if with_key else {}
    operations = [found.ok() for found in description.get_all_operations()]
    assert len(operations) >= 2
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        def try_it(case: Case) -> None:
            case.call_and_validate(headers=headers, excluded_checks=[BETWEEN_FIELDS])

        try_it()


@ONCE
def test_each_operation_has_an_example_and_tells_its_problems(site: Served) -> None:
    found = site.ask("GET", "/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert PROBLEM in operation["responses"]["default"]["content"]
            if "requestBody" in operation:
                (body,) = operation["requestBody"]["content"].values()
                named = body["schema"].get("$ref", "/").rsplit("/", 1)[-1]
                form = found["components"]["schemas"].get(named, {})
                assert "example" in body or "example" in form, (method, path)
