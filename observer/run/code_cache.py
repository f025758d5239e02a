"""Finds the folder in which observed interpreters keep woven code across runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import platformdirs

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def code_cache() -> tuple[Path | None, str]:
    """Return the folder, and what the user must know about it.

    Whoever can write there could have code executed in our name, so the folder must belong to this user alone; the
    probe checks the same, and the files in it. Without a folder, each process weaves for itself.
    """
    folder = Path(platformdirs.user_cache_dir("rockproc"))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.lstat()
    except OSError:
        return None, ""
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS:
        return folder, ""
    return None, (
        f"The cache {folder} is not used, because other users could put code into it. "
        "Remove it, or make it a folder that belongs to you and that only you can write to"
    )
