"""Keeps functions of the probe out of tracebacks of exceptions that pass through them (Python/ceval.c, 3.8 to 3.15).

Such a function is one `try`, and behind it

    except BaseException as error:
        trace, error, kind = without_us(error)
        (trace, error, kind)
        raise

Since 3.11 a bare `raise` leaves the traceback as `without_probe_frames` has made it. Before, it restores the entry of
its own frame; END_FINALLY (3.8) and RERAISE (3.9, 3.10) instead raise what lies on the stack: traceback, exception and
type.

Since 3.11 a function begins with RESUME, which handles a signal that has come before the call, outside of the `try`.
With the argument that it has after a `yield from`, it does not. Before 3.11 no signal is handled where the first
instruction begins a `try`.
"""

import sys

CodeType = type((lambda: None).__code__)
"""An import from `types` would call its `__getattr__` in CPython 3.13, which a tracer of the program would see."""
_VERSION = sys.version_info[:2]
_RERAISE = {(3, 8): 88, (3, 9): 48, (3, 10): 119}.get(_VERSION)
_RESUME = (lambda: None).__code__.co_code[0] if _VERSION >= (3, 11) else None
"""The opcode differs from version to version; it is the first of every plain function."""
_BUILD_TUPLE, _POP_TOP = 102, 1
"""Opcodes of the versions in which the line above is replaced."""
_AFTER_YIELD_FROM = 2


def traceless(function):
    """Change a function, and the functions that it makes."""
    function.__code__ = _changed(function.__code__)
    return function


def _changed(code):
    found = bytearray(code.co_code)
    for at in range(0, len(found), 2):
        if bytes(found[at : at + 4]) == bytes([_BUILD_TUPLE, 3, _POP_TOP, 0]) and _RERAISE is not None:
            found[at : at + 2] = _RERAISE, 0
        elif found[at] == _RESUME and found[at + 1] == 0:
            found[at + 1] = _AFTER_YIELD_FROM
    constants = tuple(_changed(constant) if isinstance(constant, CodeType) else constant for constant in code.co_consts)
    return code.replace(co_code=bytes(found), co_consts=constants)
