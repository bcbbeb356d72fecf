"""Intake, the only way in: policy, hot lists, seal or drop, counts, in one transaction a batch."""

from fairplate.intake.arriving import Arriving, Hit, Matcher, Outcome, Taken
from fairplate.intake.batches import Intake

__all__ = ["Arriving", "Hit", "Intake", "Matcher", "Outcome", "Taken"]
