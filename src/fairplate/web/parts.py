"""What requests work with: the parts of one open deployment, made before the server listens."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from fairplate.web.access_keys import AccessKeys
from fairplate.web.intake_line import IntakeLine
from fairplate.web.metrics import Metrics
from fairplate.wiring.public_figures import PublicFigures

if TYPE_CHECKING:
    from fairplate.wiring import Deployment


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts."""

    deployment: "Deployment"
    line: IntakeLine
    access_keys: AccessKeys
    metrics: Metrics
    public_figures: PublicFigures


def parts_of(request: Request) -> Parts:
    """Return the parts that `create_app` was given."""
    parts = request.app.state.parts
    if not isinstance(parts, Parts):
        raise TypeError
    return parts
