import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from fairplate.core.errors import EngineError
from fairplate.reading.engines import EngineOptions
from fairplate.reading.engines.ppocr import PpocrEngine
from fairplate.reading.engines.ppocr.text_reader import TextReader
from fairplate.reading.engines.ppocr.weights import (
    FINDER_FILE,
    READER_FILE,
    flush_subnormals,
    weights_path,
)

TINY = np.float32(1e-40)  # below the smallest normal float32, 1.18e-38
VALUES = np.array([1.0, -2.5, 0.0, TINY, -TINY, 1.2e-38, 1.1e-38, 3e38], dtype=np.float32)


def small_model(*, form: str) -> bytes:
    """y = x * float32 weights + float32(float64 weights) + float32(int32 weights)."""
    if form == "raw_data":
        weights = numpy_helper.from_array(VALUES, "w")
    else:
        weights = helper.make_tensor("w", TensorProto.FLOAT, VALUES.shape, VALUES.tolist())
    assert weights.HasField("raw_data") == (form == "raw_data")
    doubles = numpy_helper.from_array(np.full(VALUES.shape, 1e-310), "d")
    # Bits of a subnormal float32 in integers, which are no floats and must stay.
    whole = numpy_helper.from_array(np.arange(1, 9, dtype=np.int32), "i")
    nodes = [
        helper.make_node("Mul", ["x", "w"], ["xw"]),
        helper.make_node("Cast", ["d"], ["df"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["i"], ["if"], to=TensorProto.FLOAT),
        helper.make_node("Sum", ["xw", "df", "if"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, VALUES.shape) for name in "xy"]
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], [weights, doubles, whole])
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=10)
    return bytes(model.SerializeToString())


def arrays(model: bytes) -> dict[str, NDArray[Any]]:
    loaded = onnx.load_model_from_string(model)
    return {t.name: numpy_helper.to_array(t) for t in loaded.graph.initializer}


def run(model: bytes) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    result: NDArray[np.float32] = session.run(None, {"x": np.full(8, 2.0, np.float32)})[0]
    return result


def test_subnormal_weights_become_zero_and_all_others_stay() -> None:
    model = small_model(form="raw_data")
    flushed = flush_subnormals(model)
    expected = np.where(np.abs(VALUES) < np.finfo(np.float32).tiny, 0, VALUES)
    assert (arrays(flushed)["w"] == expected).all()
    assert len(flushed) == len(model)
    onnx.checker.check_model(onnx.load_model_from_string(flushed))


@pytest.mark.parametrize("form", ["raw_data", "float_data"])
def test_other_types_stay_and_so_does_the_result(form: str) -> None:
    model = small_model(form=form)
    flushed = flush_subnormals(model)
    for name in "di":
        assert (arrays(flushed)[name] == arrays(model)[name]).all()
    assert run(flushed) == pytest.approx(run(model), abs=1e-37)
    assert flush_subnormals(flushed) == flushed


@pytest.mark.parametrize("name", [FINDER_FILE, READER_FILE])
def test_the_shipped_weights_have_no_subnormal_left(name: str) -> None:
    for array in arrays(flush_subnormals(weights_path(name).read_bytes())).values():
        if array.dtype == np.float32:
            assert not ((array != 0) & (np.abs(array) < np.finfo(np.float32).tiny)).any()


@given(st.binary(max_size=80))
def test_bytes_that_are_no_model_are_refused_or_left_alone(data: bytes) -> None:
    try:
        assert len(flush_subnormals(data)) == len(data)
    except EngineError as error:
        assert "ppocr" in str(error)  # noqa: PT017 - either is right


def test_a_model_cut_short_is_refused_or_left_alone() -> None:
    model = small_model(form="raw_data")
    for length in range(len(model)):
        try:
            flush_subnormals(model[:length])
        except EngineError as error:
            assert "ppocr" in str(error)  # noqa: PT017 - either is right


def test_a_missing_wheel_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules is how Python itself notes that a module cannot be imported.
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(EngineError, match="pip install rapidocr"):
        PpocrEngine.load(EngineOptions())


def test_another_release_of_the_wheel_says_which_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = ModuleType("rapidocr")
    wheel.__spec__ = ModuleSpec("rapidocr", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setitem(sys.modules, "rapidocr", wheel)
    with pytest.raises(EngineError, match=FINDER_FILE):
        weights_path(FINDER_FILE)


def test_a_reader_without_its_list_of_characters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    path.write_bytes(small_model(form="raw_data"))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    with pytest.raises(EngineError, match="characters"):
        TextReader(session)
