"""The SharedMemory and ShareableLists of a program: their content, their names, and who has them open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from ..decoding import shareable_list
from ..decoding.guess import guess
from ..model import SharedValue, World
from ..model.keys import ProcessKey, ValueKey
from .memory import UnreadableMemory, read_mappings
from .program_reading import ProgramReading
from .reading import ProcessReading
from .shared_objects import Kind

_FOLDER, _DELETED = "/dev/shm/", " (deleted)"
_INODE_BITS = 32
_READ_BYTES = 64 << 10


class _Mapped(NamedTuple):
    inode: int
    deleted: bool
    address: int
    size: int


def add_segments(world: World, program: ProgramReading) -> None:
    """Add the segments that a process has an object for."""
    names: dict[str, list[tuple[int, str, Kind, int]]] = defaultdict(list)
    """Rank, name, kind and size of the objects in all processes, by the name of the segment."""
    for rank, reading in enumerate(program.readings):
        for segment, name, kind, size in _objects(reading):
            names[segment].append((rank if name else len(program.readings), name, kind, size))
    if not names:
        return
    for reading in program.readings:
        for segment, mapped in _mapped(reading.pid):
            if segment not in names:
                continue
            key = ValueKey((mapped.inode & (1 << _INODE_BITS) - 1) << _INODE_BITS)
            value = world.values.get(key)
            if value is None:
                _, name, kind, size = min(names[segment])
                value = SharedValue(key, kind, name or segment, f"bytes[{size}]", size=size, segment=segment)
                value.shared_with_unobserved = (ProcessKey(program.root.pid),)
                value.unlinked = world.now if mapped.deleted else None
                _fill(value, reading, mapped)
                world.values[key] = value
            value.open_by = value.opened_by = tuple(dict.fromkeys((*value.open_by, ProcessKey(reading.pid))))


def _objects(reading: ProcessReading) -> Iterator[tuple[str, str, Kind, int]]:
    """Yield the name of the segment, the name in the program, the kind and the size of each object of a process."""
    things = reading.objects.found if reading.objects is not None else {}
    lists = {thing.parts["shm"]: thing for thing in things.values() if thing.kind is Kind.SHAREABLE_LIST if thing.parts}
    for thing in things.values():
        if thing.kind is Kind.SHARED_MEMORY and thing.texts.get("_name"):
            owner = lists.get(thing.address, thing)
            name = owner.names[0] if owner.names else ""
            yield thing.texts["_name"].lstrip("/"), name, owner.kind, thing.numbers.get("_size", 0)


def _mapped(pid: int) -> Iterator[tuple[str, _Mapped]]:
    """Yield the files of shared memory that a process has mapped, by name."""
    with suppress(OSError):
        for mapping in read_mappings(pid):
            if mapping.path.startswith(_FOLDER) and mapping.rights.endswith("s") and not mapping.offset:
                path = mapping.path.removesuffix(_DELETED)
                size = mapping.end - mapping.begin
                yield path[len(_FOLDER) :], _Mapped(mapping.inode, path != mapping.path, mapping.begin, size)


def _fill(value: SharedValue, reading: ProcessReading, mapped: _Mapped) -> None:
    """Read the content, of which the beginning is enough unless it is a ShareableList."""
    a_list = value.kind == Kind.SHAREABLE_LIST
    size = min(value.size, mapped.size)
    if reading.memory is None or size <= 0 or (a_list and size > _READ_BYTES):
        return
    try:
        content = reading.memory.read_uncached(mapped.address, min(size, _READ_BYTES))
    except UnreadableMemory:
        return
    if a_list:
        value.length = shareable_list.length(content)
        items = shareable_list.decode(content)
        if items is not None:
            value.value, value.type = items, f"list[{value.length}]"
    else:
        value.guess, value.value, value.length = guess(content)
