"""Which line of the program is calling, past the frames of multiprocessing and threading."""

import os
import sys

from . import journal
from .layout import Kind

_frame = sys._getframe
_standard = os.path.dirname(os.__file__)
_INSIDE = (
    os.path.join(_standard, "multiprocessing") + os.sep,
    os.path.join(_standard, "threading.py"),
    os.path.join(_standard, "concurrent") + os.sep,
    os.path.dirname(__file__) + os.sep,
    "<frozen ",
)
_numbers = {}
_epoch = None


def _learn(name):
    """Number a source file, and tell the journal once which it is. 0 for the files of the machinery."""
    global _numbers, _epoch
    if _epoch is not journal.epoch:
        _numbers = {}
        _epoch = journal.epoch
    if name.startswith(_INSIDE) or name == "<string>":
        number = 0
    else:
        number = sum(1 for known in _numbers.values() if known) + 1
        absolute = os.path.join(os.getcwd(), name) if not os.path.isabs(name) and not name.startswith("<") else name
        journal.write(Kind.FILE, 0, number, 0, 0, os.fsencode(absolute))
    _numbers[name] = number
    return number


def here(depth=2):
    """The nearest line of the program, as file number << 32 | line; 0 when no frame is the program's.

    depth: how many frames above this one the search begins.
    """
    return line_of(_frame(depth))


def line_of(frame):
    """As `here`, from a frame upwards."""
    numbers = _numbers if _epoch is journal.epoch else {}
    while frame is not None:
        name = frame.f_code.co_filename
        number = numbers.get(name)
        if number is None:
            number = _learn(name)
            numbers = _numbers
        if number:
            return number << 32 | frame.f_lineno
        frame = frame.f_back
    return 0


def is_program(frame):
    """Whether a frame that `line_of` has seen is the program's own."""
    return bool(_numbers.get(frame.f_code.co_filename))


def maker(depth=2):
    """The function of the standard library that makes an object for its own use, as `queues.__init__`.

    "" when the program makes the object itself. Passes over the factory methods and the locks' own constructors.
    """
    return _described(_maker(_frame(depth)))


def maker_line(depth=2):
    """As `maker`, with the file and line where that function makes the object: `pool.__init__`, `…/pool.py:191`."""
    frame = _maker(_frame(depth))
    return _described(frame), "%s:%d" % (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ""


def _maker(frame):
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_INSIDE[2]):
            return frame
        if not name.startswith(_INSIDE[0]):
            return None
        base = os.path.basename(name)
        if base not in _FACTORIES and not (base == "synchronize.py" and _makes_a_lock(frame)):
            return frame
        frame = frame.f_back
    return None


def _described(frame):
    if frame is None:
        return ""
    inside = frame.f_code.co_filename.startswith(_INSIDE[2])
    return ("concurrent" if inside else os.path.basename(frame.f_code.co_filename)[:-3]) + "." + frame.f_code.co_name


_FACTORIES = ("connection.py", "context.py")


def _makes_a_lock(frame):
    return hasattr(type(frame.f_locals.get("self")), "_make_name")
