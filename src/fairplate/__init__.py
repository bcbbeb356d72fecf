"""Fairplate: licence-plate recognition that refuses to be a tracking database."""

__version__ = "0.1.0"
