"""Finds the line of the program that is calling, past the frames of multiprocessing and threading."""

import itertools
import os
import sys

from . import journal, records

_frame = sys._getframe
_standard = os.path.dirname(os.__file__)
_EXECUTORS = "concurrent", "loky"
_machinery = (os.path.join(_standard, "multiprocessing") + os.sep, os.path.join(_standard, "concurrent") + os.sep)
"""The folders of multiprocessing, its copies, and executors."""
_OTHERS = (os.path.join(_standard, "threading.py"), journal.PROBE_FILES, "<frozen ")
_inside = _machinery + _OTHERS
file_numbers = {}
"""The number of each source file that has been met in this process; 0 for the files of the machinery."""


library_numbers = set()
"""The numbers of files that belong to installed libraries, or to other parts of the standard library."""

_numbers = itertools.count(1)
_FUNCTION = type(lambda: None)


def _here():
    try:
        return os.getcwd()
    except OSError:
        return ""


_folder = _here()
"""The first working directory of the program: relative names of its files may refer to it even after a `chdir`."""


def add_machinery(folder):
    """Add a folder with a copy of multiprocessing, whose files no longer count as the program's."""
    global _machinery, _inside
    if folder + os.sep not in _machinery:
        _machinery = (*_machinery, folder + os.sep)
        _inside = _machinery + _OTHERS
        for name in [name for name in list(file_numbers) if name.startswith(folder + os.sep)]:
            file_numbers[name] = 0


def begin():
    """Forget all numbers: a forked process assigns its own and records them in its own journal."""
    global _numbers
    file_numbers.clear()
    library_numbers.clear()
    _numbers = itertools.count(1)


def number_file(name):
    """Assign a number to a source file, and record it once."""
    if name.startswith(_inside) or name == "<string>":
        file_numbers[name] = 0
        return 0
    number = next(_numbers)
    absolute = os.path.join(_folder, name) if not os.path.isabs(name) and not name.startswith("<") else name
    journal.record(records.File(number, os.fsencode(absolute)))
    file_numbers[name] = number
    if absolute.startswith(_LIBRARIES) or any(folder in absolute for folder in _INSTALLED):
        library_numbers.add(number)
    return number


_LIBRARIES = (_standard + os.sep, os.path.dirname(sys.executable or "/usr/bin/python") + os.sep)
"""Folders of the standard library and of scripts that only call a library."""
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


def here():
    """Return the nearest line of the user's code, as file number << 32 | line; 0 if no frame is the program's.

    Where the stack holds nothing but libraries, it is the nearest line of these.
    """
    return _lines(_frame(1), ())[0]


def made_here(key, thing=None):
    """Return the line that makes an object, as `here` does; before it is announced, record the line of a library.

    key: of the object, as in its announcement.
    thing: the object, in a tap of its constructor. Constructors of subclasses are passed over: the line that says
    `Worker(...)` is where the program makes it.
    """
    # Not by its `self`: to look at a frame's variables changes what `locals()` gives there, and how long they live.
    line, library = _lines(_frame(1), _constructors(thing) if thing is not None else ())
    if library:
        journal.record(records.InLibrary(library), key)
    return line


def _lines(frame, passed_over):
    """Return the nearest line of the user's code, and that of a library that it has called, or 0."""
    library = 0
    while frame is not None:
        name = frame.f_code.co_filename
        number = file_numbers.get(name)
        if number is None:
            number = number_file(name)
        if number and frame.f_code not in passed_over:
            line = number << 32 | frame.f_lineno
            if number not in library_numbers:
                return line, library
            library = library or line
        frame = frame.f_back
    return library, 0


def _constructors(thing):
    """Return the code of each `__init__` that runs when `thing` is made."""
    functions = [vars(base).get("__init__") for base in type(thing).__mro__]
    return [function.__code__ for function in functions if function is not None and type(function) is _FUNCTION]


def tapped():
    """Return the frame of the function into which the call of a tap is woven, however many of ours lie in between."""
    frame = _frame()
    while frame.f_code.co_filename.startswith(journal.PROBE_FILES) and frame.f_back is not None:
        frame = frame.f_back
    return frame


def maker(thing=None):
    """Return the function of the standard library that makes an object for its own use, as `queues.__init__`.

    thing: the object, in a tap of its constructor. Factory methods and the locks' own constructors are passed over.
    Returns "" when the program makes the object itself.
    """
    return _described(_maker(_frame(1), thing))


def raised_here(traceback):
    """Return the innermost line of the program in a traceback, as `here` does; of the standard library if need be."""
    found = inner = 0
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        number = file_numbers.get(name)
        if number is None:
            number = number_file(name)
        if number:
            inner = number << 32 | traceback.tb_lineno
            if not name.startswith(_standard + os.sep):
                found = inner
        traceback = traceback.tb_next
    return found or inner


def maker_line(thing):
    """Return the same, and the file and line where that function makes it: `pool.__init__`, `…/pool.py:191`."""
    frame = _maker(_frame(1), thing)
    return _described(frame), "%s:%d" % (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ""


def _maker(frame, thing):
    constructors = _constructors(thing) if thing is not None else ()
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(journal.PROBE_FILES) and frame.f_code not in constructors:
            if not name.startswith(_machinery):
                return None
            base = os.path.basename(name)
            if base not in _FACTORIES and not (base == "synchronize.py" and _makes_a_lock(frame)):
                return frame
        frame = frame.f_back
    return None


def _described(frame):
    if frame is None:
        return ""
    folder, _, file = frame.f_code.co_filename.rpartition(os.sep)
    executor = any(part in _EXECUTORS for part in folder.split(os.sep)[-2:])
    return ("concurrent" if executor else file[:-3]) + "." + frame.f_code.co_name


_FACTORIES = ("connection.py", "context.py")


def _makes_a_lock(frame):
    return hasattr(type(frame.f_locals.get("self")), "_make_name")
