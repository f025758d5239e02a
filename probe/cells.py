"""Counts operations exactly, and says what each thread is inside of: one store into the mapped journal for each step.

Cells are views of 64-bit words (see `layout.Word`, whose numbers stand in the hot functions as they are).
"""

import weakref

from . import journal, layout, sites
from .journal import get_ident, now
from .layout import Word

NEVER = (1 << 63) - 1
"""A mask that lets no operation leave a record."""
_MORE = 12288

_words = None
"""All cells of this process."""
_used = 0
_backed = 0
_taps = weakref.WeakSet()


def begin():
    """The cells of this process, after `journal.begin`. Taps that a fork has inherited get new ones."""
    global _words, _used, _backed
    _used = _backed = 0
    memory = journal.memory
    _words = memoryview(memory)[layout.CELLS_AT : layout.RING_AT].cast("Q") if memory is not None else None
    for tap in _taps:
        tap.view = None


def new_view(key, what):
    """The words of a new cell. Without room for one, words that nobody reads."""
    global _used, _backed
    size = layout.CELL.size
    if _words is None or _used >= layout.CELLS:
        return memoryview(bytearray(size)).cast("Q")
    end = (_used + 1) * size
    if end > _backed:
        try:
            journal.extend(layout.CELLS_AT + _backed, _MORE)
        except OSError:
            return memoryview(bytearray(size)).cast("Q")
        _backed += _MORE
    start = _used * layout.WORDS
    _used += 1
    view = _words[start : start + layout.WORDS]
    view[Word.KEY] = key
    view[Word.THREAD] = get_ident()
    view[Word.WHAT] = what
    view[Word.MASK] = NEVER if journal.level == "light" else 0
    layout.CURSOR.pack_into(journal.memory, layout.CELLS_USED_AT, _used)
    return view


class Cell:
    """What one thread does with one object.

    moment, site: of the operation under way, for whoever ends it.
    """

    __slots__ = ("_code", "_last", "moment", "site", "view")

    def __init__(self, key, what):
        self.view = new_view(key, what)
        self.moment = self.site = self._last = 0
        self._code = None

    def enter(self, op, frame):
        """The thread is about to do what may block, called from `frame` or above it."""
        if frame.f_lasti != self._last or frame.f_code is not self._code:
            self._last, self._code = frame.f_lasti, frame.f_code
            self.site = sites.line_of(frame)
            # A frame of multiprocessing stands for another line of the program each time.
            if not sites.is_program(frame):
                self._code = None
        view = self.view
        view[6] = self.moment = now()
        view[7] = self.site
        view[8] = op

    def leave(self):
        """The thread is out again."""
        self.view[8] = 0


class Tap:
    """What is remembered of one observed object, in this process.

    view: the words of the one cell that all threads share, where what they count happens under a lock.
    raw, raw_release: a lock's methods without a tap. lock: the tap of a value's lock.
    """

    __slots__ = ("__weakref__", "_cells", "_epoch", "key", "kind", "lock", "raw", "raw_release", "view", "what")

    def __init__(self, key, what, kind=""):
        self.key = key
        self.what = what
        self.kind = kind
        self.raw = self.raw_release = self.lock = None
        self.view = None
        self._cells = {}
        self._epoch = journal.epoch
        _taps.add(self)

    def renew(self):
        """The shared cell, made at the first operation of a process."""
        self.view = view = new_view(self.key, self.what)
        return view

    def cell(self, what=0):
        """This thread's own cell for the object."""
        if self._epoch is not journal.epoch:
            self._cells = {}
            self._epoch = journal.epoch
        ident = get_ident()
        try:
            return self._cells[ident]
        except KeyError:
            cell = self._cells[ident] = Cell(self.key, what or self.what)
            return cell
