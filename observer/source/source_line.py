"""The text of a line of source, read from the file as it is now."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..model import Site

_MAX_FILE_BYTES = 2_000_000
"""Bytes of a file that is read."""


def source_line(site: Site) -> str:
    """Return the line without its indent; empty if the file cannot be read. It may hold any character."""
    try:
        status = Path(site.path).stat()
    except (OSError, ValueError):
        return ""
    lines = _lines(site.path, status.st_mtime_ns, status.st_size)
    return lines[site.line - 1].strip() if 0 < site.line <= len(lines) else ""


@lru_cache(maxsize=32)
def _lines(path: str, _changed: int, size: int) -> tuple[str, ...]:
    if size > _MAX_FILE_BYTES or not Path(path).is_file():
        return ()
    try:
        return tuple(Path(path).read_text(encoding="utf-8", errors="backslashreplace").splitlines())
    except OSError:
        return ()
