"""Describes the content of a manager's objects as a text of bounded length, for exactly the types they usually have.

No code of the program is called for it. Objects of other types are described by their attributes.
"""

import itertools
import sys
import types

from .taps.process import argument

_MAX_ITEMS = 12
_MAX_CHARACTERS = 200
_MAX_DEPTH = 3
_modules = []
"""The modules of managers whose objects cannot be described yet: that of the standard library, and copies of it."""
_kinds = {}
"""The functions that describe objects, by the id of the type, since a type may have a hash of its own."""


def add_types_of(managers):
    """Describe also the objects of this module of managers. Its types are looked up when they are first needed."""
    _modules.append(managers)


def state(thing, holder):
    """Return the content of an object as text. holder: the client that holds it, if it is a lock."""
    if _modules:
        _learn()
    show = _kinds.get(id(type(thing)))
    return show(thing, holder)[:_MAX_CHARACTERS] if show is not None else _attributes(thing)[:_MAX_CHARACTERS]


def is_short(thing):
    """Return whether threads wait for objects of this type: their state is short, and their holder must be known."""
    if _modules:
        _learn()
    return id(type(thing)) in _short


def is_let_go(lock):
    """Return whether this thread's `release` has freed the lock; for an RLock only the last of several does."""
    if type(lock) is sys.modules["threading"].Condition:
        lock = lock._lock
    kind = type(lock)
    return kind is _locks[0] or (kind is _locks[1] and not lock._is_owned())


def is_held(thing):
    """Return whether a lock, or the lock of a Condition, is held."""
    if _modules:
        _learn()
    lock = thing._lock if type(thing) is sys.modules["threading"].Condition else thing
    return type(lock) in _locks and _kinds[id(type(lock))](lock, "") != "free"


def _brief(thing, depth=0):
    kind = type(thing)
    brackets = _BRACKETS.get(id(kind))
    if brackets is None or depth == _MAX_DEPTH:
        return argument(thing)
    if kind is dict:
        pairs = itertools.islice(thing.items(), _MAX_ITEMS)
        shown = ["%s: %s" % (_brief(key, depth + 1), _brief(value, depth + 1)) for key, value in pairs]
    else:
        shown = [_brief(item, depth + 1) for item in itertools.islice(thing, _MAX_ITEMS)]
    if len(thing) > _MAX_ITEMS:
        shown.append("… %d in all" % len(thing))
    return ", ".join(shown).join(brackets)


_BRACKETS = {id(dict): "{}", id(list): "[]", id(tuple): "()", id(set): "{}", id(frozenset): "{}"}


def _attributes(thing):
    found = [vars(base)["__dict__"] for base in type(thing).__mro__ if "__dict__" in vars(base)]
    if not found or not all(type(descriptor) is types.GetSetDescriptorType for descriptor in found):
        return ""
    attributes = object.__getattribute__(thing, "__dict__")
    pairs = itertools.islice(attributes.items(), _MAX_ITEMS) if type(attributes) is dict else ()
    return ", ".join("%s=%s" % (name, _brief(value)) for name, value in pairs if type(name) is str and name[:1] != "_")


def _lock(lock, holder):
    return _held(holder) if lock.locked() else "free"


def _rlock(lock, holder):
    # The words of its own type: others have no way to ask.
    return "free" if type(lock).__repr__(lock).startswith("<unlocked") else _held(holder)  # pyright: ignore[reportCallIssue]


def _held(holder):
    return "held by %s" % holder if holder else "held"


def _condition(condition, holder):
    kind = type(condition._lock)
    held = _kinds[id(kind)](condition._lock, holder) if kind in _locks else ""
    return "%s, %d wait" % (held, len(condition._waiters))


def _queue(queue, _holder):
    items = queue.queue
    shown = ", ".join([_brief(item) for item in itertools.islice(items, _MAX_ITEMS)])
    return "%d in it%s" % (len(items), ": " + shown if shown else "")


_locks = []
_short = set()
"""The ids of the types that threads wait for; see `is_short`."""


def _learn():
    for container in (dict, list, tuple, set, frozenset):
        _kinds[id(container)] = lambda thing, _: _brief(thing)
    threading, queue, array = sys.modules["threading"], sys.modules["queue"], sys.modules["array"]
    _locks[:] = type(threading.Lock()), type(threading.RLock())
    for kind, show in (
        (array.array, lambda thing, _: _brief(thing[:_MAX_ITEMS].tolist())),
        (queue.Queue, _queue),
        (threading.Event, lambda thing, _: "set" if thing._flag else "not set"),
        (_locks[0], _lock),
        (_locks[1], _rlock),
        (threading.Semaphore, lambda thing, _: "%d free" % thing._value),
        (threading.BoundedSemaphore, lambda thing, _: "%d free" % thing._value),
        (threading.Condition, _condition),
        (threading.Barrier, lambda thing, _: "%d of %d there" % (max(thing._count, 0), thing._parties)),
    ):
        _kinds[id(kind)] = show
    for kind in (*_locks, threading.Semaphore, threading.BoundedSemaphore, threading.Condition, threading.Event):
        _short.add(id(kind))
    for managers in _modules[:]:
        _kinds[id(managers.Namespace)] = lambda thing, _: _attributes(thing)
        _kinds[id(managers.Value)] = lambda thing, _: _brief(thing._value)
        _modules.remove(managers)
