"""Makes time run faster in every Python of a test run, and lets a hanging process print its stacks.

It stands in for what a person or an option would do, so that the scenario under test is run as it is: `python FILE`.
Runs on CPython 3.8, like the scenarios.
"""

import atexit
import faulthandler
import json
import os
import signal
import sys
import time


def quicken(pace):
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(seconds * pace)


def keep_ledger(path):
    """Write down what the main process knows at its end: exit codes of children, and contents of shared objects."""
    from multiprocessing.process import BaseProcess

    handles = []
    make = BaseProcess.__init__

    def made(self, *args, **kwargs):
        handles.append(self)
        make(self, *args, **kwargs)

    def write():
        objects = vars(sys.modules["__main__"])
        ledger = {
            "processes": {handle.name: handle.exitcode for handle in handles},
            "kinds": {name: type(item).__name__ for name, item in objects.items()},
            "values": {name: content(item) for name, item in objects.items() if is_shared(item)},
        }
        with open(path, "w") as file:  # noqa: PTH123  # pathlib would be in every process
            json.dump(ledger, file)

    BaseProcess.__init__ = made
    # Registered before the program runs, so it is called after multiprocessing has joined what was left.
    atexit.register(write)


def is_shared(thing):
    # Asked of the class: an attribute of a proxy is a message to a manager that is gone by now.
    return hasattr(type(thing), "get_obj") or hasattr(type(thing), "_b_base_")


def content(thing):
    raw = thing.get_obj() if hasattr(thing, "get_obj") else thing
    if hasattr(raw, "_fields_"):
        return {name: getattr(raw, name) for name, _ in raw._fields_}
    if hasattr(raw, "__len__"):
        whole = raw[:]
        return whole.decode() if isinstance(whole, bytes) else [content(item) for item in whole]
    return getattr(raw, "value", raw)


faulthandler.register(signal.SIGUSR1, all_threads=True)
if "ROCKPROC_PACE" in os.environ:
    quicken(float(os.environ["ROCKPROC_PACE"]))
if "ROCKPROC_START_METHOD" in os.environ:
    import multiprocessing

    multiprocessing.set_start_method(os.environ["ROCKPROC_START_METHOD"])
if "ROCKPROC_LEDGER" in os.environ:
    keep_ledger(os.environ.pop("ROCKPROC_LEDGER"))  # out of the environment: children keep none
