"""Shared Values and Arrays: what they hold now, and who reads and writes them."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from rockproc.probe import records
from rockproc.probe.layout import VALUE_LOCKED, VALUE_READS, VALUE_WRITES, Kind

from ..decoding.layouts import Layout, Sequence, Structure, Unknown, is_cut, parse_layout
from ..decoding.numbers import shape
from ..journals.reader import CellState, Record
from ..kernel.arena_memory import ArenaMemory
from ..kernel.arenas import INODE, arenas_of
from ..model import Hold, SharedValue, World
from ..model.keys import LockKey, ProcessKey, ValueKey
from ..source.names import ObjectNames
from .source import Source

_HISTORY_LENGTH = 120
_RAW = ("RawValue", "RawArray")
_LARGE_BYTES = 1 << 20
_READ_BYTES_PER_SECOND = 64 << 20
"""A large Array is read so rarely that its reads stay below this rate."""
_LARGEST_KEPT_BYTES = 1 << 20
_KEPT_BYTES_PER_SECOND = 1 << 20
"""Arrays up to that size are kept as wholes for the history, all together at no more than this rate."""
_LARGEST_LEFT_BYTES = 32 << 10
"""The size above which only the first numbers of an Array are kept once no process has it."""
_REST_RATIO = 100
"""The pause after a search for the users of arenas, as a multiple of the time that the search took."""


class _Place(msgspec.Struct):
    key: ValueKey
    size: int
    layout: Layout
    cut: bool = False
    """True if `SharedValue.value` holds only the first of its numbers."""
    seen: bytes = b""
    next_look: float = 0.0
    next_keeping: float = 0.0
    locked: bool = False
    """True if it had its first content, and a lock, at the last read."""
    changes: int = 0
    """The number of changes of its content that were seen since then."""
    compared: int = 0
    """The number of these changes before the writes were last counted: a write is counted before it is done."""


class ValueTracker:
    """Keeps `world.values`. The content is read where it lies, at the screen's pace."""

    def __init__(self, world: World, names: ObjectNames, memory: ArenaMemory) -> None:
        self._world = world
        self._names = names
        self._memory = memory
        self._places: dict[ValueKey, _Place] = {}
        self._makers: dict[int, ProcessKey | None] = {}
        """The processes that have made the arenas, by the part of an inode that is in the keys of what lies there; None
        once that has freed it."""
        self._next_release = 0.0

    def apply(self, source: Source, record: Record, at: float) -> None:
        kind = record.kind
        if kind == Kind.ARENA:
            arena = records.Arena.unpack(record)
            self._memory.announce(record.key, os.fsdecode(arena.name), arena.size)
            self._makers[record.key & INODE] = source.process.key
        elif kind == Kind.ARENA_LEFT:
            if record.key & INODE in self._makers:
                self._makers[record.key & INODE] = None
        elif kind == Kind.VALUE:
            self._made(source, record, at)
        elif kind == Kind.UNWRAPPED:
            if record.key in self._world.values:
                self._world.values[ValueKey(record.key)].unseen = True
        elif kind == Kind.LOCKED_BY:
            value = self._world.values.get(ValueKey(record.key))
            if value is not None:
                key = LockKey(records.LockedBy.unpack(record).lock)
                value.lock = key
                value.reads, value.writes = value.reads or 0, value.writes or 0
                lock = self._world.locks.get(key)
                if lock is not None and lock.name == "":
                    lock.name = f"{value.name}.get_lock()"

    def _made(self, source: Source, record: Record, at: float) -> None:
        made = records.Value.unpack(record)
        key, kind, site = ValueKey(record.key), made.kind, source.site(record.site)
        library_site = source.in_library.pop(key, None)
        name = self._names.name(kind, site, library_site).text
        value = SharedValue(key, kind, name, made.type_name, site=site, library_site=library_site)
        value.owner = source.process.key
        value.size = made.size
        value.changed = at
        self._stop_reading(key, made.size)
        self._world.values[key] = value
        place = _Place(key, made.size, parse_layout(made.layout))
        value.length = place.layout.length if isinstance(place.layout, Sequence) else None
        value.layout = made.layout
        place.cut = shape(place.layout) is not None and is_cut(place.layout)
        self._places[key] = place

    def _stop_reading(self, key: ValueKey, size: int) -> None:
        """Stop reading the values in memory that a new value now occupies; they keep their last seen content."""
        for place in [place for place in self._places.values() if place.key >> 32 == key >> 32]:
            if place.key < key + max(size, 1) and key < place.key + max(place.size, 1):
                del self._places[place.key]

    def look(self, at: float, *, settled: bool = False) -> bool:
        """Read every value, decode those whose bytes have changed, and return whether there are any.

        Args:
            at: seconds since launch.
            settled: True if there will be no other call.
        """
        changed = False
        self._memory.open_awaited()
        for key, place in self._places.items():
            if at >= place.next_look or settled:
                changed |= self._read(self._world.values[key], place, at)
        return self._keep(at, settled=settled) or changed

    def _read(self, value: SharedValue, place: _Place, at: float) -> bool:
        """Read one value, and return whether it has changed."""
        if place.size > _LARGE_BYTES:
            place.next_look = at + place.size / _READ_BYTES_PER_SECOND
        content = self._memory.read(place.key, place.size)
        if content is None:
            return self._lose(value, place)
        changed = content != place.seen
        if changed:
            if place.seen:
                value.changed = at
            place.changes += place.locked
            place.seen = content
            if not isinstance(place.layout, Unknown):
                value.value = place.layout.read(memoryview(content))
        place.locked = value.lock is not None
        number = value.value
        if isinstance(number, (int, float)):
            value.history = (*value.history[1 - _HISTORY_LENGTH :], float(number))
        return changed

    def _lose(self, value: SharedValue, place: _Place) -> bool:
        """Forget the content of a value whose memory was truncated, and return whether there was any."""
        if not place.seen:
            return False
        place.seen = b""
        value.value, value.raw, value.kept = None, b"", None
        return True

    def layout(self, key: ValueKey) -> Layout | None:
        """Return how the bytes of a value are arranged; None for one whose memory cannot be reached."""
        place = self._places.get(key)
        return place.layout if place is not None and self._memory.has(key, place.size) else None

    def write(self, key: ValueKey, offset: int, data: bytes) -> None:
        """Write into a value that has a `layout`, where it lies. Raises OSError."""
        self._memory.write(key, offset, data)

    def release(self, living: Mapping[ProcessKey, int], at: float) -> None:
        """Close the arenas whose makers have freed them or have ended, and which no other process has mapped.

        Args:
            living: pids by the keys of processes. If it is empty, the run is over and all arenas stay open.
            at: seconds since launch.
        """
        unused = {inode for inode, maker in self._makers.items() if maker not in living}
        if not unused or not living or at < self._next_release:
            return
        began = time.monotonic()
        used = arenas_of(living.values())
        unused = set[int]() if used is None else unused - used
        self._next_release = at + max(_REST_RATIO * (time.monotonic() - began), 0.0 if unused else 1.0)
        for key, place in [(key, place) for key, place in self._places.items() if key >> 32 in unused]:
            value = self._world.values[key]
            self._read(value, place, at)
            if place.size > _LARGEST_LEFT_BYTES:
                value.raw, value.kept = b"", None
            elif place.cut:
                value.raw, value.kept = place.seen, at
            del self._places[key]
        for inode in unused:
            self._memory.drop(inode)
            del self._makers[inode]

    def _keep(self, at: float, *, settled: bool) -> bool:
        """Give large Arrays as wholes to the world, some now and some later, and return whether there were any."""
        waiting = [(value, place) for value, place in self._not_kept() if place.size <= _LARGEST_KEPT_BYTES]
        due = [(value, place) for value, place in waiting if settled or at >= place.next_keeping]
        for value, place in due:
            value.raw, value.kept = place.seen, at
            place.next_keeping = at + place.size * len(waiting) / _KEPT_BYTES_PER_SECOND
        return bool(due)

    def contents(self) -> dict[ValueKey, bytes]:
        """Return the last seen contents of the Arrays of which the world has only a part, or an older content."""
        return {value.key: place.seen for value, place in self._not_kept()}

    def _not_kept(self) -> Iterator[tuple[SharedValue, _Place]]:
        for key, place in self._places.items():
            value = self._world.values[key]
            if place.cut and place.seen is not value.raw:
                yield value, place

    def close(self) -> None:
        """Close all memory; the values keep their last seen content."""
        self._memory.close()

    def forget(self) -> None:
        """Drop what concerns values that are no longer in the world."""
        self._places = {key: place for key, place in self._places.items() if key in self._world.values}

    def known(self) -> set[int]:
        """Return the keys that cells of these objects may have."""
        return set(self._world.values)

    def count(self, cells: Iterable[tuple[Hold, CellState]]) -> Counter[LockKey]:
        """Set the counts of all values, from all cells of all processes, each with its last write.

        Returns how often each lock was acquired for one access to its value, which its own cells do not count.
        """
        reads: Counter[ValueKey] = Counter()
        writes: Counter[ValueKey] = Counter()
        apart: Counter[ValueKey] = Counter()
        last: dict[ValueKey, tuple[int, Hold]] = {}
        for place, cell in cells:
            key = ValueKey(cell.key)
            reads[key] += cell[VALUE_READS]
            writes[key] += cell[VALUE_WRITES]
            apart[key] += cell[VALUE_LOCKED]
            if cell[VALUE_WRITES] and (key not in last or cell.since >= last[key][0]):
                last[key] = (cell.since, place)
        acquired: Counter[LockKey] = Counter()
        for key in reads:
            value = self._world.values.get(key)
            if value is None or value.kind in _RAW:
                continue
            value.reads, value.writes = reads[key], writes[key]
            if key in last:
                since, place = last[key]
                value.writer = place.process
                value.written, value.written_site = (place.since, place.site) if since else (None, None)
            if value.lock is not None:
                acquired[value.lock] += reads[key] + writes[key] - apart[key]
        for key, place in self._places.items():
            # An item that is a Structure is read, and then written to by itself.
            fields = isinstance(place.layout, Sequence) and isinstance(place.layout.item, Structure) and reads[key]
            self._world.values[key].unseen |= bool(fields) or place.compared > writes[key]
            place.compared = place.changes
        return acquired
