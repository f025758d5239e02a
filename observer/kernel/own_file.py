"""Opens the files of a session folder, which the program can change: only regular files of our own user."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def open_own(path: Path, *, writable: bool = False) -> int:
    """Open a file and return its descriptor. It never blocks: a pipe, a device or a link is refused.

    Raises:
        OSError: the file cannot be opened, or is a link.
        ValueError: it is no regular file, or belongs to another user.
    """
    mode = os.O_RDWR if writable else os.O_RDONLY
    descriptor = os.open(path, mode | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
        return descriptor
    os.close(descriptor)
    raise ValueError(f"{path.name} is not a regular file of this user")


def read_own(path: Path, limit_bytes: int) -> bytes:
    """Return the beginning of a file. Raises OSError or ValueError, like `open_own`."""
    descriptor = open_own(path)
    try:
        return os.pread(descriptor, limit_bytes, 0)
    finally:
        os.close(descriptor)
