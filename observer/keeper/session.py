"""The folder of one run: its journals and the memory behind its shared Values."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from ..kernel.identity import start_time

PREFIX = "rockproc-"
OWNER = "owner"
MEMORY = Path("/dev/shm")
NEEDED = 64 << 20


class Session:
    """Makes the folder, readable by its user alone, in memory where that is possible."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base()))
        (self.path / OWNER).write_text(_identity(os.getpid()))

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of runs whose rockproc-tui, and the keeper with it, ended without doing so."""
    for base in {MEMORY, Path(tempfile.gettempdir())}:
        try:
            folders = [path for path in base.glob(PREFIX + "????????") if _is_ours(path)]
        except OSError:
            continue
        for path in folders:
            try:
                owner = (path / OWNER).read_text()
            except (OSError, ValueError):
                continue  # One that is being made, or none of ours.
            if _has_ended(owner):
                shutil.rmtree(path, ignore_errors=True)


def _base() -> Path:
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        space = os.statvfs(MEMORY)
    except (OSError, ValueError):
        return Path(tempfile.gettempdir())
    in_memory = any(mount[1:3] == [str(MEMORY), "tmpfs"] for mount in mounts)
    if in_memory and os.access(MEMORY, os.W_OK | os.X_OK) and space.f_bavail * space.f_frsize >= NEEDED:
        return MEMORY
    return Path(tempfile.gettempdir())


def _is_ours(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid()


def _namespace() -> str:
    """What a pid is counted in: containers may share a folder, but not their pids."""
    return str(Path("/proc/self/ns/pid").readlink()) if sys.platform == "linux" else ""


def _identity(pid: int) -> str:
    return f"{pid} {start_time(pid)} {_namespace()}\n"


def _has_ended(owner: str) -> bool:
    words = owner.split()
    if not words or not words[0].isdigit() or " ".join(words[2:]) != _namespace():
        return False
    return owner != _identity(int(words[0]))
