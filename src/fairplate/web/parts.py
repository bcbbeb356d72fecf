"""What requests work with: the parts of one open deployment, made before the server listens."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from fairplate.web.intake_line import IntakeLine
from fairplate.web.metrics import Metrics
from fairplate.web.reader_keys import ReaderKeys

if TYPE_CHECKING:
    from fairplate.wiring import Deployment


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts; `ready` says why the server cannot work, if it cannot."""

    deployment: "Deployment"
    line: IntakeLine
    reader_keys: ReaderKeys
    metrics: Metrics


def parts_of(request: Request) -> Parts:
    """Return the parts that `create_app` was given."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts
