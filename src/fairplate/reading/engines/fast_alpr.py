"""The optional engine `fast-alpr`: a YOLOv9 plate detector and fast-plate-ocr's global network.

Runs the networks that `fast_alpr.ALPR()` runs by default, fed as it feeds them, but takes the text
network's whole output: ALPR keeps the first choice for each place, the network weighs them all.
Both learnt plates of the world and take no hint where a plate is from, so `regions` has no effect.
The network's guess of a country goes by looks, not by what the plate says, and is left out. The
packages fetch the weights on first use and keep them below `~/.cache`.
"""

import logging
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, NamedTuple, Self

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fairplate.core.errors import EngineError, InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS, normalise_plate
from fairplate.core.reads import Character, PlateRead
from fairplate.reading.engine import Area, EngineOptions, Frame, Image, Transcript
from fairplate.reading.quads import box_of

# What ALPR() of fast-alpr 0.4 uses.
DETECTOR = "yolo-v9-t-384-license-plate-end2end"
RECOGNISER = "cct-xs-v2-global-model"
MIN_DETECTION = 0.4

_COUNT = len(PLATE_CHARACTERS)
_NOTHING, _OTHER = _COUNT, _COUNT + 1  # columns after those of the plate characters


class _Packages(NamedTuple):
    create_detector: Callable[..., Any]
    create_recogniser: Callable[..., Any]
    detector_hub: Any
    recogniser_hub: Any
    resize: Callable[..., NDArray[np.uint8]]


class FastAlprEngine:
    """Reads plates with the two networks of fast-alpr; one instance for one thread."""

    name = "fast-alpr"

    def __init__(
        self, detector: Any, recogniser: Any, resize: Callable[..., NDArray[np.uint8]]
    ) -> None:
        """Take an open-image-models detector, a fast-plate-ocr recogniser and its `resize_image`.

        The recogniser must give chances of shape (1, slots, alphabet) or the same flattened.
        """
        self._detector = detector
        self._recogniser = recogniser
        self._resize = resize
        self._input = recogniser.model.get_inputs()[0].name
        self._fold = _fold_of(recogniser.config.alphabet, recogniser.config.pad_char)

    @classmethod
    def load(cls, options: EngineOptions) -> Self:
        """Return the engine with its networks loaded, fetched first if they are not here yet.

        Raises EngineError, which says what to do, if the packages are not installed, if the weights
        are neither here nor can be fetched, or if they are damaged.
        """
        packages = _import_packages()
        detector_file, (text_file, config_file) = _fetch(packages)
        session = onnxruntime.SessionOptions()
        session.intra_op_num_threads = options.threads
        session.inter_op_num_threads = 1
        session.log_severity_level = 3
        shared = {"providers": ["CPUExecutionProvider"], "sess_options": session}
        try:
            detector = packages.create_detector(
                detector_file,
                backend="yolo_v9",
                class_labels=("License Plate",),
                conf_thresh=MIN_DETECTION,
                **shared,
            )
            recogniser = packages.create_recogniser(
                onnx_model_path=text_file, plate_config_path=config_file, **shared
            )
            return cls(detector, recogniser, packages.resize)
        # onnxruntime, PyYAML and the packages promise no list of errors for damaged files.
        except Exception as error:  # noqa: BLE001
            raise EngineError(
                f"engine fast-alpr: the weights in {detector_file.parent} or {text_file.parent} "
                f"are damaged ({_one_line(error)}); delete both folders and they are fetched anew"
            ) from None

    def locate(self, image: Image) -> list[Area]:
        """Return the plates' places, the most prominent first, cut to the frame."""
        height, width = image.shape[:2]
        if _vanishes(image, self._detector.img_size):
            return []
        areas = []
        blue_green_red = np.ascontiguousarray(image[:, :, ::-1])
        for found in self._detector.predict(blue_green_red):
            box = found.bounding_box
            x1, y1 = float(max(box.x1, 0)), float(max(box.y1, 0))
            x2, y2 = float(min(box.x2, width)), float(min(box.y2, height))
            if x1 < x2 and y1 < y2:
                corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
                areas.append(Area(corners, min(found.confidence, 1.0)))
        return sorted(areas, key=lambda area: _prominence(area.confidence, area), reverse=True)

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        """Return what the upright box around the area shows, or None if it is no plate's text.

        `confidence` is the chance that every place is right: the product of the places' chances.
        """
        box = box_of(np.array(area.corners, dtype=np.float32), image)
        crop = image[box.y1 : box.y2, box.x1 : box.x2]
        config = self._recogniser.config
        if _vanishes(crop, (config.img_height, config.img_width)):
            return None
        if config.image_color_mode == "grayscale":
            crop = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        small = self._resize(
            crop,
            config.img_height,
            config.img_width,
            image_color_mode=config.image_color_mode,
            keep_aspect_ratio=config.keep_aspect_ratio,
            interpolation_method=config.interpolation,
            padding_color=config.padding_color,
        )
        output = self._recogniser.model.run(
            [self._recogniser.plate_output_name], {self._input: small[np.newaxis]}
        )[0]
        return _transcript(np.reshape(output, (-1, len(self._fold))) @ self._fold)

    def read(self, frame: Frame) -> list[PlateRead]:
        """Return one read for each plate in the frame, the most prominent first."""
        found = []
        for area in self.locate(frame.image):
            transcript = self.transcribe(frame.image, area)
            if transcript is not None:
                found.append((_prominence(transcript.confidence, area), area, transcript))
        found.sort(key=lambda item: item[0], reverse=True)
        return [
            PlateRead(
                source=frame.source,
                plate="".join(c.char for c in transcript.characters),
                confidence=transcript.confidence,
                characters=transcript.characters,
                box=box_of(np.array(area.corners, dtype=np.float32), frame.image),
                frame=frame.index,
                time_s=frame.time_s,
                captured_at=frame.captured_at,
            )
            for _, area, transcript in found
        ]


def _import_packages() -> _Packages:
    try:
        import fast_alpr  # noqa: F401, PLC0415 - heavy, optional; says which release the rest is of
        from fast_plate_ocr import LicensePlateRecognizer  # noqa: PLC0415
        from fast_plate_ocr.core.process import resize_image  # noqa: PLC0415
        from fast_plate_ocr.inference import hub as recogniser_hub  # noqa: PLC0415
        from open_image_models import create_detector  # noqa: PLC0415
        from open_image_models.detection.core import hub as detector_hub  # noqa: PLC0415
        from open_image_models.detection.core.yolo_v9 import inference  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            f"engine fast-alpr: its packages are not installed ({_one_line(error)}): "
            "pip install 'fairplate[fast-alpr]'"
        ) from None
    # At its own level it tells the terminal which provider it uses, each time.
    inference.LOGGER.setLevel(logging.WARNING)
    return _Packages(
        create_detector, LicensePlateRecognizer, detector_hub, recogniser_hub, resize_image
    )


def _fetch(packages: _Packages) -> tuple[Any, tuple[Any, Any]]:
    """Return the paths of the detector, and of the recogniser with its configuration."""
    try:
        return (
            packages.detector_hub.download_model(DETECTOR),
            packages.recogniser_hub.download_model(RECOGNISER),
        )
    except (OSError, HTTPException, ValueError) as error:
        folders = (
            packages.detector_hub.MODEL_CACHE_DIR / DETECTOR,
            packages.recogniser_hub.MODEL_CACHE_DIR / RECOGNISER,
        )
        raise EngineError(
            f"engine fast-alpr: cannot fetch its weights ({_one_line(error)}): run it once on a "
            f"machine that reaches the network, then copy {folders[0]} and {folders[1]} from there"
        ) from None


def _one_line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160]


def _vanishes(image: Image, size: tuple[int, int]) -> bool:
    """Say whether the image, scaled to fit into `size`, would be less than a pixel thin."""
    height, width = image.shape[:2]
    return bool(min(height, width) * min(size) < max(height, width))


def _prominence(confidence: float, area: Area) -> float:
    """Confident and large: with two sure reads, the nearer car is the picture's subject."""
    width = area.corners[1][0] - area.corners[0][0]
    return float(confidence * width**0.2)


def _fold_of(alphabet: str, pad: str) -> NDArray[np.float32]:
    """Return the matrix (alphabet, 38) from its signs to the plate characters, nothing, other."""
    fold = np.zeros((len(alphabet), _OTHER + 1), dtype=np.float32)
    for row, sign in enumerate(alphabet):
        try:
            text = "" if sign == pad else normalise_plate(f"0{sign}")[1:]
            column = [*PLATE_CHARACTERS].index(text) if text else _NOTHING
        except (InputError, ValueError):
            column = _OTHER
        fold[row, column] = 1.0
    return fold


def _transcript(slots: NDArray[np.float32]) -> Transcript | None:
    """Return what the slots, chances of shape (slots, 38), spell; None if that is no plate."""
    characters = []
    confidence = 1.0
    for chances in slots.clip(0.0, 1.0):
        best = int(chances.argmax())
        confidence *= float(chances[best])
        if best == _OTHER:
            return None
        if best == _NOTHING:
            continue
        others = chances[:_COUNT].copy()
        others[best] = 0.0
        second = int(others.argmax())
        seen = bool(others[second] > 0.0)
        characters.append(
            Character(
                PLATE_CHARACTERS[best],
                float(chances[best]),
                PLATE_CHARACTERS[second] if seen else None,
                float(others[second]),
            )
        )
    if not 0 < len(characters) <= MAX_PLATE_LENGTH:
        return None
    return Transcript(tuple(characters), confidence)
