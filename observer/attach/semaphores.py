"""Reads the named semaphores of a process, and how often the process holds each.

A `multiprocessing` semaphore is a shared mapping whose file has no name any more: its inode is the same in every
process. Its C object has had one layout from CPython 3.8 to 3.15 (Modules/_multiprocessing/semaphore.c): reference
count, type, handle (the address of the mapping), last_tid, count, maxvalue, kind. `count` says how often this process
holds it. The objects are found by a search of the writable memory for their handle and then for their type.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator

import msgspec

from .memory import Mapping, ProcessMemory, UnreadableMemory

_OBJECT = struct.Struct("<qQQQiii")
"""The fields of a SemLock object: ob_refcnt, ob_type, handle, last_tid, count, maxvalue, kind."""
_HANDLE, _TYPE = 16, 8
_TP_NAME = 24
_NAME = b"SemLock"
_RECURSIVE, _SEMAPHORE = 0, 1
_SEMAPHORE_FILE = re.compile(r"/(?:sem\.[^/]*|tmp-\d+|mp-\w+)(?: \(deleted\))?$")
"""The names that glibc and musl give it: the temporary one, and the one by which a process has opened it. The folder
is /dev/shm, which the kernel does not name where it is mounted in a container.
"""
_NONE_BUT_WAITERS = 0xFFFFFFFF
_CHUNK_BYTES = 16 << 20
MAX_SEARCHED_BYTES = 512 << 20
"""The most writable memory that is searched in one process. The result says if the search was cut short."""
MAX_SEARCHED_BYTES_IN_TOTAL = 4 << 30
"""The most writable memory that is searched in all processes of a program: about three seconds of reading."""


class SemLock(msgspec.Struct, frozen=True):
    """The C object of one semaphore in one process."""

    address: int
    inode: int
    thread: int
    """The ident of the thread that acquired it last."""
    count: int
    """The number of times this process holds it; negative if it has released it more often than acquired."""
    maximum: int
    recursive: bool


class SemLocks(msgspec.Struct):
    found: list[SemLock] = msgspec.field(default_factory=list[SemLock])
    complete: bool = True
    """False if the search was cut short: the process may hold more than was found."""


def semaphore_mappings(mappings: Iterable[Mapping]) -> dict[int, int]:
    """Return the inode of each semaphore of a process, by the address at which it is mapped."""
    return {
        mapping.begin: mapping.inode
        for mapping in mappings
        if mapping.rights == "rw-s" and _SEMAPHORE_FILE.search(mapping.path)
    }


def semaphore_value(memory: ProcessMemory, address: int) -> int:
    """Return the counter of a `sem_t`: its first 32 bits in glibc and in musl. Raises UnreadableMemory.

    While threads wait, musl sets the highest bit; before its version 1.2.4 the counter is then -1.
    """
    number = int.from_bytes(memory.read_uncached(address, 4), "little")
    return 0 if number == _NONE_BUT_WAITERS else number & 0x7FFFFFFF


class SearchBudget:
    """The memory that may still be searched, in one process and in all of a program."""

    def __init__(self) -> None:
        self._left_bytes = MAX_SEARCHED_BYTES_IN_TOTAL

    def limit(self) -> int:
        """Return the number of bytes that may be searched in the next process."""
        return min(self._left_bytes, MAX_SEARCHED_BYTES)

    def spend(self, size: int) -> None:
        self._left_bytes = max(self._left_bytes - size, 0)


def find_semlocks(
    memory: ProcessMemory, mappings: list[Mapping], budget: SearchBudget, kind: int | None = None
) -> SemLocks:
    """Return all `SemLock` objects of a process.

    Args:
        memory: of the process.
        mappings: of the process.
        budget: bounds the search, and is charged for it.
        kind: the address of the type `SemLock`, where it is known; otherwise it is searched for, too.
    """
    inodes = semaphore_mappings(mappings)
    result = SemLocks()
    if not inodes:
        return result
    chunks = _Chunks(memory, mappings, budget.limit())
    if kind is None or not _is_semlock(memory, kind):
        kind = next(_types(memory, chunks, inodes), None)
    seen: set[int] = set()
    if kind is not None:
        for data, begin in chunks.read():
            for place in _places(data, kind, _TYPE):
                found = _semlock(data, place, begin, inodes, kind)
                if found is not None and found.address not in seen:
                    seen.add(found.address)
                    result.found.append(found)
    budget.spend(chunks.searched_bytes)
    result.complete = chunks.complete
    return result


def read_semlock(memory: ProcessMemory, address: int, inodes: dict[int, int]) -> SemLock | None:
    """Return the `SemLock` object at an address; None if there is none."""
    try:
        data = memory.read(address, _OBJECT.size)
    except UnreadableMemory:
        return None
    kind = int.from_bytes(data[_TYPE : _TYPE + 8], "little")
    return _semlock(data, 0, address, inodes, kind) if _is_semlock(memory, kind) else None


def read_holder(memory: ProcessMemory, semlock: SemLock) -> tuple[int, int]:
    """Return the present `thread` and `count` of an object. Raises UnreadableMemory, also if it is gone."""
    data = memory.read_uncached(semlock.address, _OBJECT.size)
    references, _, _, thread, count, maximum, _ = _OBJECT.unpack(data)
    if references <= 0 or maximum != semlock.maximum:
        raise UnreadableMemory
    return thread, count


class _Chunks:
    """The memory of a process in which Python may keep objects, up to a limit."""

    def __init__(self, memory: ProcessMemory, mappings: list[Mapping], limit_bytes: int) -> None:
        self._memory = memory
        self._mappings = [
            mapping for mapping in mappings if mapping.rights.startswith("rw-p") and _may_hold_objects(mapping.path)
        ]
        self._limit_bytes = limit_bytes
        self.searched_bytes = 0
        self.complete = sum(mapping.end - mapping.begin for mapping in self._mappings) <= limit_bytes

    def read(self) -> Iterator[tuple[bytes, int]]:
        """Yield data and its address, smaller mappings first: the objects of Python are in small ones."""
        searched = 0
        for mapping in sorted(self._mappings, key=lambda mapping: mapping.end - mapping.begin):
            for begin in range(mapping.begin, mapping.end, _CHUNK_BYTES):
                size = min(_CHUNK_BYTES, mapping.end - begin)
                searched += size
                if searched > self._limit_bytes:
                    self.complete = False
                    return
                self.searched_bytes += size
                try:
                    yield self._memory.read_uncached(begin, size), begin
                except UnreadableMemory:
                    continue


def _may_hold_objects(path: str) -> bool:
    """Return True for anonymous memory. An allocator makes `SemLock` objects: no file and no stack holds them."""
    return path in ("", "[heap]") or path.startswith("[anon")


def _types(memory: ProcessMemory, chunks: _Chunks, inodes: dict[int, int]) -> Iterator[int]:
    """Yield the address of the type `SemLock`, from the first object that is found by its handle."""
    for data, begin in chunks.read():
        for address in inodes:
            for place in _places(data, address, _HANDLE):
                kind = int.from_bytes(data[place + _TYPE : place + _TYPE + 8], "little")
                if _is_semlock(memory, kind) and _semlock(data, place, begin, inodes, kind) is not None:
                    yield kind


def _places(data: bytes, value: int, offset: int) -> Iterator[int]:
    """Yield the positions in the data at which an object may begin that has a given word at an offset."""
    word = value.to_bytes(8, "little")
    # Zero bytes at the ends of the word would make the search slow in memory that is empty.
    lead = len(word) - len(word.lstrip(b"\0"))
    needle = word.strip(b"\0")
    place = data.find(needle)
    while place >= 0:
        at = place - lead
        if at % 8 == 0 and at >= offset and data[at : at + 8] == word:
            yield at - offset
        place = data.find(needle, place + 1)


def _is_semlock(memory: ProcessMemory, kind: int) -> bool:
    try:
        return _NAME in memory.read(memory.pointer(kind + _TP_NAME), 32)
    except UnreadableMemory:
        return False


def _semlock(data: bytes, place: int, begin: int, inodes: dict[int, int], kind: int) -> SemLock | None:
    if place + _OBJECT.size > len(data):
        return None
    references, found, handle, thread, count, maximum, semantics = _OBJECT.unpack_from(data, place)
    if references <= 0 or found != kind or handle not in inodes or maximum <= 0:
        return None
    if semantics not in (_RECURSIVE, _SEMAPHORE):
        return None
    return SemLock(begin + place, inodes[handle], thread, count, maximum, semantics == _RECURSIVE)
