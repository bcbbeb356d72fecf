"""`read --json`: one read a line, fields and order as `docs/reference/read-json.md` says."""

import json
from typing import TextIO

from fairplate.cli.finding import Finding, RunSummary
from fairplate.core.reads import Character
from fairplate.hotlists.match import match_fields


class JsonLines:
    """Writes each read as soon as it is made, so that a stream can be followed."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def add(self, finding: Finding) -> None:
        """Write one line and hand it on at once."""
        self._out.write(json_line(finding) + "\n")
        self._out.flush()

    def close_source(self) -> None:
        """Do nothing: every line is out already."""

    def finish(self, summary: RunSummary) -> None:
        """Do nothing: lines carry reads only."""


def json_line(finding: Finding) -> str:
    """Return the read as one line of ASCII JSON; confidences to 4 digits, seconds to 3."""
    read, best = finding.read, finding.best
    fields = {
        "source": read.source,
        "frame": read.frame,
        "time_s": round(read.time_s, 3),
        "plate": read.plate,
        "region": read.region,
        "confidence": round(read.confidence, 4),
        "characters": [_character_fields(character) for character in read.characters],
        "box": [read.box.x1, read.box.y1, read.box.x2, read.box.y2],
        "frames": read.frames,
        "match": match_fields(best) if best else None,
    }
    return json.dumps(fields, separators=(",", ":"))


def _character_fields(character: Character) -> dict[str, object]:
    return {
        "char": character.char,
        "confidence": round(character.confidence, 4),
        "second": character.second,
        "second_confidence": round(character.second_confidence, 4),
    }
