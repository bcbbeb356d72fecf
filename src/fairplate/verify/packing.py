"""The verifier as one file: `python -m fairplate.verify.packing FILE.pyz`.

The same sources give the same bytes, whoever packs them and when, so that people can compare what
they were given. Needs Python and the package cryptography to run.
"""

import sys
import zipfile
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import SEEK_END, BytesIO
from pathlib import Path

_SHEBANG = b"#!/usr/bin/env python3\n"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can tell
_MODE = 0o644 << 16
_ENDINGS = (".py", ".json")


def pack_verifier() -> bytes:
    """Return the archive: `fairplate/__init__.py`, all of `fairplate.verify`, and a start."""
    package = files("fairplate")
    sources = {"fairplate/__init__.py": (package / "__init__.py").read_bytes()}
    _collect(package / "verify", "fairplate/verify", sources)
    sources["__main__.py"] = sources["fairplate/verify/__main__.py"]
    data = BytesIO(_SHEBANG)
    data.seek(0, SEEK_END)  # the archive tells where in the file its parts are
    # Not compressed: what zlib makes of the same bytes differs by its version.
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(sources):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = 3  # Unix, wherever it is packed
            entry.external_attr = _MODE
            archive.writestr(entry, sources[name])
    return data.getvalue()


def _collect(folder: Traversable, prefix: str, sources: dict[str, bytes]) -> None:
    for item in folder.iterdir():
        name = f"{prefix}/{item.name}"
        if item.is_dir():
            _collect(item, name, sources)
        elif item.name.endswith(_ENDINGS):
            sources[name] = item.read_bytes()


def main() -> int:
    """Write the archive to the file that is named."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one file
        sys.stderr.write("expected the name of the file to write\n")
        return 2
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack_verifier())
    path.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
