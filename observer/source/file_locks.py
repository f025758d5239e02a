"""Tells whether a file uses locks of the file system, of which nothing is observed."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_LARGEST_BYTES = 2_000_000
_LOCKS = re.compile(rb"\b(flock|lockf|filelock|FileLock|SoftFileLock|portalocker|fasteners|InterProcessLock)\b")


def uses_file_locks(path: str) -> bool:
    """Return whether a source file names a lock of the file system; False where it cannot be read."""
    try:
        status = Path(path).stat()
        return _names_one(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        return False


@lru_cache(maxsize=64)
def _names_one(path: str, _changed: int, size: int) -> bool:
    return size <= _LARGEST_BYTES and _LOCKS.search(Path(path).read_bytes()) is not None
