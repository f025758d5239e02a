"""Shared Values and Arrays: what they hold now, and who reads and writes them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..probe.layout import Kind
from .lives import Source
from .memory import Layout, Memory, Sequence, Unknown, parse_layout
from .names import Names
from .reader import CellState, Record
from .world import SharedValue, World

_HISTORY = 120
_RAW = ("RawValue", "RawArray")


@dataclass
class _Place:
    key: int
    size: int
    layout: Layout
    seen: bytes = b""


class Shared:
    """Keeps `world.values`. The content is read where it lies, at the screen's pace."""

    def __init__(self, world: World, names: Names, memory: Memory) -> None:
        self._world = world
        self._names = names
        self._memory = memory
        self._places: dict[int, _Place] = {}

    def apply(self, source: Source, record: Record, at: float) -> None:
        kind = record.kind
        if kind == Kind.ARENA:
            self._memory.announce(record.key, os.fsdecode(record.payload), record.a)
        elif kind == Kind.VALUE:
            self._made(source, record, at)
        elif kind == Kind.LOCKED_BY:
            value = self._world.values.get(record.key)
            if value is not None:
                value.lock = record.a
                value.reads, value.writes = value.reads or 0, value.writes or 0
                lock = self._world.locks.get(record.a)
                if lock is not None and lock.name == "":
                    lock.name = f"{value.name}.get_lock()"

    def _made(self, source: Source, record: Record, at: float) -> None:
        kind, type_name, layout = record.payload.decode("utf-8", "replace").split("\0")
        site = source.site(record.site)
        value = SharedValue(record.key, kind, self._names.name(kind, site).text, type_name, site=site)
        value.owner = source.process.key
        value.size = record.b
        value.changed = at
        self._world.values[record.key] = value
        place = _Place(record.key, record.b, parse_layout(layout))
        value.length = place.layout.length if isinstance(place.layout, Sequence) else None
        self._places[record.key] = place

    def look(self, at: float) -> bool:
        """Read every value; decode those whose bytes have changed, and tell whether there are any."""
        changed = False
        self._memory.open_awaited()
        for key, place in self._places.items():
            value = self._world.values[key]
            data = self._memory.read(place.key, place.size)
            if data is None:
                continue
            content = bytes(data)
            if content != place.seen:
                if place.seen:
                    value.changed = at
                changed = True
                place.seen = content
                if not isinstance(place.layout, Unknown):
                    value.value = place.layout.read(memoryview(content))
            number = value.value
            if isinstance(number, (int, float)):
                value.history = (*value.history[1 - _HISTORY :], float(number))
        return changed

    def count(self, cells: Iterable[tuple[int, CellState]]) -> Counter[int]:
        """All cells of all processes that count for values, each with its process's key.

        Returns how often each lock was taken for one access to its value, which its own cells do not count.
        """
        reads: Counter[int] = Counter()
        writes: Counter[int] = Counter()
        apart: Counter[int] = Counter()
        last: dict[int, tuple[int, int]] = {}
        for process, cell in cells:
            reads[cell.key] += cell.a
            writes[cell.key] += cell.b
            apart[cell.key] += cell.c
            if cell.b:
                last[cell.key] = max(last.get(cell.key, (0, 0)), (cell.since, process))
        taken: Counter[int] = Counter()
        for key in reads:
            value = self._world.values.get(key)
            if value is None or value.kind in _RAW:
                continue
            value.reads, value.writes = reads[key], writes[key]
            value.writer = last[key][1] if key in last else None
            if value.lock is not None:
                taken[value.lock] += reads[key] + writes[key] - apart[key]
        return taken
