"""SharedMemory and ShareableLists: who has them open, what they hold, and whether their names are still there."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from pathlib import Path

import msgspec
from rockproc.probe import records
from rockproc.probe.layout import Kind, Opened

from ..decoding import shareable_list
from ..decoding.guess import guess
from ..journals.reader import Record
from ..kernel.arenas import INODE
from ..model import SharedValue, Site, World
from ..model.keys import ManagerKey, ProcessKey, ValueKey
from ..source.names import ObjectNames
from .source import Source

MEMORY = Path("/dev/shm")
"""The folder in which `shm_open` of Linux creates its files."""
_READ_BYTES = 64 << 10
_READ_LIST_BYTES = 1 << 20
"""Bytes that are read of a SharedMemory, and of a ShareableList, whose end says how to read its beginning."""
_HISTORY_LENGTH = 120
_MAX_OPEN_FILES = 200
_UNLINK_RECORD_SECONDS = 0.3
"""A process that has unlinked a segment records that within this time."""


class _Segment(msgspec.Struct):
    value: SharedValue
    sources: dict[int, Source] = msgspec.field(default_factory=dict[int, Source])
    opens: Counter[int] = msgspec.field(default_factory=Counter[int])
    """The number of objects that have it open, by the id of the source: a forked process's key may still change."""
    descriptor: int | None = None
    seen: bytes | None = None
    gone: float | None = None
    """The time at which its name was first found missing."""


class SharedMemoryTracker:
    """Keeps those of `world.values` that are SharedMemory.

    Their files are read and not mapped, so that a file may be truncated at any time, and a hole in it gets no storage
    from reading. The tracker never creates, resizes or unlinks a file.
    """

    def __init__(self, world: World, names: ObjectNames) -> None:
        self._world = world
        self._names = names
        self._segments: dict[ValueKey, _Segment] = {}
        """The segments that can still change, by key."""

    def apply(self, source: Source, record: Record, at: float) -> None:
        if record.kind == Kind.SEGMENT:
            self._opened(source, record, at)
            return
        key = ValueKey(record.key)
        value, segment = self._world.values.get(key), self._segments.get(key)
        if value is None:
            return
        if record.kind == Kind.SEGMENT_LENT:
            value.manager = ManagerKey(records.SegmentLent.unpack(record).manager)
        elif record.kind == Kind.SEGMENT_UNLINKED and records.SegmentUnlinked.unpack(record).was_gone:
            if value.unlinked_by is None:
                value.unlinked = (segment.gone if segment is not None else None) or value.unlinked or at
                value.bereft = value.bereft or (source.process.key,)
        elif record.kind == Kind.SEGMENT_UNLINKED:
            value.unlinked, value.unlinked_by, value.bereft = at, source.process.key, ()
        elif segment is not None:
            segment.opens[id(source)] -= 1
            self._tally(segment, at)

    def _opened(self, source: Source, record: Record, at: float) -> None:
        key = ValueKey(record.key)
        value = self._world.values.get(key)
        opened = records.Segment.unpack(record)
        if opened.how == Opened.INHERITED:
            if value is None:
                return
        elif value is None or opened.how == Opened.MADE:
            value = self._made(key, value, source.process.key, source.site(record.site), opened)
            value.changed = at
        segment = self._segments.get(key)
        if segment is None:
            segment = self._segments[key] = _Segment(value)
            self._open(segment)
        segment.sources[id(source)] = source
        segment.opens[id(source)] += 1
        self._tally(segment, at)

    def _made(
        self, key: ValueKey, value: SharedValue | None, maker: ProcessKey, site: Site | None, opened: records.Segment
    ) -> SharedValue:
        """Add a segment, named by the line that made it, or by the first that opened it if it was made elsewhere."""
        kind, size = opened.kind, opened.size
        text = self._names.name(kind, site).text
        if value is None:
            value = self._world.values[key] = SharedValue(key, kind, text, f"bytes[{size}]")
        value.kind, value.name, value.site = kind, text, site
        value.segment, value.size = os.fsdecode(opened.name), size
        value.owner = maker if opened.how == Opened.MADE else None
        return value

    def look(self, at: float, *, settled: bool) -> None:
        """Read every segment, and see whether its name is still there.

        Args:
            at: seconds since launch.
            settled: True if every process has ended.
        """
        for key, segment in list(self._segments.items()):
            self._tally(segment, at)
            self._read(segment, at)
            self._miss(segment, at, settled)
            value = segment.value
            if settled or (value.unlinked is not None and not value.open_by):
                self._close(segment)
                del self._segments[key]

    @property
    def open(self) -> set[int]:
        """Return the keys of segments that have not reached their final state."""
        return set(self._segments)

    def close(self) -> None:
        for segment in self._segments.values():
            self._close(segment)
        self._segments.clear()

    def _tally(self, segment: _Segment, at: float) -> None:
        value = segment.value
        using = [segment.sources[source].process for source, count in segment.opens.items() if count > 0]
        value.open_by = tuple(process.key for process in using if process.ended is None)
        value.opened_by = tuple(dict.fromkeys(source.process.key for source in segment.sources.values()))
        value.closed = None if value.open_by else at if value.closed is None else value.closed

    def _open(self, segment: _Segment) -> None:
        value = segment.value
        inode = value.key >> 32
        # Its name comes from the journal: only a plain file of our user's folder of segments is opened, and to read.
        if not value.segment or "/" in value.segment or len(self._segments) > _MAX_OPEN_FILES:
            return
        with contextlib.suppress(OSError, ValueError):
            descriptor = os.open(MEMORY / value.segment, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_ino & INODE == inode:
                segment.descriptor = descriptor
            else:
                os.close(descriptor)

    def _close(self, segment: _Segment) -> None:
        if segment.descriptor is not None:
            os.close(segment.descriptor)
            segment.descriptor = None

    def _read(self, segment: _Segment, at: float) -> None:
        value = segment.value
        if segment.descriptor is None:
            return
        a_list = value.kind == "ShareableList"
        content = os.pread(segment.descriptor, min(value.size, _READ_LIST_BYTES if a_list else _READ_BYTES), 0)
        if content == segment.seen:
            return
        if segment.seen is not None:
            value.changed = at
        segment.seen = content
        self._world.changes += 1
        if a_list:
            value.length = shareable_list.length(content)
            items = shareable_list.decode(content)
            if items is not None:
                value.value, value.type = items, f"list[{value.length}]"
        else:
            value.guess, value.value, value.length = guess(content)
            number = value.value
            if isinstance(number, (int, float)):
                value.history = (*value.history[1 - _HISTORY_LENGTH :], float(number))

    def _miss(self, segment: _Segment, at: float, settled: bool) -> None:
        """Note that the name of a segment is gone: a resource tracker that unlinks it leaves no record."""
        value = segment.value
        if value.unlinked is not None or not value.segment or not MEMORY.is_dir():
            return
        if self._is_there(value):
            segment.gone = None
        elif segment.gone is None and not settled:
            segment.gone = at
            self._world.changes += 1
            value.bereft = value.open_by
        elif settled or (segment.gone is not None and at - segment.gone > _UNLINK_RECORD_SECONDS):
            value.unlinked = segment.gone or at
            self._world.changes += 1

    @staticmethod
    def _is_there(value: SharedValue) -> bool:
        try:
            status = (MEMORY / (value.segment or "")).lstat()
        except (OSError, ValueError):
            return False
        return status.st_ino & INODE == value.key >> 32
