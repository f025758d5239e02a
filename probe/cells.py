"""Counts operations exactly, and notes which one each thread is inside of, by single stores into the mapped journal.

Cells are views of 64-bit words, which `layout` names.
"""

import itertools
import os
import sys
import weakref

from . import journal, layout, records, sites
from .journal import CELLS, get_ident, now
from .layout import CELL_KIND_WORD, KEY_WORD, MASK_WORD, OP_WORD, SIGNAL_ASKED, SINCE_WORD, SITE_WORD, THREAD_WORD
from .sites import file_numbers, library_numbers

_frame = sys._getframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

NEVER = (1 << 63) - 1
"""A mask that lets no operation leave a record."""

_words = None  # type: Any
"""All cells of this process."""
_slots = itertools.count()
_backed = 0
_owner = 0
_free = []
"""Slots of cells whose objects were deleted."""
_used = weakref.WeakSet()
"""The taps that have cells: a program may have thousands of locks, and fork with a few of them in use."""


def used_taps():
    """Return the taps that have cells."""
    taps = [reference() for reference in list(_used.data)]  # pyright: ignore[reportAttributeAccessIssue]
    return [tap for tap in taps if tap is not None]


def release():
    """Release the journal's map; from then on, counts are written to no file."""
    global _words
    _words = None


def close():
    """Close the journal permanently: objects that are deleted from now on leave no record."""
    global _owner
    release()
    _owner = 0


def begin():
    """Set up the cells of this process, after `journal.begin`. Taps that a fork has inherited get new cells."""
    global _words, _slots, _backed, _free, _owner, _used
    _owner = os.getpid()
    _free = []
    _slots = itertools.count()
    _backed = 0
    memory = journal.memory
    _words = memoryview(memory)[layout.CELLS_AT : layout.RING_AT].cast("Q") if memory is not None else None
    inherited, _used = _used, weakref.WeakSet()
    for tap in inherited:
        tap.forget()


def new_view(key, cell_kind, slots):
    """Return the words of a new cell; if there is no room for a cell, words that nobody reads.

    slots: the list of the slots of an object's cells, to which the new one is added.
    """
    global _backed
    size = layout.CELL.size
    if _words is None:
        return memoryview(bytearray(size)).cast("Q")
    try:
        slot = _free.pop()
    except IndexError:
        slot = next(_slots)
    needed = (slot + CELLS) // CELLS * CELLS
    try:
        if slot >= layout.CELLS:
            raise OSError
        if _backed < needed:
            begin = max(_backed, CELLS)  # the first have had their storage since the journal began
            if begin < needed:
                journal.extend(layout.CELLS_AT + begin * size, (needed - begin) * size)
            _backed = max(_backed, needed)
            layout.CURSOR.pack_into(journal.memory, layout.CELLS_BACKED_AT, _backed)
    except OSError:
        journal.count_dropped()
        return memoryview(bytearray(size)).cast("Q")
    slots.append(slot)
    view = _words[slot * layout.WORDS : (slot + 1) * layout.WORDS]
    view[KEY_WORD] = key
    view[THREAD_WORD] = get_ident()
    view[MASK_WORD] = NEVER if journal.level == "light" else 0
    view[CELL_KIND_WORD] = cell_kind
    return view


def leave(slots):
    """Free the cells of a deleted object, after recording the counts of each."""
    for slot in slots:
        view = _words[slot * layout.WORDS : (slot + 1) * layout.WORDS]
        view[OP_WORD] = 0
        journal.record(records.CellLeft(view.tobytes()), view[KEY_WORD])
        view[:] = _NOTHING
        _free.append(slot)


_NOTHING = memoryview(bytes(layout.CELL.size)).cast("Q")


class Cell:
    """The counts and the present operation of one thread on one object.

    moment, site: when and where the present operation began; the moment is 0 for one that leaves no record.
    sent, received, size: copies of the counts in a channel's cell, since reading a word back takes much longer.
    """

    __slots__ = ("_code", "_depth", "_last", "moment", "received", "sent", "site", "size", "thread", "view")

    def __init__(self, key, cell_kind, slots):
        self.view = new_view(key, cell_kind, slots)
        self.thread = get_ident()
        self.moment = self.site = self._last = 0
        self.sent = self.received = self.size = 0
        self._code, self._depth = None, 1

    def enter(self, op, number):
        """Note that the thread is about to call a function that may block.

        The line is always noted, the time only for what leaves a record: the observer sees a fast loop soon enough.

        number: the operation's, which decides whether it leaves a record.
        """
        view = self.view
        try:
            frame = _frame(self._depth)
        except ValueError:  # The stack is less deep now.
            frame = None
        if frame is None or frame.f_code is not self._code or frame.f_lasti != self._last:
            self.locate(frame)
        # As `begin`, without one more call.
        if not number & view[MASK_WORD]:
            self.moment = view[SINCE_WORD] = now()
        elif self.moment:
            self.moment = view[SINCE_WORD] = 0
        view[OP_WORD] = op

    def ask(self, word=SIGNAL_ASKED, one=1):
        """Count a call that does not wait, and note its line, unless a signal handler makes it inside of another.

        word: where it is counted. one: what is added there.
        """
        view = self.view
        view[word] += one
        if view[OP_WORD]:
            return
        try:
            frame = _frame(self._depth)
        except ValueError:  # The stack is less deep now.
            frame = None
        if frame is None or frame.f_code is not self._code or frame.f_lasti != self._last:
            self.locate(frame)

    def locate(self, frame):
        """Find the nearest line of the user's code, as `sites.here` does. Called by `enter` and `ask` alone.

        frame: where the last operation was called. If it is the same function's, and what it has called is not the
        program's, it is the nearest one; otherwise the stack is searched.
        """
        depth = self._depth
        # From here, the frame below `frame` is as far away as `frame` is from `enter`.
        if frame is None or frame.f_code is not self._code or file_numbers.get(_frame(depth).f_code.co_filename) != 0:
            frame, depth = _frame(2), 1
        nearest = None, 0, 1, 0
        while frame is not None:
            where = file_numbers.get(frame.f_code.co_filename)
            if where is None:
                where = sites.number_file(frame.f_code.co_filename)
            if where and (nearest[0] is None or where not in library_numbers):
                nearest = frame.f_code, frame.f_lasti, depth, where << 32 | frame.f_lineno
                if where not in library_numbers:
                    break
            frame, depth = frame.f_back, depth + 1
        self._code, self._last, self._depth, self.site = nearest
        self.view[SITE_WORD] = self.site

    def begin(self, op, number):
        """Note what `enter` does, for a thread whose stack holds no line of the program."""
        view = self.view
        if not number & view[MASK_WORD]:
            self.moment = view[SINCE_WORD] = now()
        elif self.moment:
            self.moment = view[SINCE_WORD] = 0
        view[OP_WORD] = op

    def leave(self):
        """Note that the operation has ended."""
        self.view[OP_WORD] = 0


class UnrecordedCell(Cell):
    """A cell in memory that no observer reads."""

    __slots__ = ()

    def __init__(self):
        self.view = memoryview(bytearray(layout.CELL.size)).cast("Q")
        self.view[MASK_WORD] = NEVER
        self.thread = get_ident()
        self.moment = self.site = self._last = 0
        self.sent = self.received = self.size = 0
        self._code, self._depth = None, 1


class Tap:
    """The data of one observed object in this process.

    view: the words of the cell that all threads share, for counts that are changed under a lock.
    _cell: the cell of the last thread that used the object; hot taps look there before they call `cell`.
    raw, raw_release: the methods of a lock, or of a value's lock, without a tap.
    recorded: whether the present acquisition of a lock has left a record.
    """

    __slots__ = (
        "__weakref__",
        "_cell",
        "_cells",
        "_slots",
        "cell_kind",
        "key",
        "kind",
        "raw",
        "raw_release",
        "recorded",
        "view",
    )

    def __init__(self, key, cell_kind, kind=""):
        self.key = key
        self.cell_kind = cell_kind
        self.kind = kind
        self.raw = self.raw_release = None
        self.forget()

    def __reduce__(self):
        """Let objects with a tap be copied and pickled as usual; the copy has no tap."""
        return type(None), ()

    def forget(self):
        """Drop all cells, after a fork: they belong to the parent's journal."""
        self.view = None
        self.recorded = False
        self._cell = _NO_CELL
        self._cells = {}
        self._slots = []

    def __del__(self):
        try:
            # In a child that has just been forked, what is inherited has its slots in the journal of another.
            if self._slots and _owner == os.getpid() and not sys.is_finalizing():
                leave(self._slots)
        except Exception:
            journal.count_fault()

    def renew(self):
        """Create the shared cell, at the first operation of a process, and return its words."""
        self.view = view = new_view(self.key, self.cell_kind, self._slots)
        _used.add(self)
        return view

    def own_cell(self):
        """Return the cell of this thread, or None if it has none."""
        return self._cells.get(get_ident())

    def cell(self, cell_kind=0):
        """Return this thread's own cell for the object, and create it at the first call."""
        thread = get_ident()
        cell = self._cell
        if cell.thread == thread:
            return cell
        cell = self._cells.get(thread)
        if cell is None:
            cell = self._cells[thread] = Cell(self.key, cell_kind or self.cell_kind, self._slots)
            _used.add(self)
        self._cell = cell
        return cell


class _NoCell:
    thread = 0


_NO_CELL = _NoCell()  # type: Any
