"""signal.py: which signals the program handles with a function of its own (CPython 3.8 to 3.15).

A handler can end any wait of its process: it may release a lock, set an Event or raise. What the observer says of a
wait therefore names the handlers that are left.
"""

import os
import types

from .. import journal, records, sites
from ..journal import count_fault
from ..weave import Weave

_SET = "_signal.signal(_enum_to_int(signalnum), _enum_to_int(handler))"

WEAVES = {"signal": Weave(calls={_SET: "tap.installed(signalnum, handler, {})"})}


_installed = {}
"""The handlers that were set, by signal: True for a function of Python, and its code object if it has one."""


def loaded(_module):
    os.register_at_fork(after_in_child=_inherited)


def _inherited():
    """Record the handlers that a forked child has from its parent: it may end before the parent's records are read."""
    try:
        for number, (is_python, code) in list(_installed.items()):
            _record(number, is_python, code, 0)
    except Exception:
        count_fault()


def installed(number, handler, previous):
    """Records a handler that has just been set, and returns the one before it."""
    try:
        code = _code(handler)
        is_python = code is not None or (callable(handler) and type(handler) not in _OF_C and not _of_asyncio(handler))
        _installed[int(number)] = is_python, code
        _record(int(number), is_python, code, sites.here())
    except Exception:
        count_fault()
    return previous


def _record(number, is_python, code, set_at):
    name, site = "", 0
    if code is not None:
        name = code.co_name
        where = sites.file_numbers.get(code.co_filename) or sites.number_file(code.co_filename)
        site = where << 32 | code.co_firstlineno if where else 0
    journal.record(records.SignalHandler(is_python, site or set_at, name), number)


def _of_asyncio(handler):
    """Return whether it is the handler of SIGINT that `asyncio.run` sets: it ends the program, as the default one."""
    function = getattr(handler, "func", None) if type(handler).__module__ == "functools" else None
    return type(function) is types.MethodType and type(function.__self__).__module__ == "asyncio.runners"


_OF_C = (types.BuiltinFunctionType, types.BuiltinMethodType, type)


def _code(handler):
    if type(handler) is types.MethodType:
        handler = handler.__func__
    return handler.__code__ if type(handler) is types.FunctionType else None
