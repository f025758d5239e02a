"""The shared memory behind Values and Arrays, where the program itself writes it."""

from __future__ import annotations

import contextlib
import mmap
import os
from pathlib import Path

from .arenas import INODE
from .own_file import open_own


class Arena:
    """One file of shared memory, mapped and then unlinked: the kernel frees it with its last user."""

    def __init__(self, path: Path, size: int) -> None:
        descriptor = open_own(path, writable=True)
        try:
            if os.fstat(descriptor).st_size < size:
                raise BlockingIOError("not yet at its size")
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()

    def read(self, offset: int, size: int) -> memoryview:
        return memoryview(self._map).toreadonly()[offset : offset + size]

    def write(self, offset: int, data: bytes) -> None:
        self._map[offset : offset + len(data)] = data


class ArenaMemory:
    """All arenas of a run, by inode."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arenas: dict[int, Arena] = {}
        self._awaited: dict[int, tuple[Path, int]] = {}

    def announce(self, inode: int, name: str, size: int) -> None:
        """Note that a process has created an arena.

        Its name comes from the journal: only a plain name in our folder is opened.
        """
        if "/" not in name and name not in ("", ".", ".."):
            self._awaited[inode & INODE] = (self._folder / name, size)
            self.open_awaited()

    def open_awaited(self) -> None:
        for inode, (path, size) in list(self._awaited.items()):
            try:
                self._arenas[inode] = Arena(path, size)
            except BlockingIOError:
                continue
            except (OSError, ValueError):
                pass
            del self._awaited[inode]

    def drop(self, inode: int) -> None:
        """Unmap an arena, so that the kernel can free it when the last process has unmapped it."""
        self._arenas.pop(inode, None)

    def read(self, key: int, size: int) -> memoryview | None:
        """Return the present bytes of a value; None if its arena is not mapped."""
        arena = self._arenas.get(key >> 32)
        return arena.read(key & 0xFFFFFFFF, size) if arena is not None else None

    def write(self, key: int, offset: int, data: bytes) -> None:
        """Write into a value, from an offset in it on. Raises KeyError if its arena is not mapped."""
        self._arenas[key >> 32].write((key & 0xFFFFFFFF) + offset, data)
