"""multiprocessing/util.py: the command that starts a spawned child or a forkserver (CPython 3.8 to 3.13).

Such a child finds the probe by its environment, which is given to it alone: its command line, and with it every
traceback, is what it would be. `env` adds to the environment that a library in C has, too, which is not `os.environ`
where `os.putenv` or that library has changed it.
"""

import os

from .. import taps
from ..journal import fault
from ..weave import Weave

WEAVES = {
    "spawnv_passfds": Weave(
        before="path, args = tap.command(path, args)",
        arguments={"_posixsubprocess.fork_exec": (5, "tap.environment(args)")},
    )
}

_ENV = b"/usr/bin/env"
_OURS = ("from multiprocessing.spawn import", "from multiprocessing.forkserver import")


def command(path, args):
    """The program to execute and its arguments: that program by way of `env`, for a child that is ours."""
    name = os.fsdecode(path)
    if _is_ours(args) and name.startswith("/") and "=" not in name and os.access(_ENV, os.X_OK):
        return _ENV, ["env", *_added(taps.child_environment()), path, *args[1:]]
    return path, args


def environment(args):
    """The environment for a child that is ours, as `fork_exec` takes it, where there is no `env`; otherwise None."""
    try:
        if args[0] != "env" and _is_ours(args):
            return _added({**os.environ, **taps.child_environment()})
    except Exception:
        fault()
    return None


def _is_ours(args):
    return "-c" in args and args[args.index("-c") + 1].startswith(_OURS)


def _added(variables):
    return [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in variables.items()]
