"""Lets every test here use a whole vault."""

from tests.world_fixture import world

__all__ = ["world"]
