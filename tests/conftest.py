"""Small stand-ins for the networks of fast-alpr: real ONNX files, named and shaped as its own.

The detector returns two fixed boxes, as sure as the picture is red; the recogniser spells by
colour: red, green and blue each have a text, a mixture shows both in its parts.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from tests.databases import (  # fixtures for every folder
    database,
    database_kind,
    database_url,
    make_database,
    migrated_file,
    migrated_url,
)
from tests.postgresql_server import postgresql_server
from tests.vault.pkcs11.softhsm import soft_token

__all__ = [
    "database",
    "database_kind",
    "database_url",
    "make_database",
    "migrated_file",
    "migrated_url",
    "postgresql_server",
    "soft_token",
]

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-Я_"
SLOTS = 9
TEXTS = ("AB-12CD__", "AB-1ZCD__", "Я________")
SIDE_PX = 384
# x1, y1, x2, y2 in the detector's square, score; a 640 x 480 frame fills it from y = 48 to 336.
# The tenth keeps the corners, which the package cuts to whole pixels, clear of rounding.
BOXES = (
    (30.1, 60.1, 60.1, 72.1, 0.9),
    (120.1, 168.1, 216.1, 192.1, 0.8),
    (300.1, 300.1, 330.1, 310.1, 0.3),
)


def _detector() -> bytes:
    import onnx  # noqa: PLC0415 - heavy; most tests need none of it
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    rows = [[0.0, *box[:4], 0.0, 0.0] for box in BOXES]
    scores = [[0.0] * 6 + [box[4]] for box in BOXES]
    constants = {
        "red": np.array(0, np.int64),
        "blue": np.array(2, np.int64),
        "boxes": np.array(rows, np.float32),
        "scores": np.array(scores, np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["images", "red"], ["reds"], axis=1),
        helper.make_node("Gather", ["images", "blue"], ["blues"], axis=1),
        helper.make_node("Sub", ["reds", "blues"], ["redness"]),
        helper.make_node("ReduceMax", ["redness"], ["sure"], keepdims=0),
        helper.make_node("Mul", ["scores", "sure"], ["scored"]),
        helper.make_node("Add", ["boxes", "scored"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE_PX, SIDE_PX])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["boxes", 7])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _recogniser() -> bytes:
    import onnx  # noqa: PLC0415 - heavy; most tests need none of it
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    spelled = np.zeros((3, SLOTS, len(ALPHABET)), np.float32)
    for colour, text in enumerate(TEXTS):
        for slot, sign in enumerate(text):
            spelled[colour, slot, ALPHABET.index(sign)] = 1.0
    constants = {
        "all": np.array(255, np.float32),
        "spelled": spelled.reshape(3, -1),
        "shape": np.array([-1, SLOTS, len(ALPHABET)], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["input"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["means"], axes=[1, 2], keepdims=0),
        helper.make_node("Div", ["means", "all"], ["colour"]),
        helper.make_node("MatMul", ["colour", "spelled"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["plate"]),
    ]
    graph = helper.make_graph(
        nodes,
        "recogniser",
        [helper.make_tensor_value_info("input", TensorProto.UINT8, ["n", 64, 128, 3])],
        [helper.make_tensor_value_info("plate", TensorProto.FLOAT, ["n", SLOTS, len(ALPHABET)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


_CONFIG = f"""\
max_plate_slots: {SLOTS}
alphabet: '{ALPHABET}'
pad_char: '_'
img_height: 64
img_width: 128
keep_aspect_ratio: false
interpolation: linear
image_color_mode: rgb
"""


@pytest.fixture(scope="session")
def fast_alpr_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the small networks under the file names of the real ones."""
    from fast_plate_ocr.inference import hub as recognisers  # noqa: PLC0415
    from open_image_models.detection.core import hub as detectors  # noqa: PLC0415

    from fairplate.reading.engines.fast_alpr import DETECTOR, RECOGNISER  # noqa: PLC0415

    addresses: Sequence[str] = (
        detectors.DETECTION_MODELS[DETECTOR].url,
        *recognisers.AVAILABLE_ONNX_MODELS[RECOGNISER],
    )
    contents = (_detector(), _recogniser(), _CONFIG.encode())
    folder = tmp_path_factory.mktemp("weights")
    for address, content in zip(addresses, contents, strict=True):
        (folder / address.rsplit("/", maxsplit=1)[1]).write_bytes(content)
    return folder


@dataclass(frozen=True)
class FastAlprHub:
    """Where the packages of fast-alpr look for weights: their caches here, their address."""

    detector_folder: Path
    recogniser_folder: Path
    weights: Path
    monkeypatch: pytest.MonkeyPatch

    def fill_caches(self) -> None:
        for folder, pattern in ((self.detector_folder, "yolo*"), (self.recogniser_folder, "cct*")):
            folder.mkdir(parents=True)
            for file in self.weights.glob(pattern):
                shutil.copy(file, folder)

    def move_to(self, address: str) -> None:
        from fast_plate_ocr.inference import hub as recognisers  # noqa: PLC0415
        from open_image_models.detection.core import hub as detectors  # noqa: PLC0415

        self.monkeypatch.setenv("no_proxy", "127.0.0.1")
        for name, spec in list(detectors.DETECTION_MODELS.items()):
            moved = replace(spec, url=_moved(spec.url, address))
            self.monkeypatch.setitem(detectors.DETECTION_MODELS, name, moved)
        for name, urls in list(recognisers.AVAILABLE_ONNX_MODELS.items()):
            moved_urls = tuple(_moved(url, address) for url in urls)
            self.monkeypatch.setitem(recognisers.AVAILABLE_ONNX_MODELS, name, moved_urls)


def _moved(url: str, address: str) -> str:
    return f"{address}/{url.rsplit('/', maxsplit=1)[1]}"


@pytest.fixture(scope="session")
def fast_alpr_hub(fast_alpr_weights: Path) -> Callable[[Path, pytest.MonkeyPatch], FastAlprHub]:
    """Make a hub that nobody serves, with empty caches below a folder."""
    from fast_plate_ocr.inference import hub as recognisers  # noqa: PLC0415
    from open_image_models.detection.core import hub as detectors  # noqa: PLC0415

    from fairplate.reading.engines.fast_alpr import DETECTOR, RECOGNISER  # noqa: PLC0415

    def make(cache: Path, monkeypatch: pytest.MonkeyPatch) -> FastAlprHub:
        monkeypatch.setattr(detectors, "MODEL_CACHE_DIR", cache / "open-image-models")
        monkeypatch.setattr(recognisers, "MODEL_CACHE_DIR", cache / "fast-plate-ocr")
        hub = FastAlprHub(
            cache / "open-image-models" / DETECTOR,
            cache / "fast-plate-ocr" / RECOGNISER,
            fast_alpr_weights,
            monkeypatch,
        )
        hub.move_to("http://127.0.0.1:1")
        return hub

    return make
