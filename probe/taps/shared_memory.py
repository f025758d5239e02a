"""multiprocessing/shared_memory.py: SharedMemory, and the one behind a ShareableList (CPython 3.8 to 3.15).

A segment is known by the inode of its file. Its content is not touched here: the observer reads the file.
"""

import os
import sys
import weakref

from .. import journal, records
from ..journal import count_fault as count_fault
from ..layout import Opened
from ..sites import here, tapped
from ..weave import Weave

WEAVES = {
    "SharedMemory.__init__": Weave(after="tap.opened(self, create)"),
    "SharedMemory.close": Weave(after="tap.closed(self)"),
    "SharedMemory.unlink": Weave(after="tap.unlinked(self)", failed="tap.unlink_failed(self)"),
}

_list_made = None
"""The code of `ShareableList.__init__`."""
_open = weakref.WeakSet()


class Segment:
    """The data of one SharedMemory object; it dies with the object, which closes the segment."""

    __slots__ = ("__weakref__", "key", "open")

    def __init__(self, key):
        self.key = key
        self.open = True
        _open.add(self)


def loaded(module):
    global _list_made
    module.SharedMemory._rockproc = None
    _list_made = module.ShareableList.__init__.__code__
    os.register_at_fork(after_in_child=_inherited)


def _inherited():
    """Record the segments that a forked child has open from its parent."""
    try:
        for segment in list(_open):
            journal.record(records.Segment(0, Opened.INHERITED, "", b""), segment.key)
    except Exception:
        count_fault()


def opened(memory, create):
    status = os.fstat(memory._fd)
    segment = memory._rockproc = Segment((status.st_ino & 0xFFFFFFFF) << 32 | 1)
    how = Opened.MADE if create else Opened.ATTACHED
    name = os.fsencode(memory._name.lstrip("/"))
    journal.record(records.Segment(status.st_size, how, _kind(), name), segment.key, here())


def _kind():
    """Past the constructors of subclasses: a ShareableList makes its own SharedMemory."""
    frame = tapped()
    while frame is not None and frame.f_code.co_name == "__init__":
        if frame.f_code is _list_made:
            return "ShareableList"
        frame = frame.f_back
    return "SharedMemory"


def closed(memory):
    segment = memory._rockproc
    if segment is not None and segment.open:
        segment.open = False
        _open.discard(segment)
        journal.record(records.SegmentClosed(), segment.key, here())


def unlinked(memory):
    segment = memory._rockproc
    if segment is not None:
        journal.record(records.SegmentUnlinked(False), segment.key, here())


def unlink_failed(memory):
    segment = memory._rockproc
    if segment is not None and isinstance(sys.exc_info()[1], FileNotFoundError):
        journal.record(records.SegmentUnlinked(True), segment.key, here())
