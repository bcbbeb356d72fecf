"""Reads one upright line of text into chances per step for the plate decoder.

The network (PP-OCRv6 recognition, SVTR with a CTC head, arXiv:2205.00159) knows 18,708 signs; they
are folded to nothing, the 36 plate characters and "other" here (see `decode.py`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairplate.core.errors import EngineError
from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.reading.decode import FIRST, NOTHING, OTHER
from fairplate.reading.engine import Image

HEIGHT_PX = 48
MAX_WIDTH_PX = 480
# Between the groups of a plate: a gap, as far as its text goes.
_GAPS = frozenset(" -.·•:'\u2019_")


class TextReader:
    """Reads RGB line pictures 48 px high; `session` runs the recognition network."""

    def __init__(self, session: Any) -> None:
        """Keep the session and the fold of its signs, which its metadata lists one a line."""
        self._session = session
        self._input = session.get_inputs()[0].name
        listed = session.get_modelmeta().custom_metadata_map.get("character")
        if not listed:
            raise EngineError("engine ppocr: the weights do not list their characters")
        signs = ["", *listed.splitlines(), " "]
        self._plate_columns = [
            np.array([i for i, sign in enumerate(signs) if sign and sign.upper() == character])
            for character in PLATE_CHARACTERS
        ]
        self._nothing_columns = np.array([0] + [i for i, s in enumerate(signs) if s in _GAPS])

    def read(self, line: Image) -> NDArray[np.float32]:
        """Return the chances, shape (steps, 38), of what the line shows from left to right."""
        scaled = line[:, :, ::-1].astype(np.float32) / 127.5 - 1.0
        batch = np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])
        chances: NDArray[np.float32] = self._session.run(None, {self._input: batch})[0][0]
        folded = np.zeros((len(chances), OTHER + 1), dtype=np.float32)
        folded[:, NOTHING] = chances[:, self._nothing_columns].sum(axis=1)
        for at, columns in enumerate(self._plate_columns):
            folded[:, FIRST + at] = chances[:, columns].sum(axis=1)
        folded[:, OTHER] = np.maximum(1.0 - folded.sum(axis=1), 0.0)
        return folded
