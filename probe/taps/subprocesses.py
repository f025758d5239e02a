"""subprocess.py: the programs that the program starts by itself, and how they end (CPython 3.8 to 3.15).

Most of them are too short to be found in the process table. Where the user wants Pythons among them observed, these
find the probe through their environment, as spawned children do; see `children`. Other programs, and Pythons that
a shell starts, keep the environment that the program gives them.
"""

import os

from .. import children, journal, records
from ..journal import count_fault as count_fault
from ..weave import Weave

WEAVES = {
    "Popen._execute_child": Weave(
        before="env = tap.environment(args, executable, env)", after="tap.launched(self, args, executable)"
    ),
    "Popen._handle_exitstatus": Weave(after="tap.collected(self)"),
}

_FIRST_LINE_BYTES = 200


def launched(popen, args, executable):
    """Record a program that has been started."""
    words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
    if not words and executable is not None:
        words = [executable]
    children.record_launch(popen.pid, words, children.follow)


def collected(popen):
    """Record how a program has ended, which the system reports only to its parent."""
    if popen.returncode is not None:
        journal.record(records.Reaped(popen.pid, popen.returncode))


def environment(args, executable, variables):
    """Return the environment of a new process; that of a Python has what loads the probe."""
    if not children.follow:
        return variables
    found = _program(args, executable)
    if found is None or not _is_python(found):
        return variables
    given = os.environ if variables is None else variables
    names = [os.fsdecode(name) for name in given]
    values = [os.fsdecode(value) for value in given.values()]
    complete = dict(zip(names, values))
    return {**complete, **children.additions(complete, followed=True)}


def _program(args, executable):
    """Return the path of the program that is to run, or None."""
    if executable is None:
        executable = args if isinstance(args, (str, bytes, os.PathLike)) else next(iter(args), None)
    if executable is None:
        return None
    name = os.fsdecode(executable)
    if os.path.dirname(name):
        return name
    return next(
        (path for path in (os.path.join(folder, name) for folder in os.get_exec_path()) if os.path.exists(path)), None
    )


def _is_python(path):
    """Return whether a program is a Python, or a script whose first line names one."""
    if os.path.basename(path).startswith("python"):
        return True
    try:
        with open(path, "rb") as file:
            first = file.readline(_FIRST_LINE_BYTES)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first
