"""Finds the folder in which observed interpreters keep woven code across runs, and removes what is old there."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from pathlib import Path

ENTRIES_KEPT_SECONDS = 30 * 24 * 3600.0
"""The age at which an entry is removed. Most old ones are of programs, interpreters and installations that no longer
exist; one that is still in use is compiled again."""
LAST_CLEANUP = "last-cleanup"
"""The file whose time says when old entries were removed last."""
_CLEANUP_SECONDS = 24 * 3600.0
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def code_cache() -> tuple[Path | None, str]:
    """Return the folder, and what the user must know about it. Its old entries are removed.

    A user who can write there could have code executed under our account, so only this user may have access; the
    probe checks the same, and the files in it. Without a folder, each process weaves for itself.
    """
    folder = _user_cache() / "rockproc"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.lstat()
    except OSError:
        return None, ""
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS:
        _remove_old_entries(folder)
        return folder, ""
    return None, (
        f"The cache {folder} is not used, because other users could put code into it. "
        "Remove it, or make it a folder that belongs to you and that only you can write to"
    )


def _user_cache() -> Path:
    """Return the folder for caches of this user; the same as `platformdirs`, which takes long to import."""
    named, home = (os.environ.get(name, "") for name in ("XDG_CACHE_HOME", "HOME"))
    if sys.platform == "linux" and named.startswith("/"):
        return Path(named)
    if sys.platform == "linux" and home.startswith("/"):
        return Path(home) / ".cache"
    import platformdirs

    return Path(platformdirs.user_cache_dir())


def _remove_old_entries(folder: Path) -> None:
    """Remove old entries once a day: with thousands of them, to look at each takes longer than a short program."""
    now, last_cleanup = time.time(), folder / LAST_CLEANUP
    with contextlib.suppress(OSError):
        if now - last_cleanup.stat().st_mtime < _CLEANUP_SECONDS:
            return
    oldest = now - ENTRIES_KEPT_SECONDS
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        last_cleanup.touch(mode=0o600)
        for entry in entries:
            with contextlib.suppress(OSError):  # another run has removed it at the same time
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                    Path(entry.path).unlink()
