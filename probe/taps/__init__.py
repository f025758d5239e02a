"""The taps: one module for each tapped module of the standard library.

For a copy of multiprocessing this package is loaded once more under another name; see `copies`.
"""

import sys

from .. import copies, journal

MODULES = {
    "concurrent.futures._base": "futures",
    "concurrent.futures.process": "executor",
    "concurrent.interpreters": "subinterpreters",
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
    "subprocess": "subprocesses",
}

root = "multiprocessing"
"""The package that these taps observe."""
first_number = 0
"""The first number that is part of a key of a process, lock or pool. Each copy has its own range."""

_RANGE = 1 << 20


_OPTIONAL = ("signal", "subprocess")
"""Modules that may be loaded before the probe, in which case less is known and nothing is wrong."""


def table(follow=False):
    """Return, by the name of a module of the standard library, a function that loads its tap.

    A module that a `.pth` or a `.start` file of the interpreter has imported before the probe stays as it is.
    follow: Pythons that the program starts by `subprocess` are observed, too.
    """
    for name in MODULES:
        if name in sys.modules and (name not in _OPTIONAL or (follow and name == "subprocess")):
            journal.tap_failed(name, "imported before the probe")
    for name in copies.ROOTS:
        if name in sys.modules:
            journal.tap_failed(name, "imported before the probe")
    return {name: _loading(tap) for name, tap in MODULES.items() if name not in sys.modules}


def _loading(tap):
    return lambda: __import__("%s.%s" % (__name__, tap), fromlist=["WEAVES"])


def of_copy(name):
    """Return a function that loads the tap of a copy's module; None for a module that has none.

    Raises:
        LookupError: the module differs too much from that of the standard library.
    """
    package = copies.root_of(name)
    if not package:
        return None
    description = copies.description(package)
    module = name[len(package) + 1 :]
    tap = description.MODULES.get(module)
    if tap == "":
        raise LookupError("differs from multiprocessing")
    return None if tap is None else lambda: _changed(package, module, tap, description)


def _changed(package, name, tap, description):
    instance = "%s_for_%s" % (__name__, package.replace(".", "_"))
    taps = __import__(instance, fromlist=["root"])
    taps.root = package
    if "process" in description.MODULES:  # otherwise its processes are those of multiprocessing
        taps.first_number = (1 + list(copies.ROOTS).index(package)) * _RANGE
    module = __import__("%s.%s" % (instance, tap), fromlist=["WEAVES"])
    # One tap may serve two modules.
    original = module.__dict__.setdefault("ORIGINAL_WEAVES", module.WEAVES)
    weaves = {**original, **description.CHANGES.get(name, {})}
    module.WEAVES = {function: weave for function, weave in weaves.items() if weave is not None}
    module.DESCRIBED_IN = (description.__spec__.origin,)
    return module
