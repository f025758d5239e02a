"""Which line of the program is calling, past the frames of multiprocessing and threading."""

import itertools
import os
import sys

from . import journal, records

_frame = sys._getframe
_standard = os.path.dirname(os.__file__)
_INSIDE = (
    os.path.join(_standard, "multiprocessing") + os.sep,
    os.path.join(_standard, "threading.py"),
    os.path.join(_standard, "concurrent") + os.sep,
    journal.OURS,
    "<frozen ",
)
files = {}
"""The number of each source file that has been met in this process; 0 for the files of the machinery."""


_numbers = itertools.count(1)
_FUNCTION = type(lambda: None)


def _here():
    try:
        return os.getcwd()
    except OSError:
        return ""


_folder = _here()
"""Where the program began: its files may be named from there, wherever it goes."""


def begin():
    """Another process tells its own journal which numbers it gives."""
    global _numbers
    files.clear()
    _numbers = itertools.count(1)


def learn(name):
    """Number a source file, and tell the journal once which it is."""
    if name.startswith(_INSIDE) or name == "<string>":
        files[name] = 0
        return 0
    number = next(_numbers)
    absolute = os.path.join(_folder, name) if not os.path.isabs(name) and not name.startswith("<") else name
    journal.record(records.File(number, os.fsencode(absolute)))
    files[name] = number
    return number


def here(depth=2):
    """The nearest line of the program, as file number << 32 | line; 0 when no frame is the program's.

    depth: how many frames above this one the search begins.
    """
    frame = _above(depth)
    while frame is not None:
        name = frame.f_code.co_filename
        number = files.get(name)
        if number is None:
            number = learn(name)
        if number:
            return number << 32 | frame.f_lineno
        frame = frame.f_back
    return 0


def made_here(thing):
    """As `here`, in a tap of the constructor of `thing`.

    Past the constructors of subclasses: the line that says `Worker(...)` is where the program makes it.
    """
    # Not by its `self`: to look at a frame's variables changes what `locals()` gives there, and how long they live.
    depth, frame = 4, _above(3)
    constructors = [vars(each).get("__init__") for each in type(thing).__mro__]
    codes = [each.__code__ for each in constructors if type(each) is _FUNCTION]
    while frame is not None and frame.f_code in codes:
        depth, frame = depth + 1, frame.f_back
    return here(depth)


def _above(depth):
    """The frame above the caller's, so many up; None when there are fewer, as in what `atexit` calls."""
    try:
        return _frame(depth + 1)
    except ValueError:
        return None


def maker(depth=2):
    """The function of the standard library that makes an object for its own use, as `queues.__init__`.

    "" when the program makes the object itself. Passes over the factory methods and the locks' own constructors.
    """
    return _described(_maker(_above(depth)))


def maker_line(depth=2):
    """As `maker`, with the file and line where that function makes the object: `pool.__init__`, `…/pool.py:191`."""
    frame = _maker(_above(depth))
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
