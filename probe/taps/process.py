"""multiprocessing/process.py: a Process from its handle to its exit (CPython 3.8 to 3.15)."""

import os
import sys
import types

from .. import copies, journal, records
from ..cells import Tap
from ..journal import count_fault as count_fault
from ..layout import KEY_WORD, PROCESS_JOINED, CellKind, Op
from ..sites import here, made_here, raised_here
from ..weave import Weave
from . import first_number, root

WEAVES = {
    "BaseProcess.__init__": Weave(after="tap.made(self)"),
    "BaseProcess.start": Weave(before="tap.starting(self)", after="tap.started(self)"),
    "?BaseProcess.interrupt": Weave(before="tap.signalled(self, 2)"),
    "BaseProcess.exitcode": Weave(before="tap.exitcode_read(self)"),
    "BaseProcess.terminate": Weave(before="tap.signalled(self, 15)"),
    "BaseProcess.kill": Weave(before="tap.signalled(self, 9)"),
    "BaseProcess.join": Weave(
        before="tap.joining(self, timeout)", after="tap.joined(self)", failed="tap.join_failed(self)"
    ),
    "BaseProcess._bootstrap": Weave(
        before="tap.bootstrap_begins(self)",
        statements={
            "self.run()": "tap.run_begins(self)",
            "?util._exit_function()": "tap.exit_begins(self)",
            "threading._shutdown()": "tap.exit_begins(self)",
            "traceback.print_exc()": "tap.raised(self)",
            "?sys.stderr.write(str(e.code) + '\\n')": "tap.raised(self)",
            "?sys.stderr.write(str(e.args[0]) + '\\n')": "tap.raised(self)",  # up to CPython 3.8
            "return exitcode": "tap.exiting(self, exitcode)",
        },
    ),
}


_joins = Tap(0, CellKind.PROCESS)
"""Each thread has one cell for all processes that it joins: there may be a new one every second, for days."""


sentinels = {}
"""The handle of each child by what `Process.sentinel` is. Another child may get the same."""


def key(process):
    """Return the key of a process's handle: the pid of its maker, and a number that is unique there."""
    return (process._parent_pid or 0) << 32 | first_number + process._identity[-1]


def _has_identity(process):
    """Return False for a main process, and for one whose `__init__` was never called: its methods raise."""
    return bool(object.__getattribute__(process, "__dict__").get("_identity"))


def argument(value):
    """Return an argument as Python source. Never calls a `__repr__` of the program."""
    if type(value) in (float, bool, type(None)) or (type(value) is int and value.bit_length() < 200):
        return repr(value)
    if type(value) in (str, bytes):
        return repr(value[:40])  # pyright: ignore[reportIndexIssue]
    return type(value).__name__


def name_of(target):
    """Return the name of a target. Its attributes are read only if that runs no code of the program."""
    return target.__qualname__ if type(target) in _CALLABLES else type(target).__name__


_CALLABLES = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType, type)


def _describe(process, start_method, record=records.Handle):
    kind = type(process)
    target = getattr(process, "_target", None)
    arguments = [argument(value) for value in getattr(process, "_args", ())[:10]]
    arguments += [
        "%s=%s" % (name, argument(value)) for name, value in list(getattr(process, "_kwargs", {}).items())[:10]
    ]
    return record(
        bool(process._config.get("daemon")),
        process._name if type(process._name) is str else argument(process._name),
        kind.__qualname__,
        name_of(target) if target is not None else "",
        ", ".join(arguments),
        start_method,
    )


def made(process):
    method = getattr(type(process), "_start_method", None) or ""
    site = made_here(key(process), process)
    journal.record(_describe(process, method), key(process), site)


def starting(process):
    if not _has_identity(process):
        return
    method = process._start_method
    if method is None:
        context = __import__(root + ".context", fromlist=["_default_context"])._default_context
        # To ask `get_start_method` plainly would make the default the program's choice. From 3.14 on the default is
        # determined when it is first needed, and then known by what has started the process.
        default = vars(context).get("_default_context")
        method = context.get_start_method(True) or (default._name if default is not None else "")
    journal.record(_describe(process, method, records.Start), key(process), here())
    given = list(dict.fromkeys(_keys(_variables(process, method), 3)))[:_MAX_GIVEN_OBJECTS]
    if given:
        journal.record(records.PassedObjects(tuple([records.signed(given_key) for given_key in given])), key(process))


_MAX_GIVEN_OBJECTS = 100
"""The largest number of objects of a process's arguments that are recorded."""
_MAX_SEARCHED_ITEMS = 1000
"""The largest number of items of containers that are searched for such objects."""


def _variables(process, method):
    """Return all objects that are passed to the child with its handle: arguments, attributes, those of a bound object.

    A fork has the variables of its function as well; other children make their own.
    """
    found = [object.__getattribute__(process, "__dict__")]
    target = getattr(process, "_target", None)
    if type(target) is types.MethodType:
        found.append(target.__self__)
        target = target.__func__
    if method == "fork" and type(target) is types.FunctionType:
        found.append(_names_of(target))
    return found


def _names_of(function):
    """Return the objects in a function's closure, and those among its global variables whose names its code uses."""
    found = list(map(function.__globals__.get, function.__code__.co_names[:_MAX_SEARCHED_ITEMS]))
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # it has no content yet
            pass
    return [thing for thing in found if type(thing) not in (*_PLAIN, types.ModuleType)]


def _keys(things, depth):
    """Yield the keys of the objects of multiprocessing in built-in containers, but not in their subclasses."""
    for item in things:
        kind = type(item)
        if kind in (list, tuple, dict, set):
            if depth:
                yield from _keys(list(item.values() if kind is dict else item)[:_MAX_SEARCHED_ITEMS], depth - 1)
        elif kind not in _PLAIN:
            yield from _keys_of(item, depth)


_PLAIN = (str, bytes, int, float, bool, type(None), types.FunctionType, type)


def _keys_of(thing, depth):
    """Yield the key of an object of multiprocessing; of another object, the keys of those in its attributes."""
    modules = [base.__module__ for base in type(thing).__mro__]
    try:
        attributes = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return
    if type(attributes) is not dict:
        return
    if any(type(module) is str and module.startswith(copies.PREFIXES) for module in modules):
        for part in (attributes, *_parts(attributes)):
            tap = part.get("_rockproc")
            if tap is not None:
                yield tap.key
        if attributes.get("_rockproc") is None and type(attributes.get("_handle")) is int:
            yield from _key_of_connection(attributes["_handle"])
    elif depth:
        yield from _keys(list(attributes.values())[:_MAX_SEARCHED_ITEMS], depth - 1)


def _key_of_connection(handle):
    """Yield the key of a connection that has no tap, since this process was passed it and has not used it."""
    try:
        yield os.fstat(handle).st_ino
    except OSError:
        pass


def _parts(attributes):
    """Yield the parts of an object that carry the tap of an Event, a Barrier or a Value's lock."""
    for name in ("_flag", "_cond", "_lock"):
        part = attributes.get(name)
        inner = getattr(part, "__dict__", None)
        if type(inner) is dict:
            yield inner


def started(process):
    method = getattr(process._popen, "method", "")  # the program may start processes by a class of its own
    started = records.Started(process._popen.pid, method if type(method) is str else "")
    journal.record(started, key(process), here())
    sentinels[process._popen.sentinel] = key(process)


def signalled(process, number):
    if _has_identity(process):
        journal.record(records.Signal(number), key(process), here())


_TIMED_JOIN = Op.JOIN | Op.TIMED


def joining(process, timeout):
    if _has_identity(process):
        cell = _joins.cell()
        cell.view[KEY_WORD] = key(process)
        cell.enter(Op.JOIN if timeout is None else _TIMED_JOIN, 0)


def joined(process):
    if _has_identity(process):
        cell = _joins.cell()
        cell.view[PROCESS_JOINED] += 1
        cell.leave()
        popen = process._popen
        ended = popen is not None and popen.returncode is not None
        journal.record(records.Joined(ended), key(process), here())


def join_failed(process):
    if _has_identity(process):
        _joins.cell().leave()


def bootstrap_begins(process):
    journal.record(records.Bootstrap(process._name), key(process))


def run_begins(process):
    if journal.interrupted is not None:
        error, journal.interrupted = journal.interrupted, None
        raise error
    journal.record(records.Run(), key(process))


def raised(process):
    """`run()` has ended with an exception whose traceback is about to be printed, or the message of `sys.exit()`."""
    error, trace = sys.exc_info()[1:]
    journal.record(records.Raised(0, raised_here(trace), described(error)), key(process))


def described(error):
    """Return an exception as the last line of a traceback has it: `KeyError: 'b'`.

    Only Python's own `__str__` is called, and only if all that it looks at is of a built-in type: no code of the
    program runs here. Otherwise the text names the type and the arguments: `Failed(3, Item)`.
    """
    kind = type(error)
    name = _qualname(kind)
    values = BaseException.args.__get__(error)  # pyright: ignore[reportAttributeAccessIssue]
    to_text = type.__getattribute__(kind, "__str__")
    looked_at = (error,)
    for owner, attributes, and_arguments in _TEXT_IS_MADE_OF:
        if to_text is owner.__str__:
            found = [getattr(attribute, "__get__")(error) for attribute in attributes]
            looked_at = (*found, *values) if and_arguments else found
    if all(_is_short(value) for value in looked_at):
        text = to_text(error)
        return ("%s: %s" % (name, text) if text else name)[:MAX_ERROR_CHARACTERS]
    arguments = ", ".join([argument(value) for value in values[:5]])
    return ("%s(%s)" % (name, arguments))[:MAX_ERROR_CHARACTERS]


def _is_short(value):
    kind = type(value)
    if kind in (str, bytes):
        return len(value) <= MAX_ERROR_CHARACTERS
    return kind in (float, bool, type(None)) or (kind is int and value.bit_length() < 200)


_qualname = type.__dict__["__qualname__"].__get__
_TEXT_IS_MADE_OF = (
    (BaseException, (), True),
    (KeyError, (), True),
    (OSError, (OSError.filename, OSError.filename2), True),
    (ImportError, (ImportError.msg,), True),
    (SyntaxError, (SyntaxError.msg, SyntaxError.filename, SyntaxError.lineno), False),
    (UnicodeDecodeError, (UnicodeDecodeError.encoding, UnicodeDecodeError.reason), False),
    (UnicodeEncodeError, (UnicodeEncodeError.encoding, UnicodeEncodeError.reason), False),
)
"""Classes whose `__str__` is Python's own, with the attributes that it looks at, and whether also at the arguments."""
MAX_ERROR_CHARACTERS = 300


_exitcodes_read = set()
"""The handles whose exit code somebody has read."""


def exitcode_read(process):
    if _has_identity(process) and key(process) not in _exitcodes_read:
        if len(_exitcodes_read) > _MAX_SEARCHED_ITEMS:
            _exitcodes_read.clear()
        _exitcodes_read.add(key(process))
        journal.record(records.ExitCodeRead(), key(process))


def exit_begins(process):
    journal.record(records.Exiting(), key(process))


def exiting(process, code):
    journal.record(records.Exit(code if isinstance(code, int) else 1), key(process))
