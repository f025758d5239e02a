"""Loads the probe into a running program (CPython 3.14 and later), and removes it again.

Functions of modules that are imported get the code that `compiling` weaves, and later get their own code back: classes
and functions stay the same objects. A call that is in progress ends with the code with which it began. Only what is
sound without the history of an object is observed: the messages of Queues and Pipes, how often locks and Values are
used, the tasks of pools, and the calls of proxies. What else the observer knows of such a program, such as the holders
of locks, it reads from outside.
"""

import _thread
import copyreg
import gc
import os
import sys

from . import boot, cells, children, existing_locks, existing_uses, importing, journal, taps, woven_code
from .cells import Cell, Tap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

_TAPS = {
    "concurrent.futures.process": "running_executor",
    "multiprocessing.connection": "connection",
    "multiprocessing.managers": "running_managers",
    "multiprocessing.pool": "running_pool",
    "multiprocessing.queues": "running_queues",
    "multiprocessing.sharedctypes": "sharedctypes",
    "multiprocessing.synchronize": "synchronize",
    "multiprocessing.util": "util",
}
_LOCKS, _VALUES = "multiprocessing.synchronize", "multiprocessing.sharedctypes"
_FUNCTION = type(lambda: None)
_CODE = type((lambda: None).__code__)
_OUR_FILES = "<frozen %s" % __name__.partition(".")[0]
_NO_SWITCH_SECONDS = 3600.0
"""A switch interval that lets no other thread run while several functions change."""

_originals = {}
"""The code that each function has had before."""
_woven = set()
"""Woven code that no function has any more."""
_reducer = []
"""The reducer that Connection had before; empty if it had no reducer."""
_hooks = []
"""The function to call in a forked child; empty after `detach`, since Python cannot unregister an at-fork function."""


class _Finder:
    """Stands first on `sys.meta_path`: modules that are imported later are woven, too."""

    def __init__(self):
        self.loader = sys.modules[__name__.partition(".")[0]].__spec__.loader  # pyright: ignore[reportOptionalMemberAccess]

    def find_spec(self, name, path=None, target=None):
        if name not in _TAPS:
            return self.loader.find_spec(name)  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None) if finder is not self else None
            spec = find_spec(name, path, target) if find_spec else None
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader:
    """Executes a module as its standard loader does, and weaves it afterwards."""

    def __init__(self, standard):
        self.standard = standard

    def create_module(self, spec):
        return self.standard.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.standard
        self.standard.exec_module(module)
        try:
            _weave([module.__name__])
        except Exception as error:
            importing.failed(module.__name__, error)


def attach(session, entry):
    """Begin to observe this process. session, entry: see `boot.begin`."""
    boot.configure(session, entry)
    boot.start("attach")
    namespace = {"hooks": _hooks}
    exec("def after_fork():\n    for hook in hooks:\n        hook()", namespace)
    _hooks.append(boot.forked)
    os.register_at_fork(after_in_child=namespace["after_fork"])  # pyright: ignore[reportArgumentType]
    sys.meta_path.insert(0, _Finder())
    _weave([name for name in _TAPS if name in sys.modules])
    _tap_existing()
    _note_task()
    importing.protect_modules()


def prepare(session):
    """Fill the cache of woven code, in a separate process, so that the program need not wait for the weaving."""
    journal.cache = session.split("\n")[1]
    for name, tap in _TAPS.items():
        spec = __import__(name, fromlist=["__spec__"]).__spec__  # type: Any
        tap = __import__("%s.%s" % (taps.__name__, tap), fromlist=["WEAVES"])
        woven_code.woven_code(name, spec.loader, spec.origin, tap)


def _weave(names):
    """Give the functions of imported modules their woven code, all at the same moment."""
    replacements = []
    loaded = []
    for name in names:
        module = sys.modules[name]
        try:
            tap = importing.without_lazy_imports(
                __import__, "%s.%s" % (taps.__name__, _TAPS[name]), None, None, ["WEAVES"]
            )
            spec = module.__spec__  # type: Any
            code, failures = importing.without_lazy_imports(woven_code.woven_code, name, spec.loader, spec.origin, tap)
            for function, reason in failures:
                journal.tap_failed("%s.%s" % (name, function), reason)
            importing.provide(tap)
            replacements += _replacements(module, code, spec.loader.get_code(name), tap)
            if name == _LOCKS:
                tap.known_by_semaphores = True
            if name == _VALUES:
                tap.keeps_versions = False
                replacements += existing_locks.weave_properties(module)
            loaded.append((tap, module))
        except Exception as error:
            importing.failed(name, error)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_NO_SWITCH_SECONDS)
    try:
        for tap, module in loaded:
            if module.__name__ == "multiprocessing.connection":
                reducer = copyreg.dispatch_table.get(module.Connection)
                _reducer[:] = [reducer] if reducer is not None else []
            if hasattr(tap, "loaded"):
                tap.loaded(module)
        for function, code in replacements:
            _originals[function] = function.__code__
            function.__code__ = code
    finally:
        sys.setswitchinterval(interval)


def _replacements(module, woven, standard, tap):
    """Return the functions to change, each with its new code.

    A function that has other code than its source says is left alone: the program, or an update of Python since its
    start, has changed one of them.
    """
    new, old = dict(_functions_in(woven)), dict(_functions_in(standard))
    found = []
    for name in tap.WEAVES:
        function = _function(module, name.lstrip("?"))
        if function is None:
            continue
        place = name.lstrip("?"), function.__code__.co_firstlineno
        if place not in new or function.__code__ != old.get(place):
            journal.tap_failed("%s.%s" % (module.__name__, name), "not as in its source file")
        elif new[place] != old[place]:
            found.append((function, new[place]))
    return found


def _functions_in(code):
    """Yield the qualified name and the first line of each function in a module's code, and the function's code."""
    for constant in code.co_consts:
        if type(constant) is _CODE:
            yield (constant.co_qualname, constant.co_firstlineno), constant
            yield from _functions_in(constant)


def _function(module, qualified):
    names = qualified.split(".")
    thing = module.__dict__.get(names[0])  # type: Any
    for name in names[1:]:
        thing = thing.__dict__.get(name) if isinstance(thing, type) else None
    if type(thing) in (staticmethod, classmethod):
        thing = thing.__func__
    return thing if type(thing) is _FUNCTION else None


def _classes():
    """Return the classes whose objects can have a tap."""
    queues, connection = (sys.modules.get("multiprocessing." + name) for name in ("queues", "connection"))
    found = [queues.Queue, queues.SimpleQueue] if queues is not None else []  # pyright: ignore[reportAttributeAccessIssue]
    return tuple(found), (connection._ConnectionBase,) if connection is not None else ()  # pyright: ignore[reportAttributeAccessIssue]


def _tap_existing():
    """Give the Queues, locks, Values and proxies that exist a tap. A Connection gets one when it is used."""
    queue_classes = _classes()[0]
    classes = (*queue_classes, *existing_locks.classes(), *_made_of_locks(), *existing_uses.classes())
    things = [thing for thing in gc.get_objects() if issubclass(type(thing), classes)]
    queues = [thing for thing in things if issubclass(type(thing), queue_classes)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_NO_SWITCH_SECONDS)
    try:
        _tap_queues(queues)
        existing_locks.tap_existing(things, queues)
        existing_uses.tap_proxies(things)
    finally:
        sys.setswitchinterval(interval)


def _note_task():
    try:
        existing_uses.note_task(sys._getframe())
    except Exception:
        journal.count_fault()


def _made_of_locks():
    synchronize = sys.modules.get("multiprocessing.synchronize")
    return (synchronize.Event, synchronize.Barrier) if synchronize is not None else ()  # pyright: ignore[reportAttributeAccessIssue]


def _tap_queues(queues):
    if not queues:
        return
    synchronize = importing.without_lazy_imports(__import__, taps.__name__ + ".synchronize", None, None, ["remove_tap"])
    synchronize._module = sys.modules.get("multiprocessing.synchronize")
    tap_module = importing.without_lazy_imports(__import__, taps.__name__ + ".queues", None, None, ["add_tap"])
    frames = sys._current_frames()
    for thing in queues:
        try:
            tap_module.add_tap(thing)
            if not _is_empty(thing, frames):
                # Which of its items is sent next is not known, so that no item can be followed from `put` on.
                thing._rockproc = tap_module.Channel(0, thing._rockproc.kind)
        except Exception:
            thing.__dict__.pop("_rockproc", None)  # it is closed, or not complete


def _is_empty(queue, frames):
    """Return whether each item that this process has put into a Queue is in the pipe already."""
    thread = getattr(queue, "_thread", None)
    if thread is None:
        return not getattr(queue, "_buffer", None)
    frame = frames.get(thread.ident)
    return not queue._buffer and frame is not None and frame.f_code is _feeder_waits()


def _feeder_waits():
    """Return the code in which a feeder thread waits for an item."""
    return sys.modules["threading"].Condition.wait.__code__


def detach(last=False):
    """Restore the state before `attach`. Returns whether a call is in progress that began with woven code.

    Such a call looks up a tap and must find None, so the classes keep an attribute for it. Once it has
    ended, another call of this function removes that, too. last: there will be no other call.
    """
    del _hooks[:]
    children.session = ""
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder) is not _Finder]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_NO_SWITCH_SECONDS)
    try:
        _woven.update(existing_locks.restore_properties(sys.modules.get(_VALUES)))
        for function, code in _originals.items():
            if function.__code__ is not code:
                _woven.add(function.__code__)
                function.__code__ = code
        _originals.clear()
        busy = _is_inside(_woven)
        _remove_taps(keep_classes=busy)
    finally:
        sys.setswitchinterval(interval)
    if last or not busy:
        package = __name__.partition(".")[0]
        for name in list(sys.modules):
            if name.partition(".")[0] == package:
                del sys.modules[name]
    return busy


def _is_inside(codes):
    """Return whether a thread is in a call of woven code, or of a lock's method of ours."""
    frames = sys._current_frames()  # type: dict[int, Any]
    frames[_thread.get_ident()] = _program_frame()
    for top in frames.values():
        frame = top
        while frame is not None:
            if frame.f_code in codes or frame.f_code.co_filename.startswith(_OUR_FILES):
                return True
            frame = frame.f_back
    return False


def _program_frame():
    """Return the frame in which the script that detaches is executed; None if there is no such frame."""
    frame = sys._getframe()
    while frame is not None and not (frame.f_code.co_name == "<module>" and "act" in frame.f_globals):
        frame = frame.f_back
    return frame.f_back if frame is not None else None


def _remove_taps(keep_classes):
    """Remove the taps and the journal.

    keep_classes: a call with woven code is in progress. It looks up a tap, and must find None.
    """
    queue_classes, connection_classes = _classes()
    carriers = (*queue_classes, *connection_classes, *existing_uses.classes())
    if "threading" in sys.modules:
        carriers += (sys.modules["threading"].Thread,)  # feeders
    connection = sys.modules.get("multiprocessing.connection")
    if connection is not None:
        if _reducer:
            copyreg.dispatch_table[connection.Connection] = _reducer[0]
        else:
            copyreg.dispatch_table.pop(connection.Connection, None)
    cells.close()
    for thing in gc.get_objects():
        kind = type(thing)
        if issubclass(kind, carriers):
            object.__getattribute__(thing, "__dict__").pop("_rockproc", None)
        elif issubclass(kind, Tap):
            thing.forget()
        elif issubclass(kind, Cell):
            thing.view = cells.new_view(0, 0, [])
    existing_locks.remove_taps(gc.get_objects())
    if not keep_classes:
        existing_locks.forget_namespace(sys.modules.get(_VALUES))
    for cls in (*carriers, *existing_locks.classes()):
        if not keep_classes and "_rockproc" in cls.__dict__:
            del cls._rockproc
    journal.memory = None
