"""The engines by name. To add one: a file here and a line in `ENGINES`."""

from collections.abc import Callable

from fairplate.core.errors import InputError
from fairplate.reading.engine import Engine, EngineOptions

__all__ = ["DEFAULT_ENGINE", "ENGINES", "EngineOptions", "build_engine"]


def _ppocr(options: EngineOptions) -> Engine:
    from fairplate.reading.engines.ppocr import PpocrEngine  # noqa: PLC0415 - engines' libraries are heavy and optional

    return PpocrEngine.load(options)


def _fast_alpr(options: EngineOptions) -> Engine:
    from fairplate.reading.engines.fast_alpr import FastAlprEngine  # noqa: PLC0415 - engines' libraries are heavy and optional

    return FastAlprEngine.load(options)


DEFAULT_ENGINE = "ppocr"
ENGINES: dict[str, Callable[[EngineOptions], Engine]] = {
    "ppocr": _ppocr,
    "fast-alpr": _fast_alpr,
}


def build_engine(name: str, options: EngineOptions) -> Engine:
    """Return the engine called `name`, ready to read; its libraries load only now.

    Raises InputError for an unknown name and EngineError if it cannot run on this machine.
    """
    if name not in ENGINES:
        raise InputError("engine", "name", expected=" or ".join(ENGINES), found=repr(name[:40]))
    return ENGINES[name](options)
