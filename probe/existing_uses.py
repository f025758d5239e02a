"""Gives the proxies of a running program their taps, and finds the task that a worker runs; see `attaching`."""

import sys

from . import importing, taps
from .existing_locks import attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)


def classes():
    """Return the classes whose objects can have a tap of this kind."""
    managers = sys.modules.get("multiprocessing.managers")  # type: Any
    return (managers.BaseProxy,) if managers is not None else ()


def tap_proxies(things):
    """Give proxies of managers their taps. things: all objects."""
    if not classes():
        return
    tap = _tap_module("running_managers")
    for proxy in things:
        if issubclass(type(proxy), classes()):
            own = attributes(proxy)
            if own.get("_rockproc") is None and "_token" in own:
                own["_rockproc"] = tap.tap_of(own["_token"])


def note_task(frame):
    """Note the task that this process runs as the worker of a pool. frame: the innermost one of the main thread."""
    if "multiprocessing.queues" not in sys.modules:
        return
    queues = _tap_module("running_queues")
    while frame is not None and frame.f_code not in queues.workers:
        frame = frame.f_back
    if frame is not None:
        queues.begin_earlier(frame)


def _tap_module(name):
    return importing.without_lazy_imports(__import__, "%s.%s" % (taps.__name__, name), None, None, ["WEAVES"])
