"""The folder of `--annotate`: safe names, whole files only, and no one else's file touched.

Files are called `read-0001-<source>.jpg`: a running number and the ASCII letters of the source's
name, so that no name can leave the folder, collide or hold a plate. A name with a digit is left out
whole: pictures are often named after their plate, and the read may differ from it by a look-alike.
A new run replaces what an earlier run left, and nothing else. Leaves what
is drawn to `annotate.py` and the page to `contact_sheet.py`.
"""

import os
import re
import tempfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path, PurePath

from PIL import Image as PillowImage

from fairplate.core.errors import FairplateError, InputError

SHEET_NAME = "index.html"
SHEET_GENERATOR = '<meta name="generator" content="Fairplate contact sheet">'
_OUR_PICTURE = re.compile(r"read-\d{4,}(-[a-z0-9-]+)?\.(jpg|png)")
_LOSSLESS = frozenset({".png", ".bmp", ".tif", ".tiff"})
_LONGEST_STEM = 40
_HEAD_BYTES = 2_000


class OutputFolder:
    """A folder that exists and can be written to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._count = 0

    @classmethod
    def open(cls, path: Path) -> "OutputFolder":
        """Make the folder if it is missing and try writing; an earlier run's files stay.

        Raises InputError if `path` is a file, cannot be written to, or holds an index.html that
        Fairplate did not write.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
            _find_earlier_run(path)
        except (FileExistsError, NotADirectoryError):
            raise _refuse(path, "a file in its place") from None
        except (OSError, ValueError) as error:
            raise _refuse(path, _reason(error)) from None
        return cls(path)

    def drop_earlier_run(self, sources: Iterable[str]) -> None:
        """Remove the sheet and pictures of an earlier run, now that this one can begin.

        Raises InputError, with nothing removed, if one of `sources` is among them.
        """
        try:
            earlier = _find_earlier_run(self.path)
            own = {old.resolve() for old in earlier}
            if any("://" not in source and Path(source).resolve() in own for source in sources):
                raise _refuse(self.path, "a source of this run among the files to be replaced")
            for old in earlier:
                old.unlink()
        except (OSError, ValueError) as error:
            raise _refuse(self.path, _reason(error)) from None

    def name_picture(self, source: str, plates: Iterable[str]) -> str:
        """Return a free name without suffix for a picture of `source`, which shows `plates`."""
        self._count += 1
        stem = slug(source, plates)
        while True:
            name = f"read-{self._count:04d}" + (f"-{stem}" if stem else "")
            if not any((self.path / f"{name}{end}").exists() for end in (".jpg", ".png")):
                return name
            self._count += 1

    def write_picture(self, name: str, picture: PillowImage.Image, source: str) -> str:
        """Write `picture` and return its file name: PNG if its source is lossless, else JPEG.

        The picture carries no EXIF data, so no position and no camera's serial number.
        """
        content = BytesIO()
        if PurePath(source).suffix.lower() in _LOSSLESS:
            file_name = f"{name}.png"
            picture.save(content, "PNG", compress_level=3)
        else:
            file_name = f"{name}.jpg"
            picture.save(content, "JPEG", quality=95, subsampling=0)
        self._write(file_name, content.getvalue())
        return file_name

    def write_sheet(self, page: str) -> Path:
        """Write the contact sheet and return its path."""
        self._write(SHEET_NAME, page.encode("utf-8", "replace"))
        return self.path / SHEET_NAME

    def _write(self, name: str, content: bytes) -> None:
        """Write beside and rename, so that a file is whole or not there."""
        beside: str | None = None
        try:
            handle, beside = tempfile.mkstemp(prefix=".fairplate-", dir=self.path)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(beside).replace(self.path / name)
        except BaseException as error:
            if beside is not None:
                Path(beside).unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise FairplateError(f"{self.path}: cannot write: {_reason(error)}") from None
            raise


def slug(source: str, plates: Iterable[str] = ()) -> str:
    """Return lower-case ASCII letters and hyphens of a source's name; maybe nothing.

    Nothing is kept if a digit or one of `plates` stands in it.
    """
    last = PurePath(source.rstrip("/")).stem if "://" not in source else "stream"
    kept = re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-")
    bare = kept.replace("-", "").upper()
    if any(c.isdigit() for c in bare) or any(plate in bare for plate in plates):
        return ""
    return kept[:_LONGEST_STEM].strip("-")


def _find_earlier_run(path: Path) -> list[Path]:
    """Return the files that an earlier run left; ValueError for a sheet that is not ours."""
    sheet = path / SHEET_NAME
    if not sheet.exists():
        return []
    with sheet.open("rb") as file:
        if SHEET_GENERATOR.encode() not in file.read(_HEAD_BYTES):
            raise ValueError("an index.html of another program")
    pictures = [
        old for old in path.iterdir() if _OUR_PICTURE.fullmatch(old.name) and not old.is_dir()
    ]
    return [*pictures, sheet]


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _refuse(path: Path, found: str) -> InputError:
    return InputError(str(path), "--annotate", expected="a folder to write to", found=found)
