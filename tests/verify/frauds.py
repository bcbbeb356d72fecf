"""What a planted fraud is, and small steps of which frauds and honest acts are made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.verify.stories import MINUTE, Story

Act = Callable[[Story], object]


@dataclass(frozen=True, slots=True)
class Fraud:
    """What is planted, the code it yields, and what an honest deployment does instead."""

    code: str
    name: str
    planted: Act
    honest: Act
    checked_after: timedelta = MINUTE


def steps(*acts: Act) -> Act:
    def do(story: Story) -> None:
        for act in acts:
            act(story)

    return do


def act(name: str, *args: Any, **kwargs: Any) -> Act:
    """Return the act of the story called `name`."""
    return lambda story: getattr(story, name)(*args, **kwargs)


def wait(time: timedelta) -> Act:
    return act("wait", time)


def wait_until(moment: datetime) -> Act:
    return lambda story: story.wait(moment - story.now)
