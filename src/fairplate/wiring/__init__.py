"""Wiring: the parts of a deployment put together from its settings, which are read nowhere else."""

from fairplate.alerts.delivery import Delivered, Delivery
from fairplate.alerts.live_lists import LiveLists
from fairplate.audit.reviews import Review
from fairplate.audit.rounds import Round
from fairplate.audit.status import LogStatus
from fairplate.vault.expiry import Expired
from fairplate.vault.health import KeyStatus
from fairplate.vault.payloads import OpenedRead
from fairplate.wiring.alert_standing import AlertingStatus, read_alerting_status
from fairplate.wiring.check_up import Check, CheckUp
from fairplate.wiring.creation import create_deployment, replace_lost_keyring
from fairplate.wiring.deployed import Deployment, opened_deployment
from fairplate.wiring.drops import Drops, TakenDrop
from fairplate.wiring.health import check_deployment
from fairplate.wiring.hot_lists import Preview
from fairplate.wiring.list_standing import ListStatus, read_list_statuses, read_outlooks

__all__ = [
    "AlertingStatus",
    "Check",
    "CheckUp",
    "Delivered",
    "Delivery",
    "Deployment",
    "Drops",
    "Expired",
    "KeyStatus",
    "ListStatus",
    "LiveLists",
    "LogStatus",
    "OpenedRead",
    "Preview",
    "Review",
    "Round",
    "TakenDrop",
    "check_deployment",
    "create_deployment",
    "opened_deployment",
    "read_alerting_status",
    "read_list_statuses",
    "read_outlooks",
    "replace_lost_keyring",
]
