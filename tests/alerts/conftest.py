"""Lets every test here raise alerts."""

from tests.alerts.alert_fixture import alert_world

__all__ = ["alert_world"]
