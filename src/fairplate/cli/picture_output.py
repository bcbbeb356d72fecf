"""`--annotate`: writes each picture as it comes and the contact sheet in the end.

Decides which reads share a picture: all of one still picture; in a clip each vehicle has the frame
it was read best in. Keeps no frame longer than its picture needs.
"""

from pathlib import Path

from fairplate.cli.annotate import Mark, MarkKind, annotate_picture, cut_crop
from fairplate.cli.contact_sheet import Card, Picture, render_sheet
from fairplate.cli.finding import Finding, RunSummary
from fairplate.cli.output_folder import SHEET_NAME, OutputFolder
from fairplate.reading.frames import SourceKind


class PictureOutput:
    """Writes into one folder."""

    def __init__(self, folder: OutputFolder) -> None:
        self._folder = folder
        self._waiting: list[Finding] = []
        self._cards: list[Card] = []

    @property
    def path(self) -> Path:
        """Where the sheet is, once finished."""
        return self._folder.path / SHEET_NAME

    def add(self, finding: Finding) -> None:
        """Take one finding; findings of one still picture come one after the other."""
        if self._waiting and self._waiting[0].frame.index != finding.frame.index:
            self._write_waiting()
        self._waiting.append(finding)
        if finding.kind is not SourceKind.PICTURE:
            self._write_waiting()

    def close_source(self) -> None:
        """Write the picture that is still waiting for more reads."""
        self._write_waiting()

    def finish(self, summary: RunSummary) -> None:
        """Write the sheet."""
        self._write_waiting()
        self._folder.write_sheet(render_sheet(self._cards, summary))

    def _write_waiting(self) -> None:
        findings, self._waiting = self._waiting, []
        if not findings:
            return
        frame = findings[0].frame
        name = self._folder.name_picture(frame.source, [f.read.plate for f in findings])
        drawn = annotate_picture(frame.image, [Mark(f.read, mark_kind(f)) for f in findings])
        file = self._folder.write_picture(name, drawn, frame.source)
        picture = Picture(file, *drawn.size)
        for number, finding in enumerate(findings, start=1):
            crop = cut_crop(frame.image, finding.read.box)
            crop_file = self._folder.write_picture(f"{name}-crop-{number}", crop, frame.source)
            self._cards.append(Card(finding.read, finding.matches, finding.kind, picture,
                                    Picture(crop_file, *crop.size)))  # fmt: skip


def mark_kind(finding: Finding) -> MarkKind:
    """Return what the mark of this finding says."""
    if finding.best is None:
        return MarkKind.READ
    return MarkKind.HELD_BACK if finding.best.held_back else MarkKind.MATCH
