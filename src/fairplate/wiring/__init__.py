"""Wiring: the parts of a deployment put together from its settings, which are read nowhere else."""

from fairplate.audit.reviews import Review
from fairplate.audit.rounds import Round
from fairplate.audit.status import LogStatus
from fairplate.vault.expiry import Expired
from fairplate.vault.health import KeyStatus
from fairplate.wiring.creation import create_deployment, replace_lost_keyring
from fairplate.wiring.deployed import Deployment, opened_deployment
from fairplate.wiring.health import Check, CheckUp, check_deployment

__all__ = [
    "Check",
    "CheckUp",
    "Deployment",
    "Expired",
    "KeyStatus",
    "LogStatus",
    "Review",
    "Round",
    "check_deployment",
    "create_deployment",
    "opened_deployment",
    "replace_lost_keyring",
]
