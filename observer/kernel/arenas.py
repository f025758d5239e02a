"""Finds the arenas that processes have mapped: the files of shared memory that hold Values and Arrays (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

INODE = 0xFFFFFFFF
"""The part of an inode that the keys of objects in the file contain."""
_NAMED = b"/pym-"
"""The prefix of the names that `multiprocessing.heap` gives them."""


def arenas_of(pids: Iterable[int]) -> set[int] | None:
    """Return the lower halves of the inodes of all arenas that these processes have mapped or open.

    None means that the system does not permit reading one of them.
    """
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
    """Return the arenas that are open: one that is being passed to a child may not be mapped yet."""
    found: set[int] = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if _NAMED in os.fsencode(fd.readlink()):
                found.add(fd.stat().st_ino & INODE)
        except FileNotFoundError:
            continue  # it has just been closed
    return found
