"""Finds out which start method an interpreter uses for a program that chooses none (Linux)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_FORKSERVER_SINCE = (3, 14)
_VERSION = re.compile(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)", re.MULTILINE)
_NAME = re.compile(r"python(\d+)\.(\d+)")


def default_start_method(python: str) -> str | None:
    """Return the default start method of an interpreter, by its version; None where its path does not say that.

    It is not executed: it may be any program.
    """
    version = _version(Path(python))
    if version is None:
        return None
    return "forkserver" if version >= _FORKSERVER_SINCE else "fork"


def _version(python: Path) -> tuple[int, int] | None:
    if str(python) == sys.executable:
        return sys.version_info[:2]
    try:
        found = _VERSION.search((python.parent.parent / "pyvenv.cfg").read_text(errors="replace"))
    except OSError:
        found = None
    found = found or _NAME.match(python.resolve().name)
    return (int(found[1]), int(found[2])) if found is not None else None
