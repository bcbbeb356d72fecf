import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairplate.core.errors import EngineError
from fairplate.core.plates import normalise_plate
from fairplate.core.reads import Box, Character
from fairplate.reading.engine import Area, EngineOptions, Frame, Image
from fairplate.reading.engines import fast_alpr as ours
from fairplate.reading.engines.fast_alpr import FastAlprEngine

# In pixels of a 640 x 480 frame; the networks and what they answer are described in conftest.py.
SMALL, LARGE = Box(50, 20, 100, 40), Box(200, 200, 360, 240)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
RED_TEXT, GREEN_TEXT = "AB12CD", "AB1ZCD"


@pytest.fixture
def hub(
    fast_alpr_hub: Callable[[Path, pytest.MonkeyPatch], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    return fast_alpr_hub(tmp_path, monkeypatch)


@pytest.fixture
def engine(hub: Any) -> FastAlprEngine:
    hub.fill_caches()
    return FastAlprEngine.load(EngineOptions())


def street(*plates: tuple[Box, tuple[int, int, int]], size: tuple[int, int] = (640, 480)) -> Image:
    """Return grey with a red corner, which the detector waits for, and the plates in colour."""
    image: Image = np.full((size[1], size[0], 3), 114, np.uint8)
    image[-40:, :40] = RED
    for box, colour in plates:
        # Beyond the box as well, so that a cut a pixel off says the same.
        image[max(box.y1 - 2, 0) : box.y2 + 2, max(box.x1 - 2, 0) : box.x2 + 2] = colour
    return image


def test_read_gives_plate_box_confidences_and_second_choices(engine: FastAlprEngine) -> None:
    image = street((SMALL, GREEN), (LARGE, (204, 51, 0)))
    small, large = sorted(
        engine.read(Frame(image, "a.jpg", index=3, time_s=0.5)), key=lambda read: read.box.x1
    )
    assert (large.plate, large.box) == (RED_TEXT, LARGE)
    assert (large.source, large.frame, large.time_s, large.frames) == ("a.jpg", 3, 0.5, 1)
    assert large.region is None
    assert large.confidence == pytest.approx(0.8, abs=0.01)
    unsure = large.characters[3]
    assert (unsure.char, unsure.second) == ("2", "Z")
    assert unsure.confidence == pytest.approx(0.8, abs=0.01)
    assert unsure.second_confidence == pytest.approx(0.2, abs=0.01)
    assert large.characters[0].confidence == pytest.approx(1.0, abs=0.01)
    assert (small.plate, small.box) == (GREEN_TEXT, SMALL)
    assert small.characters == tuple(Character(c, 1.0) for c in GREEN_TEXT)


def test_the_larger_of_two_sure_plates_comes_first(engine: FastAlprEngine) -> None:
    both = street((SMALL, GREEN), (LARGE, RED))
    assert [read.box for read in engine.read(Frame(both, "a"))] == [LARGE, SMALL]
    # The detector is surer of the small one and names it first.
    areas = engine.locate(both)
    assert [area.corners[0] for area in areas] == [(200.0, 200.0), (50.0, 20.0)]
    assert [area.confidence for area in areas] == pytest.approx([0.8, 0.9], abs=0.01)


def test_a_sure_small_plate_comes_before_a_doubtful_large_one(engine: FastAlprEngine) -> None:
    image = street((SMALL, GREEN), (LARGE, (153, 102, 0)))
    assert [read.plate for read in engine.read(Frame(image, "a"))] == [GREEN_TEXT, RED_TEXT]


def test_what_is_no_plate_yields_no_read(engine: FastAlprEngine) -> None:
    # Blue spells a letter of another script.
    image = street((SMALL, RED), (LARGE, BLUE))
    assert len(engine.locate(image)) == 2
    assert [read.box for read in engine.read(Frame(image, "a"))] == [SMALL]
    assert engine.transcribe(image, engine.locate(image)[0]) is None


def test_a_box_that_leaves_the_frame_is_cut_to_it(engine: FastAlprEngine) -> None:
    # 100 x 480 leaves 152 of the detector's 384 pixels free on both sides.
    (read,) = engine.read(Frame(street((Box(0, 210, 80, 240), RED), size=(100, 480)), "a"))
    assert read.box == Box(0, 210, 80, 240)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 700)])
def test_odd_frames_yield_reads_or_none(engine: FastAlprEngine, shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), RED, np.uint8)
    for read in engine.read(Frame(image, "a")):
        assert read.box.x2 <= shape[1]
        assert read.box.y2 <= shape[0]
    whole = (float(shape[1]), float(shape[0]))
    area = Area(((0.0, 0.0), (whole[0], 0.0), whole, (0.0, whole[1])), 1.0)
    transcript = engine.transcribe(image, area)
    assert transcript is None or len(transcript.characters) == len(RED_TEXT)


def test_says_what_alpr_says(hub: Any, engine: FastAlprEngine) -> None:
    from fast_alpr import ALPR  # noqa: PLC0415
    from open_image_models import create_detector  # noqa: PLC0415

    (detector,) = hub.detector_folder.glob("*.onnx")
    alpr = ALPR(
        detector=create_detector(
            detector, backend="yolo_v9", class_labels=("License Plate",), conf_thresh=0.4
        ),
        ocr_model=None,
        ocr_model_path=next(hub.recogniser_folder.glob("*.onnx")),
        ocr_config_path=next(hub.recogniser_folder.glob("*.yaml")),
    )
    rng = np.random.default_rng(5)
    for _ in range(10):
        image = rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)
        image[..., 2] //= 4
        for box in (SMALL, LARGE):
            tint = rng.integers(0, 256, 3)
            image[box.y1 : box.y2, box.x1 : box.x2] //= 2
            image[box.y1 : box.y2, box.x1 : box.x2] += (tint // (2, 2, 4)).astype(np.uint8)
        theirs = {
            (normalise_plate(found.ocr.text), found.detection.bounding_box.xyxy)
            for found in alpr.predict(np.ascontiguousarray(image[:, :, ::-1]))
        }
        boxes = [
            (r.plate, (r.box.x1, r.box.y1, r.box.x2, r.box.y2))
            for r in engine.read(Frame(image, "a"))
        ]
        assert len(boxes) == 2
        assert set(boxes) == theirs


def test_networks_and_threshold_are_those_that_alpr_takes_by_default() -> None:
    from fast_alpr import ALPR  # noqa: PLC0415

    asked = inspect.signature(ALPR).parameters
    assert asked["detector_model"].default == ours.DETECTOR
    assert asked["ocr_model"].default == ours.RECOGNISER
    assert asked["detector_conf_thresh"].default == ours.MIN_DETECTION


@pytest.mark.parametrize("threads", [1, 2])
def test_both_networks_keep_to_the_threads(hub: Any, threads: int) -> None:
    hub.fill_caches()
    engine = FastAlprEngine.load(EngineOptions(threads=threads))
    for network in (engine._detector, engine._recogniser):
        assert network.model.get_session_options().intra_op_num_threads == threads
        assert network.model.get_session_options().inter_op_num_threads == 1
        assert network.model.get_providers() == ["CPUExecutionProvider"]


def test_weights_that_cannot_be_fetched_are_told_with_what_to_do(hub: Any) -> None:
    with pytest.raises(EngineError) as caught:
        FastAlprEngine.load(EngineOptions())
    told = str(caught.value)
    assert "\n" not in told
    assert told.startswith("engine fast-alpr: cannot fetch its weights (<urlopen error")
    assert "run it once on a machine that reaches the network" in told
    assert str(hub.detector_folder) in told
    assert str(hub.recogniser_folder) in told


@pytest.fixture
def server(fast_alpr_weights: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Quiet, directory=str(fast_alpr_weights))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_weights_are_fetched_once(hub: Any, server: str) -> None:
    hub.move_to(server)
    FastAlprEngine.load(EngineOptions())
    assert len(list(hub.detector_folder.iterdir())) == 1
    assert len(list(hub.recogniser_folder.iterdir())) == 2
    hub.move_to("http://127.0.0.1:1")
    engine = FastAlprEngine.load(EngineOptions())
    assert engine.read(Frame(street((LARGE, RED)), "a"))[0].plate == RED_TEXT


def test_a_hub_without_the_file_is_told(hub: Any, server: str) -> None:
    hub.move_to(f"{server}/gone")
    with pytest.raises(EngineError, match=r"cannot fetch its weights \(HTTP Error 404"):
        FastAlprEngine.load(EngineOptions())


@pytest.mark.parametrize(
    ("folder", "pattern", "content"),
    [
        ("detector_folder", "*.onnx", b""),
        ("recogniser_folder", "*.onnx", b"<html>sign in"),
        ("recogniser_folder", "*.yaml", b"alphabet: [\n"),
        ("recogniser_folder", "*.yaml", b"something: else\n"),
    ],
)
def test_damaged_weights_are_told_with_what_to_do(
    hub: Any, folder: str, pattern: str, content: bytes
) -> None:
    hub.fill_caches()
    next(getattr(hub, folder).glob(pattern)).write_bytes(content)
    with pytest.raises(EngineError) as caught:
        FastAlprEngine.load(EngineOptions())
    assert "\n" not in str(caught.value)
    assert str(getattr(hub, folder)) in str(caught.value)
    assert "delete both folders and they are fetched anew" in str(caught.value)


@pytest.mark.parametrize("package", ["fast_alpr", "fast_plate_ocr", "open_image_models"])
def test_packages_that_are_not_installed_are_told(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in [*sys.modules]:
        if name.startswith(f"{package}."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EngineError, match=r"pip install 'fairplate\[fast-alpr\]'$") as caught:
        FastAlprEngine.load(EngineOptions())
    assert package in str(caught.value)


def test_signs_are_folded_to_plate_characters() -> None:
    fold = ours._fold_of("aA0-_Ü㉓ßЖ", "_")
    assert fold.sum(axis=1).tolist() == [1.0] * 9
    letter_a, letter_u = 10, 30
    assert fold.argmax(axis=1).tolist() == [
        letter_a, letter_a, 0, ours._NOTHING, ours._NOTHING, letter_u,
        ours._OTHER, ours._OTHER, ours._OTHER,
    ]  # fmt: skip
