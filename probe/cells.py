"""Counts operations exactly, and says what each thread is inside of: one store into the mapped journal for each step.

Cells are views of 64-bit words (see `layout.Word`, whose numbers stand in the hot functions as they are).
"""

import itertools
import sys
import weakref

from . import journal, layout, sites
from .journal import get_ident, now
from .layout import Word
from .sites import files

_frame = sys._getframe

NEVER = (1 << 63) - 1
"""A mask that lets no operation leave a record."""
_MORE = 128
"""How many cells get their storage at once."""

_words = None
"""All cells of this process."""
_slots = itertools.count()
_backed = 0
_taps = weakref.WeakSet()


def begin():
    """The cells of this process, after `journal.begin`. Taps that a fork has inherited get new ones."""
    global _words, _slots, _backed
    _slots = itertools.count()
    _backed = 0
    memory = journal.memory
    _words = memoryview(memory)[layout.CELLS_AT : layout.RING_AT].cast("Q") if memory is not None else None
    for tap in _taps:
        tap.forget()


def new_view(key, what):
    """The words of a new cell. Without room for one, words that nobody reads."""
    global _backed
    size = layout.CELL.size
    if _words is None:
        return memoryview(bytearray(size)).cast("Q")
    slot = next(_slots)
    begin, needed = _backed, (slot + _MORE) // _MORE * _MORE
    try:
        if slot >= layout.CELLS:
            raise OSError
        if begin < needed:
            journal.extend(layout.CELLS_AT + begin * size, (needed - begin) * size)
            _backed = max(_backed, needed)
            layout.CURSOR.pack_into(journal.memory, layout.CELLS_BACKED_AT, _backed)
    except OSError:
        journal.lose()
        return memoryview(bytearray(size)).cast("Q")
    view = _words[slot * layout.WORDS : (slot + 1) * layout.WORDS]
    view[Word.KEY] = key
    view[Word.THREAD] = get_ident()
    view[Word.MASK] = NEVER if journal.level == "light" else 0
    view[Word.WHAT] = what
    return view


class Cell:
    """What one thread does with one object.

    moment, site: of the operation under way, for whoever ends it. A moment of 0 stands for one that leaves no record.
    """

    __slots__ = ("_code", "_last", "moment", "site", "thread", "view")

    def __init__(self, key, what):
        self.view = new_view(key, what)
        self.thread = get_ident()
        self.moment = self.site = self._last = 0
        self._code = None

    def enter(self, op, depth, number):
        """The thread is about to do what may block: its operation of that number, called so many frames above this.

        The line is told always, the time only of what leaves a record: of a fast loop the observer sees it soon enough.
        """
        view = self.view
        try:
            frame = _frame(depth)
        except ValueError:  # There are fewer, as in what `atexit` calls.
            frame = None
        while frame is not None:
            code = frame.f_code
            where = files.get(code.co_filename)
            if where:
                if frame.f_lasti != self._last or code is not self._code:
                    self._last, self._code = frame.f_lasti, code
                    view[7] = self.site = where << 32 | frame.f_lineno
                break
            if where is None:
                sites.learn(code.co_filename)
            else:
                frame = frame.f_back
        else:
            self._code = None
            view[7] = self.site = 0
        self.begin(op, number)

    def begin(self, op, number):
        """As `enter`, of a thread whose stack holds no line of the program."""
        view = self.view
        if number & view[10]:
            self.moment = view[6] = 0
        else:
            self.moment = view[6] = now()
        view[8] = op

    def leave(self):
        """The thread is out again."""
        self.view[8] = 0


class Tap:
    """What is remembered of one observed object, in this process.

    view: the words of the one cell that all threads share, where what they count happens under a lock.
    raw, raw_release: the methods of a lock, or of a value's lock, without a tap.
    told: whether the present taking of a lock has left a record.
    """

    __slots__ = (
        "__weakref__",
        "_cell",
        "_cells",
        "key",
        "kind",
        "raw",
        "raw_release",
        "told",
        "view",
        "what",
    )

    def __init__(self, key, what, kind=""):
        self.key = key
        self.what = what
        self.kind = kind
        self.raw = self.raw_release = None
        self.forget()
        _taps.add(self)

    def forget(self):
        """In another process, every cell is another one."""
        self.view = None
        self.told = False
        self._cell = _NOBODYS
        self._cells = {}

    def renew(self):
        """The shared cell, made at the first operation of a process."""
        self.view = view = new_view(self.key, self.what)
        return view

    def mine(self):
        """The cell of this thread, if it has one."""
        return self._cells.get(get_ident())

    def cell(self, what=0):
        """This thread's own cell for the object."""
        thread = get_ident()
        cell = self._cell
        if cell.thread == thread:
            return cell
        cell = self._cells.get(thread)
        if cell is None:
            cell = self._cells[thread] = Cell(self.key, what or self.what)
        self._cell = cell
        return cell


class _Nobodys:
    thread = 0


_NOBODYS = _Nobodys()
