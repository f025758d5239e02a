"""Finds lost updates of items in a manager: two threads read the same content, and both write it back."""

from __future__ import annotations

import re
from collections import defaultdict, deque

import msgspec
from msgspec.structs import replace
from rockproc.probe import records

from ..journals.reader import Record
from ..model import Dependence, LostItem, ManagedObject, SharedItem, Site, Thread
from ..model.keys import ManagedKey, ProcessKey
from ..source.questions import constant_step, dependence_at, uses_file_locks

_READS = ("__getitem__", "get", "__getattribute__")
_WRITES = ("__setitem__", "set", "__setattr__")
_LITERAL = re.compile(r"""(?P<item>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d[\w.+-]*|True|False|None)(?:, .*)?\)""")
"""The pattern of the first argument of a call, and of the text after it."""
_MAX_ITEM_CHARACTERS = 40
"""The probe cuts longer texts, so that two of them may look the same."""
_KEPT_UPDATES = 64
"""The newest updates and writes of an item with which another one is compared."""
_MAX_LINES = 20
_MAX_SPANS = 1000
"""The number of items of one object whose update times are kept."""


class _Read(msgspec.Struct, frozen=True):
    item: str
    number: int
    """The number of the call among those of its thread and object: not every call leaves a record."""
    begin: int
    end: int
    site: Site


class _Write(msgspec.Struct):
    """A write of an item. Times are monotonic nanoseconds."""

    thread: Thread
    begin: int
    end: int
    site: Site
    read: _Read | None
    """The read on which it depends; None where it depends on none."""
    number: float | None
    """The value that is written, if it is a number."""
    loses: bool = False
    """True if it is counted: it, or a write that overlaps with it, has overwritten what another thread wrote."""


class _Span(msgspec.Struct):
    """The time in which a process has updated an item, and the lines by which it did so first."""

    first: int
    last: int
    site: Site
    read_line: int

    def overlaps(self, other: _Span) -> bool:
        return self.first < other.last and other.first < self.last


class ManagedUpdates:
    """Finds lost updates in the records of the calls of proxies.

    The server answers a call at some moment between its begin and its end. So an update is certainly lost if two
    threads have both ended their reads before either began its write; or if a write lies between another thread's two
    calls. Also, two threads whose updates overlap, and which add a constant and write the same number, have read the
    same one.
    """

    def __init__(self) -> None:
        self._reads: dict[tuple[Thread, ManagedKey], _Read] = {}
        """The last read by each thread of each object."""
        self._writes: defaultdict[tuple[ManagedKey, str], deque[_Write]] = defaultdict(
            lambda: deque(maxlen=_KEPT_UPDATES)
        )
        self._spans: defaultdict[ManagedKey, dict[str, dict[ProcessKey, _Span]]] = defaultdict(dict)
        """The times at which each process has updated an item."""
        self._dependences: dict[Site, tuple[Dependence, int | None]] = {}

    def apply(self, managed: ManagedObject, thread: Thread, record: Record, site: Site) -> None:
        """Apply a call that has left a record."""
        call = records.Call.unpack(record)
        method, _, arguments = call.call.partition("(")
        item = _item(method, arguments)
        if item is None:
            return
        end = record.time + call.duration_ns
        if method in _READS:
            self._reads[thread, managed.key] = _Read(item, call.number, record.time, end, site)
            return
        read = self._reads.pop((thread, managed.key), None)
        if read is not None:
            follows = (read.item, read.number + 1) == (item, call.number)
            read = read if follows and self._depends(read, site) else None
        write = _Write(thread, record.time, end, site, read, _number(arguments))
        others = self._writes[managed.key, item]
        for other in others:
            later = _overwriting_write(write, other) or _overwriting_write_of_same_number(write, other)
            if later is None or later.read is None:
                continue
            earlier = other if later is write else write
            # If the two writes overlap, either may be the one that has overwritten the other.
            suspects = [later] if earlier.end < later.begin else [earlier, later]
            if not any(suspect.loses for suspect in suspects):
                for suspect in suspects:
                    suspect.loses = True
                _count(managed, item, later.site, later.read.site)
        others.append(write)
        if read is not None:
            self._share(managed, item, write, read)

    def _share(self, managed: ManagedObject, item: str, write: _Write, read: _Read) -> None:
        """Record processes that update an item in the same period, unless a lock of the file system may order them."""
        if uses_file_locks(write.site.path):
            return
        spans = self._spans[managed.key]
        if item not in spans and len(spans) >= _MAX_SPANS:
            return
        by_process = spans.setdefault(item, {})
        process = write.thread[0]
        own = by_process.setdefault(process, _Span(read.begin, write.end, write.site, read.site.line))
        own.first, own.last = min(own.first, read.begin), max(own.last, write.end)
        shared = {each.process for each in managed.shared_items if each.item == item}
        for key, span in by_process.items():
            meanwhile = any(span.overlaps(other) for other in by_process.values() if other is not span)
            if meanwhile and key not in shared and len(managed.shared_items) < _MAX_LINES:
                managed.shared_items += (SharedItem(item, key, span.site, span.read_line),)

    def _depends(self, read: _Read, site: Site) -> bool:
        """Return whether what is written at a line depends on what was read at the same or an earlier line."""
        if read.site == site:
            return True
        if site not in self._dependences:
            self._dependences[site] = dependence_at(site)
        dependence, line = self._dependences[site]
        return dependence is Dependence.EARLIER_LINE and read.site == Site(site.path, line or 0)

    def forget(self, known: set[int]) -> None:
        """Drop what concerns other objects than the known ones."""
        self._reads = {key: read for key, read in self._reads.items() if key[1] in known}
        for key in self._spans.keys() - known:
            del self._spans[key]
        for key in [key for key in self._writes if key[0] not in known]:
            del self._writes[key]


def _item(method: str, arguments: str) -> str | None:
    """Return the item that a call reads or writes, as the program writes it; None where that is not known."""
    if method not in _READS and method not in _WRITES:
        return None
    if method == "set" or (method == "get" and arguments == ")"):
        return "value"
    found = _LITERAL.fullmatch(arguments)
    return found["item"] if found is not None and len(found["item"]) <= _MAX_ITEM_CHARACTERS else None


def _overwriting_write(one: _Write, other: _Write) -> _Write | None:
    """Return the one of two writes that has certainly overwritten what its thread has not read; None for neither."""
    if one.thread == other.thread:
        return None
    earlier, later = (one, other) if one.begin <= other.begin else (other, one)
    if later.read is None:
        return None
    if earlier.read is not None and max(earlier.read.end, later.read.end) < earlier.begin:
        return later
    return later if later.read.end < earlier.begin and earlier.end < later.begin else None


def _overwriting_write_of_same_number(one: _Write, other: _Write) -> _Write | None:
    """Return the later one of two writes of the same number, to which both have added the same constant.

    The two updates must overlap, which they do not under a common lock: otherwise the number may have been set back
    between them, by a write that has left no record or whose record has not been read yet.
    """
    if one.thread == other.thread or one.site != other.site or one.read is None or other.read is None:
        return None
    if one.number is None or one.number != other.number:
        return None
    if one.read.begin >= other.end or other.read.begin >= one.end or not constant_step(one.site):
        return None
    return one if one.begin > other.begin else other


def _number(arguments: str) -> float | None:
    try:
        return float(arguments.rpartition(" ")[2].rstrip(")"))
    except ValueError:
        return None


def _count(managed: ManagedObject, item: str, site: Site, read_site: Site) -> None:
    """Add one write of this line that has overwritten what its thread had not read."""
    for index, lost in enumerate(managed.lost_items):
        if (lost.item, lost.site) == (item, site):
            changed = replace(lost, count=lost.count + 1)
            managed.lost_items = (*managed.lost_items[:index], changed, *managed.lost_items[index + 1 :])
            return
    if len(managed.lost_items) < _MAX_LINES:
        managed.lost_items += (LostItem(item, site, read_site.line, 1),)
