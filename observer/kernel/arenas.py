"""Who has which arena: the files of shared memory in which Values and Arrays lie (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

INODE = 0xFFFFFFFF
"""The part of an inode that is in the keys of what lies in its file."""
_NAMED = b"/pym-"
"""As `multiprocessing.heap` calls them."""


def arenas_of(pids: Iterable[int]) -> set[int] | None:
    """Lower halves of the inodes of those that these processes have mapped or open; None where nobody may look."""
    found: set[int] = set()
    for pid in pids:
        try:
            found |= _mapped(pid) | _open(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        except OSError:
            return None
    return found


def _mapped(pid: int) -> set[int]:
    with Path(f"/proc/{pid}/maps").open("rb") as maps:
        return {int(line.split(None, 5)[4]) & INODE for line in maps if _NAMED in line}


def _open(pid: int) -> set[int]:
    """One that is on its way to a child may be open only."""
    found: set[int] = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if _NAMED in os.fsencode(fd.readlink()):
                found.add(fd.stat().st_ino & INODE)
        except FileNotFoundError:
            continue  # it has just been closed
    return found
