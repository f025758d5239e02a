"""What is recorded of each part of the standard library: one module here for each module there."""

import sys

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
}

default_method = ""
child_environment = dict


def table():
    """For each module that is not loaded yet, how to get its tap."""
    return {name: _loading(tap) for name, tap in MODULES.items() if name not in sys.modules}


def _loading(tap):
    return lambda: __import__("%s.%s" % (__name__, tap), fromlist=["WEAVES"])
