"""The folder of one run: its journals and the memory behind its shared Values."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from ..kernel.identity import start_time
from .keeper_process import remove_folder

PREFIX = "rockproc-"
RANDOM_BYTES = 8
"""The length of the random part of the folder's name. So no other user can guess the name and create it."""
OWNER = "owner"
UNFINISHED_SECONDS = 60.0
"""A folder without a living owner may be removed from this age on."""
SCRIPT_SUFFIX = ".py"
"""A script beside the folder has its name with this suffix."""
_SELF_REMOVING_SCRIPT = "import os\ntry:\n    os.unlink({path!r})\nexcept OSError:\n    pass\n"
MEMORY = Path("/dev/shm")
NEEDED_BYTES = 64 << 20
_DIGITS = frozenset("0123456789abcdef")


class Session:
    """Chooses a folder in memory where that is possible. It does not exist before `make()`."""

    def __init__(self) -> None:
        self.path = _base() / f"{PREFIX}{os.urandom(RANDOM_BYTES).hex()}"

    def make(self) -> None:
        """Make the folder, readable by its user alone. Raises OSError."""
        self.path.mkdir(0o700)
        (self.path / OWNER).write_text(_identity(os.getpid()))

    def remove(self) -> None:
        remove_folder(os.fsencode(self.path))


def self_removing_script(path: Path, pids: Iterable[int]) -> str:
    """Return a script for processes that were asked to execute one, and may do so only after the end of the run.

    It begins with a comment for each of them. When all have ended, `sweep` removes it.

    Args:
        path: its file.
        pids: the processes.
    """
    comments = "".join(f"# {_identity(pid)}" for pid in pids)
    return comments + _SELF_REMOVING_SCRIPT.format(path=str(path))


def sweep() -> None:
    """Remove old scripts, and the folders of runs whose rockproc-tui and its keeper ended without doing so."""
    for base in {MEMORY, _temporary_folder()}:
        try:
            # A pattern for `glob` would have to be compiled first.
            found = [path for path in map(base.joinpath, os.listdir(base)) if _is_ours(path)]  # noqa: PTH208
        except OSError:
            continue
        for path in found:
            with contextlib.suppress(OSError, ValueError):
                if path.is_dir():
                    _sweep_folder(path)
                else:
                    _sweep_script(path)


def _sweep_folder(path: Path) -> None:
    owner = path / OWNER
    # Both were killed between the making of the folder and of what is in it; that takes less than a millisecond.
    unfinished = not owner.exists() or not owner.stat().st_size
    if unfinished and time.time() - path.stat().st_mtime > UNFINISHED_SECONDS:
        owner.unlink(missing_ok=True)
        path.rmdir()  # which fails when it holds anything else
    elif stat.S_ISREG(owner.lstat().st_mode) and _has_ended(owner.read_text()):
        remove_folder(os.fsencode(path))


def _sweep_script(path: Path) -> None:
    """Remove a script if none of the processes that it names can execute it any more."""
    lines = path.read_text().splitlines(keepends=True)
    processes = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
    if processes and all(map(_has_ended, processes)):
        path.unlink()


def _base() -> Path:
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        space = os.statvfs(MEMORY)
    except (OSError, ValueError):
        return _temporary_folder()
    in_memory = any(mount[1:3] == [str(MEMORY), "tmpfs"] for mount in mounts)
    if in_memory and os.access(MEMORY, os.W_OK | os.X_OK) and space.f_bavail * space.f_frsize >= NEEDED_BYTES:
        return MEMORY
    return _temporary_folder()


def _temporary_folder() -> Path:
    """Return the folder that `tempfile.gettempdir` chooses. `tempfile` takes long to import, and writes into it."""
    named = [folder for name in ("TMPDIR", "TEMP", "TMP") if (folder := os.environ.get(name))]
    for folder in (*named, "/tmp", "/var/tmp", "/usr/tmp"):
        path = Path(folder).absolute()
        if path.is_dir() and os.access(path, os.W_OK | os.X_OK):
            return path
    return Path.cwd()


def _is_ours(path: Path) -> bool:
    random = path.name.removeprefix(PREFIX).removesuffix(SCRIPT_SUFFIX)
    if random == path.name or len(random) != 2 * RANDOM_BYTES or not _DIGITS.issuperset(random):
        return False
    is_right = path.is_file() if path.name.endswith(SCRIPT_SUFFIX) else path.is_dir()
    return is_right and not path.is_symlink() and path.stat().st_uid == os.getuid()


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
