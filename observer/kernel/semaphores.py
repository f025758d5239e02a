"""Operates a POSIX semaphore of another process: its memory is mapped here, and the C library does the rest (Linux).

A semaphore is a small shared file. One with a name is opened by its name; one that was unlinked at once, as under the
start method fork, can be opened only through /proc/PID/map_files, which the kernel permits to root alone.
"""

from __future__ import annotations

import mmap
import os
import re
import time
from pathlib import Path

_MEMORY = Path("/dev/shm")
_PREFIX = "sem."
_BYTES = 32
"""The size of a `sem_t` on 64-bit Linux, and of the file in which it lies."""
_RETRY_SECONDS = 0.002
_LINE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-s \S+ \S+ (\d+) +\S*/sem\.(.*)$", re.MULTILINE)
"""The mapping of a semaphore in /proc/PID/maps: begin, end, inode, and the rest of its name."""


class Unreachable(Exception):
    """A semaphore cannot be operated from here; the message is the reason, as the end of a sentence."""


class Semaphore:
    """A semaphore of another process. Close it after use."""

    def __init__(self, path: str) -> None:
        """Map the semaphore in a file. Raises OSError."""
        import ctypes  # only an intervention needs it

        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._memory = mmap.mmap(descriptor, _BYTES)
        finally:
            os.close(descriptor)
        self._content = ctypes.c_char.from_buffer(self._memory)
        self._address = ctypes.c_void_p(ctypes.addressof(self._content))
        self._library = ctypes.CDLL(None, use_errno=True)

    @property
    def value(self) -> int:
        """The number of times it can still be acquired without a wait."""
        import ctypes

        found = ctypes.c_int()
        self._library.sem_getvalue(self._address, ctypes.byref(found))
        return found.value

    def acquire(self, seconds: float = 0.0) -> bool:
        """Acquire it within a time; return whether that was possible."""
        deadline = time.monotonic() + seconds
        while self._library.sem_trywait(self._address) != 0:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_RETRY_SECONDS)
        return True

    def release(self) -> None:
        """Release it, which wakes one of those who wait. Raises OSError where its counter is at its maximum."""
        if self._library.sem_post(self._address) != 0:
            import ctypes

            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def close(self) -> None:
        """Unmap it. It stays as it is."""
        del self._content
        self._memory.close()


def mapped_at(pid: int, address: int) -> bool:
    """Return whether a process has a semaphore mapped at an address. Raises OSError."""
    return any(begin == address for begin, _, _ in _mappings(pid))


def open_semaphore(pid: int, address: int) -> Semaphore:
    """Open the semaphore that a process has mapped at an address. Raises Unreachable."""
    try:
        found = next((mapping for mapping in _mappings(pid) if mapping[0] == address), None)
        if found is None:
            raise Unreachable("its semaphore is not mapped any more")
        if _has_musl("self") != _has_musl(str(pid)):
            raise Unreachable("the program uses another C library, whose semaphores are built differently")
        begin, end, inode = found
        path = _named(inode)
        if path is not None:
            return Semaphore(path)
    except (OSError, ValueError) as error:
        raise Unreachable(f"its semaphore cannot be opened ({error})") from error
    try:
        return Semaphore(f"/proc/{pid}/map_files/{begin:x}-{end:x}")
    except (OSError, ValueError) as error:
        raise Unreachable(
            "its semaphore has no name under the start method fork, and only root may open it then; "
            "spawn and forkserver keep the name"
        ) from error


def _mappings(pid: int) -> list[tuple[int, int, int]]:
    """Return where a process has semaphores mapped, each with its inode. Raises OSError."""
    text = Path(f"/proc/{pid}/maps").read_text(errors="replace")
    return [(int(begin, 16), int(end, 16), int(inode)) for begin, end, inode, _ in _LINE.findall(text)]


def _named(inode: int) -> str | None:
    """Return the file of a semaphore that still has a name."""
    with os.scandir(_MEMORY) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.inode() == inode:
                return entry.path
    return None


def _has_musl(pid: str) -> bool:
    return "/ld-musl-" in Path(f"/proc/{pid}/maps").read_text(errors="replace")
