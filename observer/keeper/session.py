"""The folder of one run: its journals and the memory behind its shared Values."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path

from ..kernel.identity import start_time

PREFIX = "rockproc-"
RANDOM_BYTES = 8
"""The length of the random part of the folder's name. So no other user can guess the name and create it."""
OWNER = "owner"
UNFINISHED_SECONDS = 60.0
"""A folder without a living owner may be removed from this age on."""
MEMORY = Path("/dev/shm")
NEEDED_BYTES = 64 << 20


class Session:
    """Chooses a folder in memory where that is possible. It does not exist before `make()`."""

    def __init__(self) -> None:
        self.path = _base() / f"{PREFIX}{os.urandom(RANDOM_BYTES).hex()}"

    def make(self) -> None:
        """Make the folder, readable by its user alone. Raises OSError."""
        self.path.mkdir(0o700)
        (self.path / OWNER).write_text(_identity(os.getpid()))

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of runs whose rockproc-tui, and the keeper with it, ended without doing so."""
    for base in {MEMORY, Path(tempfile.gettempdir())}:
        try:
            folders = [path for path in base.glob(PREFIX + "[0-9a-f]" * 2 * RANDOM_BYTES) if _is_ours(path)]
        except OSError:
            continue
        for path in folders:
            with contextlib.suppress(OSError, ValueError):
                _sweep(path)


def _sweep(path: Path) -> None:
    owner = path / OWNER
    # Both were killed between the making of the folder and of what is in it; that takes less than a millisecond.
    unfinished = not owner.exists() or not owner.stat().st_size
    if unfinished and time.time() - path.stat().st_mtime > UNFINISHED_SECONDS:
        owner.unlink(missing_ok=True)
        path.rmdir()  # which fails when it holds anything else
    elif stat.S_ISREG(owner.lstat().st_mode) and _has_ended(owner.read_text()):
        shutil.rmtree(path, ignore_errors=True)


def _base() -> Path:
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        space = os.statvfs(MEMORY)
    except (OSError, ValueError):
        return Path(tempfile.gettempdir())
    in_memory = any(mount[1:3] == [str(MEMORY), "tmpfs"] for mount in mounts)
    if in_memory and os.access(MEMORY, os.W_OK | os.X_OK) and space.f_bavail * space.f_frsize >= NEEDED_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


def _is_ours(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid()


def _namespace() -> str:
    """Return the name of our pid namespace: containers may share a folder, but not their pids."""
    return str(Path("/proc/self/ns/pid").readlink()) if sys.platform == "linux" else ""


def _identity(pid: int) -> str:
    return f"{pid} {start_time(pid)} {_namespace()}\n"


def _has_ended(owner: str) -> bool:
    words = owner.split()
    if not words or not words[0].isdigit() or " ".join(words[2:]) != _namespace():
        return False
    return owner != _identity(int(words[0]))
