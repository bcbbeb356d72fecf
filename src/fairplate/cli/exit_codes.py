"""The command's exit codes, and which error ends in which."""

from enum import IntEnum

from fairplate.core.errors import FairplateError, PolicyError


class ExitCode(IntEnum):
    """What a script can rely on; an interrupted run is a failed one, since its work is not done."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    REFUSED_BY_POLICY = 3


def exit_code_for(error: FairplateError) -> ExitCode:
    """Return the code a command ends with when `error` ends it."""
    return ExitCode.REFUSED_BY_POLICY if isinstance(error, PolicyError) else ExitCode.FAILED
