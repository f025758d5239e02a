"""multiprocessing/sharedctypes.py: Value, Array, and Structures in them (CPython 3.8 to 3.15)."""

import os
import sys

from .. import journal, records
from ..cells import Tap
from ..journal import RECURSION_ERROR_LIFTS_LIMIT, count_fault, is_from_program, now, without_probe_frames
from ..layout import (
    MASK_WORD,
    NUMBER_WORD,
    OVERWRITTEN_WORD,
    SINCE_WORD,
    SITE_WORD,
    VALUE_LOCKED,
    VALUE_READS,
    VALUE_WRITES,
    CellKind,
    Kind,
)
from ..sites import here, made_here, tapped
from ..traceless import traceless
from ..weave import Weave
from ..write_versions import GRAIN, LACKS_SHIFT, VERSION_MASK, versions_of
from .synchronize import has_our_methods, held_locks

WEAVES = {
    "_new_value": Weave(calls={"rebuild_ctype(type_, wrapper, None)": "tap.made({})"}),
    "make_property": Weave(calls={"{}": "tap.namespace()"}),
    "SynchronizedBase.__init__": Weave(after="tap.synchronized(self)"),
    "SynchronizedBase.get_obj": Weave(before="tap.raw_object_used(self)"),
    "SynchronizedArray.__getitem__": Weave(inside="tap.reads(self, i)"),
    "SynchronizedArray.__setitem__": Weave(inside="tap.writes(self, i)"),
    "SynchronizedArray.__getslice__": Weave(inside="tap.reads(self, None)"),
    "SynchronizedArray.__setslice__": Weave(inside="tap.writes(self, None)"),
}


def _getters(template):
    """The source of a property that counts its reads and writes, on the lines of the standard one."""
    head, read, write = template.split("    self.acquire()\n")
    return (
        head
        + _ACQUIRE % (VALUE_READS, VALUE_READS)
        + read.replace("self.release()", "(release or self.release)()")
        + _ACQUIRE % (VALUE_WRITES, VALUE_WRITES)
        + write.replace("self.release()", "(release or self.release)()")
    )


_ACQUIRE = "    release = _begin(self, %d); release or (self.acquire(), _acquired(self, %d))\n"

CONSTANTS = {"make_property": {"template": _getters}}


_module = None


def loaded(module):
    global _module
    _module = module
    module.SynchronizedBase._rockproc = None


class Value(Tap):
    """reads, writes, takes: what the words of its shared cell count; to read a word back takes much longer.

    own, own_release: the methods of the wrapper for which `raw` and `raw_release` can stand, as long as it has them.
    bare: whether it was recorded that the program reads and writes past the wrapper.
    versions, version_at: the words of `write_versions` and the place of the Value's; None for what has none.
    compare: what an access has to do with them; None for what has none.
    seen: the word as it was read, until a write; negative for none. item: of an Array, the item whose word that is, and
    of a Structure the place of the field's word.
    fields: of a Structure, the places of the words of its fields, by the names of the functions that access them.
    lock: the tap of its lock; None for one that has none. overwrites: how many records of overwrites it has left.
    place: the arena, and the first and the last byte there. items: of an Array, how many; stride: words of each.
    """

    __slots__ = (
        "bare",
        "compare",
        "fields",
        "item",
        "items",
        "lock",
        "overwrites",
        "own",
        "own_release",
        "place",
        "reads",
        "seen",
        "stride",
        "takes",
        "version_at",
        "versions",
        "writes",
    )

    def forget(self):
        super().forget()
        self.reads = self.writes = self.takes = 0
        self.versions = self.compare = None
        self.seen = -1
        self.overwrites = 0

    def renew(self):
        view = super().renew()
        if self.place is not None:
            arena, start, stop = self.place
            self.versions = versions_of(arena, start, stop - start)
            self.version_at = start // GRAIN
            if self.versions is not None:
                self.compare = _compare_versions if self.fields is None else _compare_field
        return view


def namespace():
    """Return the namespace in which the source of a property is executed."""
    return {"_begin": begin, "_acquired": acquired}


_OPERATIONS = {VALUE_READS: Kind.READ, VALUE_WRITES: Kind.WRITE}


@traceless
def begin(wrapper, word, release=None):
    """Counts a read or a write, by its word, and takes the lock when it is free: then returns how to release it.

    Such a lock is held for the one access that was counted, and its own tap need not know.
    """
    # Up to CPython 3.9 a signal is not handled before the first instruction only if that begins the `try` block, whose
    # length must fit into one byte for that: see tests/probe/test_try_blocks.py.
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
            _record_operation(tap, view, _OPERATIONS[word], number)
        if release is not None and tap.compare is not None:
            tap.compare(tap, tap.version_at, word == VALUE_WRITES)
    except BaseException as error:
        if RECURSION_ERROR_LIFTS_LIMIT if error.__class__ is RecursionError else is_from_program():
            if release is not None:
                release()
            trace, error, kind = without_probe_frames(error)
            (trace, error, kind)
            raise
    return release


@traceless
def acquired(wrapper, word):
    """Compares versions, of a wrapper whose lock was not free at once and is held now."""
    try:
        tap = wrapper._rockproc
        if tap is not None and tap.compare is not None:
            tap.compare(tap, tap.version_at, word == VALUE_WRITES, tap.lock)
    except BaseException as error:
        # Who gets an exception from acquiring does not release.
        if RECURSION_ERROR_LIFTS_LIMIT if error.__class__ is RecursionError else is_from_program():
            wrapper.release()
            trace, error, kind = without_probe_frames(error)
            (trace, error, kind)
            raise


def _compare_versions(tap, place, writes, just_acquired=None):
    """Remembers the version that is read, or finds out whether what is overwritten was read. The lock is held.

    taken: the tap of the Value's lock if it has counted that the access itself has acquired the lock.
    """
    version = tap.versions[place]
    if not writes:
        tap.seen = version
        return
    if tap.seen >= 0:
        if tap.seen != version:
            version = _overwrite(tap, tap.view, version, just_acquired)
        tap.seen = -1
    tap.versions[place] = version + 1


def _compare_item(tap, item, writes):
    """Do the same as `_compare_versions` for one item of an Array, if it is the item that was read last."""
    if item.__class__ is slice:
        _compare_slice(tap, item, writes)
        return
    if item.__class__ is not int or not -tap.items <= item < tap.items:
        tap.seen = -1
        return
    item %= tap.items
    if writes and item != tap.item:
        tap.seen = -1
    tap.item = item
    _compare_versions(tap, tap.version_at + item * tap.stride, writes, tap.lock)


def _compare_slice(tap, part, writes):
    """Do the same for a slice of an Array: it counts as overwritten if its first item does."""
    kinds = part.start.__class__, part.stop.__class__, part.step.__class__
    places = range(*part.indices(tap.items)) if _BOUNDS.issuperset(kinds) else range(0)
    if not 0 < len(places) <= _MAX_SLICE_ITEMS:
        tap.seen = -1
        return
    if writes and places != tap.item:
        tap.seen = -1
    tap.item = places
    _compare_versions(tap, tap.version_at + places[0] * tap.stride, writes, tap.lock)
    if writes:
        for place in places[1:]:
            tap.versions[tap.version_at + place * tap.stride] += 1


_BOUNDS = frozenset([int, type(None)])
"""Types of the bounds of a slice, which run no code of the program when they are computed with."""
_MAX_SLICE_ITEMS = 64
"""Items of a slice whose versions are kept: longer ones take too long."""


def _compare_field(tap, start, writes, just_acquired=None):
    """Do the same as `_compare_versions` for one field of a Structure, if it is the field that was read last.

    start: the place of the Structure's first version. The field is known by the function that the tap was called from.
    """
    place = tap.fields.get(sys._getframe(2).f_code.co_name)
    if place is None or (writes and place != tap.item):
        tap.seen = -1
    if place is not None:
        tap.item = place
        _compare_versions(tap, start + place, writes, just_acquired)


def _overwrite(tap, view, word, just_acquired):
    """Note that a thread overwrites what others have written since it has read. Returns the word that is then right.

    What is lost in all may become less: who writes after it has read the better content overwrites a worse one.
    """
    unread = (word & VERSION_MASK) - (tap.seen & VERSION_MASK)
    lacks = unread + (tap.seen >> LACKS_SHIFT)
    view[OVERWRITTEN_WORD] = view[OVERWRITTEN_WORD] + lacks - (word >> LACKS_SHIFT) & _WORD_MASK
    moment = now()
    if tap.overwrites < _ALWAYS_RECORDED_OVERWRITES or journal.affordable(view, moment):
        tap.overwrites += 1
        locks = held_locks(just_acquired)
        known, unread, payload = records.Overwrite(locks is not None, unread, locks or ()).pack()
        journal.operation(moment, Kind.OVERWRITE, tap.key, known, unread, here(), payload)
    return lacks << LACKS_SHIFT | word & VERSION_MASK


_WORD_MASK = (1 << 64) - 1
_ALWAYS_RECORDED_OVERWRITES = 20
"""The number of overwrites of one Value that are recorded whatever the budget is."""


def key(value):
    """Return the key of a value: its file and its offset there; 0 for one outside the arenas."""
    wrapper = getattr(value, "_wrapper", None)
    if wrapper is None:
        return 0
    arena, start, _ = wrapper._state[0]
    return (os.fstat(arena.fd).st_ino & 0xFFFFFFFF) << 32 | start & 0xFFFFFFFF


_KINDS = ("Value", "Array", "RawValue", "RawArray", "copy")


def made(value):
    try:
        frame, kind = tapped(), "RawValue"
        while frame is not None and frame.f_globals.get("__name__") == _module.__name__:  # pyright: ignore[reportOptionalMemberAccess]
            if frame.f_code.co_name in _KINDS:
                kind = frame.f_code.co_name
            frame = frame.f_back
        _, start, _ = value._wrapper._state[0]
        kind = "RawValue" if kind == "copy" else kind
        size = value._wrapper._state[1]
        made = records.Value(start, size, kind, _type_name(type(value)), _layout(type(value)))
        number = key(value)
        journal.record(made, number, made_here(number))
    except Exception:
        count_fault()
    return value


def _type_name(kind):
    lengths = ""
    while getattr(kind, "_length_", None) is not None:
        lengths += "[%d]" % kind._length_
        kind = kind._type_
    name = kind.__name__
    return (name[2:] if name.startswith("c_") else name) + lengths


def _layout(kind, depth=0):
    """Describe a ctypes type: a struct code, `item*length/stride`, `{name@offset:layout,…}`, or `!` for others."""
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
        tap = wrapper._rockproc = Value(number, CellKind.VALUE)
        tap.bare = False
        _locate(tap, wrapper)
        lock = tap.lock = getattr(wrapper._lock, "_rockproc", None)
        if lock is not None:
            # The program may have put methods of its own there.
            if has_our_methods(wrapper._lock):
                tap.raw, tap.raw_release = lock.raw, lock.raw_release
                tap.own, tap.own_release = wrapper.acquire, wrapper.release
            journal.record(records.LockedBy(lock.key), number)


keeps_versions = True
"""False in a program into which the probe was loaded: a process without it may change a Value and no version."""
_MAX_VERSIONED_BYTES = 1 << 20
"""Bytes of an Array or Structure whose items or fields have versions."""


def _locate(tap, wrapper):
    """Finds where a Value with versions lies: a number, or an Array or Structure with numbers of 4 or 8 bytes."""
    tap.place = tap.item = tap.fields = None
    if not keeps_versions:
        return
    kind, value = wrapper.__class__, wrapper._obj
    (arena, start, _), size = value._wrapper._state
    if kind is _module.Synchronized:  # pyright: ignore[reportOptionalMemberAccess]
        tap.place = arena, start, start + 4
    elif kind is _module.SynchronizedArray and 0 < size <= _MAX_VERSIONED_BYTES:  # pyright: ignore[reportOptionalMemberAccess]
        length = value._length_
        if length and size // length in (4, 8) and isinstance(getattr(value._type_, "_type_", None), str):
            tap.items, tap.stride = length, size // length // GRAIN
            tap.place = arena, start, start + size
    elif 0 < size <= _MAX_VERSIONED_BYTES and getattr(value, "_fields_", None):
        tap.fields = _fields(type(value))
        if tap.fields:
            tap.place = arena, start, start + size


def _fields(kind):
    """Return `Value.fields` of a Structure; empty for a Union, whose fields lie over each other."""
    import ctypes

    places, end = {}, 0
    for base in reversed(kind.__mro__):
        for field in base.__dict__.get("_fields_", ()):
            at = getattr(kind, field[0])
            if at.offset < end or len(field) > 2:
                return {}  # a Union, or a field of some bits
            end = at.offset + ctypes.sizeof(field[1])
            single = isinstance(getattr(field[1], "_type_", None), str)
            if single and at.offset % GRAIN == 0 and end - at.offset in (4, 8):
                places["get" + field[0]] = places["set" + field[0]] = at.offset // GRAIN
    return places


def raw_object_used(wrapper):
    tap = wrapper._rockproc
    if tap is not None and not tap.bare:
        tap.bare = True
        journal.record(records.Unwrapped(), tap.key, here())


def reads(wrapper, item):
    tap = wrapper._rockproc
    if tap is not None:
        view = tap.view
        if view is None:
            view = tap.renew()
        tap.takes = view[VALUE_LOCKED] = tap.takes + 1
        tap.reads = view[VALUE_READS] = number = tap.reads + 1
        if not number & view[MASK_WORD]:
            _record_operation(tap, view, Kind.READ, number)
        if tap.versions is not None:
            _compare_item(tap, item, False)


def writes(wrapper, item):
    tap = wrapper._rockproc
    if tap is not None:
        view = tap.view
        if view is None:
            view = tap.renew()
        tap.takes = view[VALUE_LOCKED] = tap.takes + 1
        tap.writes = view[VALUE_WRITES] = number = tap.writes + 1
        if not number & view[MASK_WORD]:
            _record_operation(tap, view, Kind.WRITE, number, tap.lock)
        if tap.versions is not None:
            _compare_item(tap, item, True)


def _record_operation(tap, view, kind, number, just_acquired=None):
    moment = now()
    if journal.affordable(view, moment):
        site = here()
        if kind == Kind.WRITE:
            view[SINCE_WORD] = moment
            view[SITE_WORD] = site
            view[NUMBER_WORD] = number
        # Of a Structure, each process may update a field of its own.
        updates = kind == Kind.WRITE and tap.versions is not None and tap.seen >= 0 and tap.fields is None
        locks = held_locks(just_acquired) if updates else None
        if locks is None:
            journal.operation(moment, kind, tap.key, 0, 0, site)
        else:
            updates, unused, payload = records.Write(True, locks).pack()
            journal.operation(moment, kind, tap.key, updates, unused, site, payload)
