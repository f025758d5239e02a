"""Programs in a zip archive, as `python ARCHIVE` runs them. Imported only for such files: it takes long to import."""

from __future__ import annotations

import zipfile
from pathlib import Path

MAIN = "__main__.py"


def holds_main(path: Path) -> bool:
    """Return whether a file is an archive that Python can run."""
    try:
        if not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            return MAIN in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def read_main(path: Path, max_bytes: int) -> bytes | None:
    """Return the source that Python would run; None where it is longer. Raises OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(MAIN) if archive.getinfo(MAIN).file_size <= max_bytes else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise OSError(str(error)) from error
