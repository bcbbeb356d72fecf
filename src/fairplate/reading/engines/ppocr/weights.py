"""The PP-OCRv6 networks that ship inside the `rapidocr` wheel (Apache-2.0), ready to run.

Only the ONNX files are used, none of rapidocr's code. Decides nothing about plates.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from fairplate.core.errors import EngineError

FINDER_FILE = "PP-OCRv6_det_small.onnx"
READER_FILE = "PP-OCRv6_rec_small.onnx"

# Protocol buffers, field numbers of onnx.proto3 (ONNX IR version 10).
_MODEL_GRAPH, _GRAPH_INITIALIZER, _TENSOR_DATA_TYPE, _TENSOR_RAW_DATA = 7, 5, 2, 9
_FLOAT32 = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXPONENT_BITS = 0x7F800000


def weights_path(name: str) -> Path:
    """Return where `name` lies in the installed rapidocr wheel; EngineError if it is not there."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise EngineError(
            "engine ppocr: the package rapidocr is not installed: pip install rapidocr"
        )
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file():
        raise EngineError(
            f"engine ppocr: this release of rapidocr has no {name}; install 3.9 or 3.10"
        )
    return path


def _varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return value, at


def _fields(data: bytes | bytearray, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (field number, start, end) of a message's fields; a varint's start is its value."""
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value, at
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in {_FIXED32, _FIXED64}:
            size = 4 if wire == _FIXED32 else 8
        else:
            raise EngineError("engine ppocr: the weights are not an ONNX file")
        yield number, at, at + size
        at += size


def flush_subnormals(model: bytes) -> bytes:
    """Return the ONNX `model` with the subnormal float32 weights of its raw data set to zero.

    (Exporters store large weights as raw data.) EngineError if `model` is cut or damaged.

    Processors compute with values below 1.2e-38 in microcode: 400,000 of them in
    PP-OCRv6_det_small made two convolutions 49 and 99 times slower and the whole network 3.2 times,
    with the same output to the bit (one 640 x 352 input). onnxruntime's own switch for it,
    `session.set_denormal_as_zero`, helped in a process whose first session set it, and not at all
    where another session came first.
    """
    data = bytearray(model)
    try:
        _flush(data)
    except (IndexError, ValueError) as error:
        raise EngineError(
            "engine ppocr: the weights are cut or damaged; reinstall rapidocr"
        ) from error
    return bytes(data)


def _flush(data: bytearray) -> None:
    for number, graph, graph_end in _fields(data, 0, len(data)):
        if number != _MODEL_GRAPH:
            continue
        for inner, tensor, tensor_end in _fields(data, graph, graph_end):
            if inner != _GRAPH_INITIALIZER:
                continue
            parts = list(_fields(data, tensor, tensor_end))
            if (_TENSOR_DATA_TYPE, _FLOAT32) not in [(n, value) for n, value, _ in parts]:
                continue
            for n, start, end in parts:
                if n == _TENSOR_RAW_DATA:
                    bits = np.frombuffer(data[start:end], "<u4").copy()
                    bits[(bits & _EXPONENT_BITS) == 0] = 0
                    data[start:end] = bits.tobytes()


def open_session(name: str, *, threads: int) -> Any:
    """Return an onnxruntime session on `name` that uses `threads` processor cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        flush_subnormals(weights_path(name).read_bytes()),
        options,
        providers=["CPUExecutionProvider"],
    )
