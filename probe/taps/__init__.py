"""The taps of the standard library's modules: one module here for each module there."""

import sys

from .. import journal

MODULES = {
    "concurrent.futures._base": "futures",
    "concurrent.futures.process": "executor",
    "multiprocessing.connection": "connection",
    "multiprocessing.context": "context",
    "multiprocessing.pool": "pool",
    "multiprocessing.popen_fork": "popen_fork",
    "multiprocessing.popen_forkserver": "popen_forkserver",
    "multiprocessing.heap": "heap",
    "multiprocessing.managers": "managers",
    "multiprocessing.process": "process",
    "multiprocessing.queues": "queues",
    "multiprocessing.shared_memory": "shared_memory",
    "multiprocessing.sharedctypes": "sharedctypes",
    "multiprocessing.synchronize": "synchronize",
    "multiprocessing.util": "util",
    "signal": "signals",
}

default_method = ""
child_environment = dict


def table():
    """Return, by the name of a module of the standard library, a function that loads its tap.

    A module that a `.pth` or a `.start` file of the interpreter has imported before the probe stays as it is.
    """
    for name in MODULES:
        if name in sys.modules and name.startswith(("multiprocessing.", "concurrent.")):
            journal.tap_failed(name, "imported before the probe")
    return {name: _loading(tap) for name, tap in MODULES.items() if name not in sys.modules}


def _loading(tap):
    return lambda: __import__("%s.%s" % (__name__, tap), fromlist=["WEAVES"])
