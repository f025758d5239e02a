"""Gives the locks and Values of a running program their taps, and takes them away again; see `attaching`.

The lock of a Queue, and the semaphores that an Event, a Condition or a Barrier is made of, are parts of these objects
and get no tap of their own, as in a program that was started under the probe.
"""

import sys

from . import importing, journal, records, taps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

_BUILTIN = type(len)
_FUNCTION = type(lambda: None)
_PARTS_OF_QUEUES = ("_rlock", "_wlock", "_sem", "_unfinished_tasks")
_PARTS_OF_CONDITIONS = ("_sleeping_count", "_woken_count", "_wait_semaphore")


def _tap_module(name):
    return importing.without_lazy_imports(__import__, "%s.%s" % (taps.__name__, name), None, None, ["WEAVES"])


def attributes(thing):
    """Return the `__dict__` of an object, without calling code of its class."""
    return object.__getattribute__(thing, "__dict__")


def classes():
    """Return the classes whose objects can have a tap of this kind: of locks, Conditions and Values."""
    synchronize, sharedctypes = (sys.modules.get("multiprocessing." + name) for name in ("synchronize", "sharedctypes"))
    found = [synchronize.SemLock, synchronize.Condition] if synchronize is not None else []  # pyright: ignore[reportAttributeAccessIssue]
    return (*found, sharedctypes.SynchronizedBase) if sharedctypes is not None else tuple(found)  # pyright: ignore[reportAttributeAccessIssue]


def tap_existing(things, queues):
    """Give locks, Conditions, Events and Values their taps. things: all objects; queues: those among them."""
    module = sys.modules.get("multiprocessing.synchronize")  # type: Any
    if module is None:
        return
    tap = _tap_module("synchronize")
    found = _by_class(things, (module.SemLock, module.Condition, module.Event, module.Barrier))
    locks, conditions, events, barriers = found
    parts = set()
    for queue in queues:
        parts |= _parts(queue, _PARTS_OF_QUEUES)
        parts |= _parts(attributes(queue).get("_cond"), ("_lock", *_PARTS_OF_CONDITIONS))
    inner = {id(attributes(queue).get("_cond")) for queue in queues}
    for thing in (*events, *barriers):
        condition = attributes(thing).get("_cond")
        inner.add(id(condition))
        parts |= _parts(thing, ("_flag",)) | _parts(condition, ("_lock", *_PARTS_OF_CONDITIONS))
    for condition in conditions:
        parts |= _parts(condition, _PARTS_OF_CONDITIONS)
    for lock in locks:
        if id(lock) not in parts:
            _try(_tap_lock, tap, lock)
    for condition in conditions:
        if id(condition) not in inner:
            _try(_tap_condition, tap, condition)
    for event in events:
        _try(_tap_event, tap, event)
    for barrier in barriers:
        _try(_tap_barrier, tap, barrier)
    sharedctypes = sys.modules.get("multiprocessing.sharedctypes")  # type: Any
    if sharedctypes is not None:
        tap = _tap_module("sharedctypes")
        for wrapper in _by_class(things, (sharedctypes.SynchronizedBase,))[0]:
            _try(_tap_value, tap, wrapper)


def _by_class(things, kinds):
    found = [[] for _ in kinds]
    for thing in things:
        kind = type(thing)
        for place, cls in enumerate(kinds):
            if issubclass(kind, cls):
                found[place].append(thing)
                break
    return found


def _parts(thing, names):
    """Return the ids of attributes of an object."""
    return {id(attributes(thing).get(name)) for name in names} if thing is not None else set()


def _try(function, tap, thing):
    """Tap an object, unless it is not complete: then it gets no tap."""
    try:
        function(tap, thing)
    except Exception:
        journal.count_fault()


def _tap_lock(tap, lock):
    own = attributes(lock)
    if own.get("_rockproc") is not None or not _is_standard(own, own["_semlock"]):
        return
    tap.add_tap(lock)
    record = records.Lock(tap.initial_value(own["_semlock"]), 0, own["_rockproc"].kind, "")
    journal.record(record, own["_rockproc"].key)
    tap.record_semaphores(own["_rockproc"].key, (lock,))


def _is_standard(own, semlock):
    """Return whether an object has the methods of a semaphore, which the program may have replaced."""
    return all(
        type(own.get(name)) is _BUILTIN and own[name].__self__ is semlock and own[name].__name__ == name
        for name in ("acquire", "release")
    )


def _share_methods(own):
    """Give an object that uses the methods of its lock the tapped ones; return False if it has methods of its own."""
    lock = attributes(own["_lock"])
    if not _is_standard(own, lock.get("_semlock")):
        return False
    own["acquire"], own["release"] = lock["acquire"], lock["release"]
    return True


def _tap_condition(tap, condition):
    own = attributes(condition)
    if own.get("_rockproc") is not None:
        return
    tap.add_condition_tap(condition)
    journal.record(records.Lock(0, 0, "Condition", ""), own["_rockproc"].key)
    tap.record_semaphores(own["_rockproc"].key, (own["_wait_semaphore"],))
    _share_methods(own)


def _tap_event(tap, event):
    flag = attributes(event)["_flag"]
    if attributes(flag).get("_rockproc") is None:
        found = tap.event_tap(event)
        journal.record(records.Lock(0, 0, "Event", ""), found.key)
        tap.record_semaphores(found.key, (flag,))


def _tap_barrier(tap, barrier):
    condition = attributes(barrier)["_cond"]
    if attributes(condition).get("_rockproc") is None:
        tap.add_condition_tap(condition)
        tap.barrier_unpickled(barrier)
        found = condition._rockproc
        journal.record(records.Lock(barrier._parties, 0, "Barrier", ""), found.key)
        tap.record_semaphores(found.key, (condition._wait_semaphore,))


def _tap_value(tap, wrapper):
    own = attributes(wrapper)
    if own.get("_rockproc") is None and "_lock" in own:
        shared = _share_methods(own)
        tap.synchronized(wrapper)
        if not shared and own.get("_rockproc") is not None:
            own["_rockproc"].raw = own["_rockproc"].raw_release = None


def remove_taps(things):
    """Remove the taps of locks, Conditions and Values, and give them their own methods back."""
    module = sys.modules.get("multiprocessing.synchronize")  # type: Any
    if module is None:
        return
    tap = _tap_module("synchronize")
    sharing, others = [], classes()
    for thing in things:
        kind = type(thing)
        if issubclass(kind, module.SemLock):
            own = attributes(thing)
            own.pop("_rockproc", None)
            for name in ("acquire", "release"):
                if tap.is_woven(own.get(name)):
                    own[name] = getattr(own["_semlock"], name)
        elif issubclass(kind, others):
            sharing.append(attributes(thing))
    for own in sharing:
        own.pop("_rockproc", None)
        for name in ("acquire", "release"):
            if tap.is_woven(own.get(name)):
                own[name] = attributes(own["_lock"])[name]


# Accessors of Values: the properties that read and set a field.


def weave_properties(module):
    """Return the accessors of Values with their new code, and use this code for later accessors as well."""
    tap = _tap_module("sharedctypes")
    standard = module.template
    woven = tap.CONSTANTS["make_property"]["template"](standard)
    replacements = []
    for name, accessor, code in _accessors(module, standard):
        if accessor.__code__ == code:
            accessor.__globals__.update(tap.namespace())
            replacements.append((accessor, _code(woven, name)[accessor.__name__]))
    module.template = woven
    _standard_templates[:] = [standard]
    return replacements


_standard_templates = []
"""The original template of the accessors, while the module uses ours; otherwise empty."""


def restore_properties(module):
    """Restore the original code of all accessors of Values, later ones included, and return the code they had."""
    if module is None or not _standard_templates:
        return []
    module.template = _standard_templates.pop()
    had = []
    for _, accessor, code in _accessors(module, module.template):
        had.append(accessor.__code__)
        accessor.__code__ = code
    return had


def forget_namespace(module):
    """Remove the names that woven accessors need, once none of them is in progress any more."""
    if module is None:
        return
    names = _tap_module("sharedctypes").namespace()
    for accessors in list(module.prop_cache.values()):
        for function in (accessors.fget, accessors.fset):
            if type(function) is _FUNCTION:
                for name in names:
                    function.__globals__.pop(name, None)


def _accessors(module, template):
    """Yield each function that reads or sets a field: the field, the function, and the code that the template gives."""
    for name, accessors in list(module.prop_cache.items()):
        code = _code(template, name)
        for function in (accessors.fget, accessors.fset):
            if type(function) is _FUNCTION and function.__name__ in code:
                yield name, function, code[function.__name__]


def _code(template, name):
    """Return the code of the functions of a property, by their names."""
    constants = compile(template % ((name,) * 7), "<string>", "exec", dont_inherit=True).co_consts
    return {constant.co_name: constant for constant in constants if hasattr(constant, "co_name")}
