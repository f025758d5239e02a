"""Tells whether a function that has not yet touched an object may be meant to end a wait for it, by what it calls."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Process, Wait, World
from ..model.calls import ANYTHING, CALLBACK, RAISES

_ALARMS = ("SIGALRM", "SIGVTALRM", "SIGPROF")
"""Signals that a program sends to itself after a time."""
_PUT = ("put", "put_nowait", "send", "send_bytes")
_GET = ("get", "get_nowait", "recv", "recv_bytes", "recv_bytes_into")
_ENDING = {
    "Event": ("set",),
    "Condition": ("notify", "notify_all"),
    "Barrier": ("abort", "reset"),
}
"""Methods that end a `wait()`, by the kind of the object."""


def ending_methods(op: str, kind: str) -> tuple[str, ...]:
    """Return the methods of an object that end a wait in one of its operations.

    Args:
        op: the operation that waits.
        kind: of the object: `Event`, `Queue`, …
    """
    if op == "wait":
        return _ENDING.get(kind, ())
    if op == "is_set":
        return ("set",)
    if op in ("get", "get_nowait", "empty", "recv", "poll"):
        return _PUT
    if op in ("put", "send", "feed", "flush"):
        return _GET
    return {"acquire": ("release",), "join": ("task_done",)}.get(op, ())


class EndingCalls:
    """Compares what threads and signal handlers may call with what would end a wait."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._names: dict[str, set[int]] = {}
        """The keys of the objects by the last part of their names."""
        for named in (*world.locks.values(), *world.channels.values(), *world.managed.values()):
            for part in named.name.split(" ⇄ "):
                self._names.setdefault(_last_name(part), set()).add(named.key)

    def may_end(self, calls: Iterable[str], wait: Wait, kind: str) -> bool:
        """Return True if one of these calls ends the wait, or if they are not known."""
        methods = ending_methods(wait.op, kind)
        for call in calls:
            receiver, _, method = call.rpartition(".")
            if call in (ANYTHING, CALLBACK) or (method in methods and self._may_be(receiver, wait.key)):
                return True
        return False

    def handler_may_end(self, process: Process, wait: Wait, kind: str) -> bool:
        """Return True if a signal handler of a process is known to do what ends the wait."""
        known = [call for handler in process.handlers for call in handler.calls if call != ANYTHING]
        return self.may_end(known, wait, kind)

    def _may_be(self, receiver: str, key: int) -> bool:
        """Return True unless another object has this name."""
        return not receiver or receiver not in self._names or key in self._names[receiver]


def alarm_raises(process: Process) -> bool:
    """Return True if an alarm, which ends what the main thread of a process does after a time, raises an exception."""
    return any(handler.signal in _ALARMS and RAISES in handler.calls for handler in process.handlers)


def _last_name(name: str) -> str:
    """Return `inbox` for `Worker.inbox`, and `queues` for `queues[2]`."""
    return name.partition("#")[0].rpartition(".")[2].partition("[")[0]
