"""An open deployment from end to end: its parts belong together."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.deployments import ACTOR, now
from tests.worlds import make_read, policy_document

from fairplate.core.errors import InputError
from fairplate.hotlists.match import HotListIndex
from fairplate.intake import Arriving
from fairplate.storage.schema import sealed_reads
from fairplate.wiring import opened_deployment

Deploy = Callable[..., Path]


def test_reads_go_in_and_end_with_their_key(deploy: Deploy) -> None:
    folder = deploy(policy_document("30 days"))
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.enrol_reader("gate", "Gate")
        arriving = Arriving("r-1", "gate", now(), make_read("ABC123", "gate"), None)
        intake = deployment.intake(HotListIndex(()))
        intake.take([arriving])
        intake.take([arriving])

        def stored() -> int:
            count = sa.select(sa.func.count()).select_from(sealed_reads)
            with deployment.database.reading() as connection:
                return int(connection.execute(count).scalar_one())

        assert stored() == 1
        (key,) = [status.name for status in deployment.key_statuses() if status.exists]
        assert deployment.destroy_key(str(key))
        assert stored() == 0
        assert deployment.key_statuses() == ()
        assert not deployment.destroy_key(str(key))


def test_what_is_done_is_there_when_it_is_opened_again(deploy: Deploy) -> None:
    folder = deploy()
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.enrol_reader("gate", "Gate")
        deployment.disable_reader("gate")
        deployment.set_policy(policy_document(name="other"))
        assert deployment.expire().next_due is None
    with opened_deployment(folder, actor=ACTOR) as deployment:
        assert [(reader.id, reader.disabled_at is None) for reader in deployment.readers()] == [
            ("gate", False)
        ]
        assert deployment.policy().policy.name == "other"
        report = deployment.expire()
        assert (report.destroyed, report.problems) == ([], [])
        dues = [status.due for status in deployment.key_statuses()]
        assert report.next_due == min(dues)
        assert now() < min(dues) < now() + timedelta(days=31)


def test_a_name_that_is_none_destroys_nothing(deploy: Deploy) -> None:
    with (
        opened_deployment(deploy(), actor=ACTOR) as deployment,
        pytest.raises(InputError, match="keys: key: expected a period such as"),
    ):
        deployment.destroy_key("everything")
