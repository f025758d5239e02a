"""multiprocessing/sharedctypes.py: Value, Array, and Structures in them (CPython 3.8 to 3.15)."""

import os
import sys

from .. import journal, records
from ..cells import Tap
from ..journal import STICKY, fault, now, theirs, without_us
from ..layout import MASK_WORD, NUMBER_WORD, SINCE_WORD, SITE_WORD, VALUE_LOCKED, VALUE_READS, VALUE_WRITES, Kind, What
from ..sites import here
from ..traceless import traceless
from ..weave import Weave
from .synchronize import has_our_methods

WEAVES = {
    "_new_value": Weave(calls={"rebuild_ctype(type_, wrapper, None)": "tap.made({})"}),
    "make_property": Weave(calls={"{}": "tap.namespace()"}),
    "SynchronizedBase.__init__": Weave(after="tap.synchronized(self)"),
    "SynchronizedBase.get_obj": Weave(before="tap.bared(self)"),
    "SynchronizedArray.__getitem__": Weave(inside="tap.reads(self)"),
    "SynchronizedArray.__setitem__": Weave(inside="tap.writes(self)"),
    "SynchronizedArray.__getslice__": Weave(inside="tap.reads(self)"),
    "SynchronizedArray.__setslice__": Weave(inside="tap.writes(self)"),
}


def _getters(template):
    """The source of a property that counts its reads and writes, on the lines of the standard one."""
    head, read, write = template.split("    self.acquire()\n")
    return (
        head
        + "    release = _begin(self, %d); release or self.acquire()\n" % VALUE_READS
        + read.replace("self.release()", "(release or self.release)()")
        + "    release = _begin(self, %d); release or self.acquire()\n" % VALUE_WRITES
        + write.replace("self.release()", "(release or self.release)()")
    )


CONSTANTS = {"make_property": {"template": _getters}}


def loaded(module):
    module.SynchronizedBase._rockproc = None


class Value(Tap):
    """reads, writes, takes: what the words of its shared cell count; to read a word back takes much longer.

    own, own_release: the methods of the wrapper for which `raw` and `raw_release` can stand, as long as it has them.
    bare: whether it has been told that somebody reads and writes past the wrapper.
    """

    __slots__ = ("bare", "own", "own_release", "reads", "takes", "writes")

    def forget(self):
        super().forget()
        self.reads = self.writes = self.takes = 0


def namespace():
    """Where the source of a property is executed."""
    return {"_begin": begin}


@traceless
def begin(wrapper, word, release=None):
    """Counts a read or a write, by its word, and takes the lock when it is free: then returns how to release it.

    Such a lock is held for the one access that was counted, and its own tap need not know.
    """
    try:
        tap = wrapper._rockproc
        if tap is None:
            return None
        if tap.raw is not None and wrapper.acquire is tap.own and wrapper.release is tap.own_release and tap.raw(False):
            release = tap.raw_release
        view = tap.view
        if view is None:
            view = tap.renew()
        if word == VALUE_READS:
            tap.reads = view[VALUE_READS] = number = tap.reads + 1
        else:
            tap.writes = view[VALUE_WRITES] = number = tap.writes + 1
        if release is None:
            tap.takes = view[VALUE_LOCKED] = tap.takes + 1
        if not number & view[MASK_WORD]:
            _note(tap, view, Kind.READ if word == VALUE_READS else Kind.WRITE, number)
    except BaseException as error:
        if STICKY if error.__class__ is RecursionError else theirs():
            if release is not None:
                release()
            trace, error, kind = without_us(error)
            (trace, error, kind)
            raise
    return release


def key(value):
    """By the file it lies in and its place there; 0 for one that lies elsewhere."""
    wrapper = getattr(value, "_wrapper", None)
    if wrapper is None:
        return 0
    arena, start, _ = wrapper._state[0]
    return (os.fstat(arena.fd).st_ino & 0xFFFFFFFF) << 32 | start & 0xFFFFFFFF


_KINDS = ("Value", "Array", "RawValue", "RawArray", "copy")


def made(value):
    try:
        frame, kind = sys._getframe(1), "RawValue"
        while frame is not None and frame.f_globals.get("__name__") == "multiprocessing.sharedctypes":
            if frame.f_code.co_name in _KINDS:
                kind = frame.f_code.co_name
            frame = frame.f_back
        _, start, _ = value._wrapper._state[0]
        kind = "RawValue" if kind == "copy" else kind
        size = value._wrapper._state[1]
        made = records.Value(start, size, kind, _type_name(type(value)), _layout(type(value)))
        journal.record(made, key(value), here())
    except Exception:
        fault()
    return value


def _type_name(kind):
    lengths = ""
    while getattr(kind, "_length_", None) is not None:
        lengths += "[%d]" % kind._length_
        kind = kind._type_
    name = kind.__name__
    return (name[2:] if name.startswith("c_") else name) + lengths


def _layout(kind, depth=0):
    """How to decode a ctypes type: a struct code, `item*length/stride`, `{name@offset:layout,…}`, or `!` for others."""
    if depth > 8:
        return "!"
    length = getattr(kind, "_length_", None)
    if length is not None:
        import ctypes

        return "%s*%d/%d" % (_layout(kind._type_, depth + 1), length, ctypes.sizeof(kind._type_))
    fields = getattr(kind, "_fields_", None)
    if fields is not None:
        parts = []
        for base in reversed(kind.__mro__):
            for field in base.__dict__.get("_fields_", ()):
                offset = getattr(kind, field[0]).offset
                inner = "!" if len(field) > 2 else _layout(field[1], depth + 1)
                parts.append("%s@%d:%s" % (field[0], offset, inner))
        return "{%s}" % ",".join(parts)
    code = getattr(kind, "_type_", None)
    native = getattr(kind, "__ctype_le__" if sys.byteorder == "little" else "__ctype_be__", kind)
    if isinstance(code, str) and code in _CODES and native is kind:
        return code
    return "!"


_CODES = frozenset("cubBhHiIlLqQfd?")


def synchronized(wrapper):
    number = key(wrapper._obj)
    if number:
        tap = wrapper._rockproc = Value(number, What.VALUE)
        tap.bare = False
        lock = getattr(wrapper._lock, "_rockproc", None)
        if lock is not None:
            # The program may have put methods of its own there.
            if has_our_methods(wrapper._lock):
                tap.raw, tap.raw_release = lock.raw, lock.raw_release
                tap.own, tap.own_release = wrapper.acquire, wrapper.release
            journal.record(records.LockedBy(lock.key), number)


def bared(wrapper):
    tap = wrapper._rockproc
    if tap is not None and not tap.bare:
        tap.bare = True
        journal.record(records.Bared(), tap.key, here())


def reads(wrapper):
    tap = wrapper._rockproc
    if tap is not None:
        view = tap.view
        if view is None:
            view = tap.renew()
        tap.takes = view[VALUE_LOCKED] = tap.takes + 1
        tap.reads = view[VALUE_READS] = number = tap.reads + 1
        if not number & view[MASK_WORD]:
            _note(tap, view, Kind.READ, number)


def writes(wrapper):
    tap = wrapper._rockproc
    if tap is not None:
        view = tap.view
        if view is None:
            view = tap.renew()
        tap.takes = view[VALUE_LOCKED] = tap.takes + 1
        tap.writes = view[VALUE_WRITES] = number = tap.writes + 1
        if not number & view[MASK_WORD]:
            _note(tap, view, Kind.WRITE, number)


def _note(tap, view, kind, number):
    moment = now()
    if journal.affordable(view, moment):
        site = here()
        if kind == Kind.WRITE:
            view[SINCE_WORD] = moment
            view[SITE_WORD] = site
            view[NUMBER_WORD] = number
        journal.operation(moment, kind, tap.key, 0, 0, site)
