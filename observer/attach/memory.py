"""The memory of another process: its mappings, and reads of typed values at an address."""

from __future__ import annotations

import os
import struct
from typing import NamedTuple, Self

_PAGE_BYTES = 4096
_MAX_CACHED_PAGES = 16_384
_MAX_STRING_BYTES = 4096
_USER_SPACE_END = 1 << 48
_POINTER = struct.Struct("<Q")


class Mapping(NamedTuple):
    """One line of /proc/PID/maps."""

    begin: int
    end: int
    rights: str
    """The rights as the kernel writes them: `rw-p`."""
    offset: int
    inode: int
    path: str
    """The path of the mapped file; empty for anonymous memory."""


class UnreadableMemory(Exception):
    """An address is not mapped, or its content is not as expected."""


def read_mappings(pid: int) -> list[Mapping]:
    """Return all mappings of a process, in the order of their addresses. Raises OSError."""
    found: list[Mapping] = []
    with open(f"/proc/{pid}/maps", "rb") as lines:  # noqa: PTH123 (no Path for each of hundreds of processes)
        for line in lines:
            addresses, rights, offset, _, inode, *path = line.rstrip(b"\n").split(None, 5)
            begin, _, end = addresses.partition(b"-")
            name = os.fsdecode(path[0]) if path else ""
            found.append(Mapping(int(begin, 16), int(end, 16), rights.decode(), int(offset, 16), int(inode), name))
    return found


class ProcessMemory:
    """Reads memory of a process through /proc/PID/mem, which needs the permission to trace it.

    Pages are cached: what is read through one object is the state of about one moment. Raises OSError when opened.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        self._pages: dict[int, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)

    def forget(self) -> None:
        """Drop the cached pages, so that the next reads see the present."""
        self._pages.clear()

    def read(self, address: int, size: int) -> bytes:
        """Return bytes of memory. Raises UnreadableMemory unless all of them can be read."""
        if not 0 < address < _USER_SPACE_END or not 0 <= size <= 1 << 24:
            raise UnreadableMemory
        first, last = address // _PAGE_BYTES, (address + max(size, 1) - 1) // _PAGE_BYTES
        offset = address % _PAGE_BYTES
        if first == last:
            return self._page(first)[offset : offset + size]
        pages = b"".join(self._page(number) for number in range(first, last + 1))
        return pages[offset : offset + size]

    def _page(self, number: int) -> bytes:
        page = self._pages.get(number)
        if page is None:
            if len(self._pages) >= _MAX_CACHED_PAGES:
                self._pages.clear()
            page = self._pages[number] = self.read_uncached(number * _PAGE_BYTES, _PAGE_BYTES)
        return page

    def read_uncached(self, address: int, size: int) -> bytes:
        """Read memory without the cache. Raises UnreadableMemory unless all of it can be read."""
        try:
            data = os.pread(self._descriptor, size, address)
        except (OSError, OverflowError) as error:
            raise UnreadableMemory from error
        if len(data) != size:
            raise UnreadableMemory
        return data

    def pointer(self, address: int) -> int:
        number, offset = divmod(address, _PAGE_BYTES)
        if offset <= _PAGE_BYTES - _POINTER.size:  # the usual case, hundreds of thousands of times
            return _POINTER.unpack_from(self._pages.get(number) or self._page(number), offset)[0]
        return int.from_bytes(self.read(address, 8), "little")

    def pointers(self, address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", self.read(address, 8 * count))

    def signed(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little", signed=True)

    def int32(self, address: int) -> int:
        return int.from_bytes(self.read(address, 4), "little", signed=True)

    def byte(self, address: int) -> int:
        return self.read(address, 1)[0]

    def c_string(self, address: int) -> str:
        """Return the text up to the first zero byte. Raises UnreadableMemory if there is none near."""
        found = b""
        while len(found) < _MAX_STRING_BYTES:
            found += self.read(address + len(found), min(64, _PAGE_BYTES - (address + len(found)) % _PAGE_BYTES))
            text, zero, _ = found.partition(b"\0")
            if zero:
                return text.decode("utf-8", "backslashreplace")
        raise UnreadableMemory
