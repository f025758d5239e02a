"""multiprocessing/sharedctypes.py: Value, Array, and Structures in them (CPython 3.8 to 3.13)."""

import os
import sys

from .. import journal
from ..journal import Tap, fault, now
from ..layout import Kind, Op, What
from ..sites import here
from ..weave import Weave

WEAVES = {
    "_new_value": Weave(calls={"rebuild_ctype(type_, wrapper, None)": "tap.made({})"}),
    "make_property": Weave(calls={"{}": "tap.namespace()"}),
    "SynchronizedBase.__init__": Weave(after="tap.synchronized(self)"),
    "SynchronizedArray.__getitem__": Weave(inside="tap.reads(self)"),
    "SynchronizedArray.__setitem__": Weave(inside="tap.writes(self)"),
    "SynchronizedArray.__getslice__": Weave(inside="tap.reads(self)"),
    "SynchronizedArray.__setslice__": Weave(inside="tap.writes(self)"),
}


def _getters(template):
    """The source of a property that counts its reads and writes, on the lines of the standard one."""
    head, read, write = template.split("    self.acquire()\n")
    return head + "    self.acquire();_read(self)\n" + read + "    self.acquire();_wrote(self)\n" + write


CONSTANTS = {"template": _getters}


def loaded(module):
    module.SynchronizedBase._rockproc = None


def namespace():
    """Where the source of a property is executed."""
    return {"_read": _safely(reads), "_wrote": _safely(writes)}


def _safely(function):
    def call(wrapper):
        try:
            function(wrapper)
        except Exception:
            fault()

    return call


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
        arena, start, _ = value._wrapper._state[0]
        kind = "RawValue" if kind == "copy" else kind
        payload = "\0".join([kind, _type_name(type(value)), _layout(type(value))])
        journal.write(Kind.VALUE, key(value), start, value._wrapper._state[1], here(2), payload.encode())
    except Exception:
        fault()
    return value


def _type_name(kind):
    length = getattr(kind, "_length_", None)
    if length is not None:
        return "%s[%d]" % (_type_name(kind._type_), length)
    name = kind.__name__
    return name[2:] if name.startswith("c_") else name


def _layout(kind, depth=0):
    """How to decode a ctypes type: a struct code, `layout*length`, or `{name@offset:layout,…}`; `?` for what is neither."""
    if depth > 8:
        return "?"
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
                inner = "?" if len(field) > 2 else _layout(field[1], depth + 1)
                parts.append("%s@%d:%s" % (field[0], offset, inner))
        return "{%s}" % ",".join(parts)
    code = getattr(kind, "_type_", None)
    if isinstance(code, str) and len(code) == 1 and kind.__name__.startswith("c_"):
        return code
    return "?"


def synchronized(wrapper):
    number = key(wrapper._obj)
    if number:
        wrapper._rockproc = Tap(number, What.VALUE)
        lock = getattr(wrapper._lock, "_rockproc", None)
        if lock is not None:
            journal.write(Kind.LOCKED_BY, number, lock.key)


def reads(wrapper):
    tap = wrapper._rockproc
    if tap is not None:
        cell = tap.cell()
        cell.a += 1
        _publish(tap, cell, Kind.READ)


def writes(wrapper):
    tap = wrapper._rockproc
    if tap is not None:
        cell = tap.cell()
        cell.b += 1
        cell.moment = now()
        cell.site = here(3)
        _publish(tap, cell, Kind.WRITE)


def _publish(tap, cell, kind):
    cell.leave(Op.WRITE if cell.b else Op.NONE, cell.moment, cell.site)
    moment = cell.moment if kind == Kind.WRITE else now()
    if journal.affordable(moment):
        journal.operation(moment, kind, tap.key, 0, 0, here(4))
