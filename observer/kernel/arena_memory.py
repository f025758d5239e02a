"""The shared memory behind Values and Arrays, where the program itself writes it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .arenas import INODE
from .own_file import open_own


class Arena:
    """One file of shared memory, opened and then unlinked: the kernel frees it with its last user.

    It is read and written through its descriptor and not mapped. To touch a map of a file that has been truncated, or
    of a hole where the file system is full, would end us with SIGBUS.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._file = open_own(path, writable=True)
        if os.fstat(self._file).st_size < size:
            self.close()
            raise BlockingIOError("not yet at its size")
        with contextlib.suppress(OSError):
            path.unlink()

    def has(self, offset: int, size: int) -> bool:
        """Return whether the file reaches that far."""
        return os.fstat(self._file).st_size >= offset + size

    def read(self, offset: int, size: int) -> bytes | None:
        """Return a part of the file; None if the file is shorter."""
        data = os.pread(self._file, size, offset)
        while len(data) < size:  # one call returns at most 2 GiB
            more = os.pread(self._file, size - len(data), offset + len(data))
            if not more:
                return None
            data += more
        return data

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes at an offset. Raises OSError."""
        os.pwrite(self._file, data, offset)

    def close(self) -> None:
        os.close(self._file)


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
        """Close an arena, so that the kernel can free it when the last process has unmapped it."""
        arena = self._arenas.pop(inode, None)
        if arena is not None:
            arena.close()

    def close(self) -> None:
        """Close all arenas. Nothing can be read afterwards."""
        for inode in list(self._arenas):
            self.drop(inode)

    def has(self, key: int, size: int) -> bool:
        """Return whether the bytes of a value can be read and written."""
        arena = self._arenas.get(key >> 32)
        return arena is not None and arena.has(key & 0xFFFFFFFF, size)

    def read(self, key: int, size: int) -> bytes | None:
        """Return the present bytes of a value; None if its arena is not open, or was truncated."""
        arena = self._arenas.get(key >> 32)
        return arena.read(key & 0xFFFFFFFF, size) if arena is not None else None

    def write(self, key: int, offset: int, data: bytes) -> None:
        """Write into a value, from an offset in it on. Raises KeyError if its arena is not open, or OSError."""
        self._arenas[key >> 32].write((key & 0xFFFFFFFF) + offset, data)
