"""Lets every test here use a whole vault, and raise alerts."""

from tests.alerts.alert_fixture import alert_world
from tests.world_fixture import world

__all__ = ["alert_world", "world"]
