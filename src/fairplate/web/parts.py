"""What requests work with: the parts of one open deployment, made before the server listens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from fairplate.core.errors import FairplateError
from fairplate.ingest.arrival import ReaderSettings
from fairplate.web.access_keys import AccessKeys
from fairplate.web.intake_line import IntakeLine
from fairplate.web.metrics import Metrics
from fairplate.web.passing import Passing
from fairplate.web.reader_settings import read_reader_settings
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
    passing: Passing
    reader_settings: Mapping[str, ReaderSettings]


def gather_parts(
    deployment: "Deployment", line: IntakeLine, tell: Callable[[str, FairplateError], None]
) -> Parts:
    """Return the parts of `deployment`. Raises InputError for settings that are none."""
    metrics = Metrics()
    return Parts(
        deployment=deployment,
        line=line,
        access_keys=AccessKeys(deployment.database),
        metrics=metrics,
        public_figures=PublicFigures(deployment.log),
        passing=Passing(
            line, deployment.now, metrics.count_taken, lambda error: tell("hooks", error)
        ),
        reader_settings=read_reader_settings(deployment.settings.readers),
    )


def parts_of(request: Request) -> Parts:
    """Return the parts that `create_app` was given."""
    parts = request.app.state.parts
    if not isinstance(parts, Parts):
        raise TypeError
    return parts
