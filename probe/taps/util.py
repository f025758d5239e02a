"""multiprocessing/util.py: how children are started, and the end of a process (CPython 3.8 to 3.15).

Such a child finds the probe through its environment, which is changed for that child alone. Its command line stays as
it is, so its tracebacks do too. The program `env` extends the process's real environment, which differs from
`os.environ` where `os.putenv` or a C library has changed it. A debugger that has replaced `fork_exec`, to follow the
Pythons that the program starts, would not recognise one behind `env`: then the child is given `os.environ`.
"""

import os
import sys

from .. import children, journal, records
from ..journal import count_fault
from ..weave import Weave
from . import root

WEAVES = {
    "spawnv_passfds": Weave(
        before="path, args = tap.command(path, args)",
        into="pid",
        after="tap.launched(pid, args)",
        arguments={"_posixsubprocess.fork_exec": (5, "tap.environment(args)")},
    ),
    "_exit_function": Weave(before="tap.exiting()"),
}

_ENV = b"/usr/bin/env"
_CHILD_IMPORTS = ("from %s.spawn import " % root, "from %s.forkserver import " % root)
"""A child's `-c` program contains one of these statements (`spawn.get_command_line`, `ForkServer.ensure_running`)."""


def exiting():
    """Record that the process ends its daemons and waits for its children. In a child `process` does that."""
    journal.record(records.Exiting(), 0)


def command(path, args):
    """Return the program to execute and its arguments; a child's program is started by way of `env`."""
    name = os.fsdecode(path)
    if (
        _is_child(args)
        and name.startswith("/")
        and "=" not in name
        and os.access(_ENV, os.X_OK)
        and not _replaced_fork_exec()
    ):
        return _ENV, ["env", *_added(children.additions()), path, *args[1:]]
    return path, args


def launched(pid, args):
    """Record a resource tracker, which is known by its command line alone; a child has a probe of its own."""
    if args[0] != "env" and not _is_child(args):
        children.record_launch(pid, args, False)


def environment(args):
    """Return a child's environment in the form that `fork_exec` takes, if `command` could not use `env`, or None."""
    try:
        if args[0] != "env" and _is_child(args):
            return _added({**os.environ, **children.additions()})
    except Exception:
        count_fault()
    return None


def _replaced_fork_exec():
    return type(getattr(sys.modules.get("_posixsubprocess"), "fork_exec", len)) is not type(len)


def _is_child(args):
    """Tell a spawned child or a forkserver from the resource tracker, which has nothing to observe."""
    if "-c" not in args:
        return False
    program = os.fsdecode(args[args.index("-c") + 1])
    # From 3.14 on the forkserver's import is not the first statement.
    return any(statement.lstrip().startswith(_CHILD_IMPORTS) for statement in program.split(";"))


def _added(variables):
    return [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in variables.items()]
