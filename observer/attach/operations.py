"""The operation that a thread is inside of, by its frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..model import Site
from .interpreter import Frame
from .shared_objects import is_library

_OPERATIONS = {
    ("synchronize.py", "__enter__"): "acquire",
    ("synchronize.py", "wait"): "wait",
    ("synchronize.py", "wait_for"): "wait",
    ("synchronize.py", "notify"): "notify",
    ("synchronize.py", "notify_all"): "notify",
    ("synchronize.py", "set"): "set",
    ("threading.py", "wait"): "wait",
    ("queues.py", "get"): "get",
    ("queues.py", "put"): "put",
    ("queues.py", "join"): "join",
    ("queues.py", "_feed"): "feed",
    ("queues.py", "_finalize_join"): "flush",
    ("connection.py", "recv"): "recv",
    ("connection.py", "recv_bytes"): "recv",
    ("connection.py", "recv_bytes_into"): "recv",
    ("connection.py", "send"): "send",
    ("connection.py", "send_bytes"): "send",
    ("connection.py", "poll"): "poll",
    ("connection.py", "wait"): "wait",
    ("process.py", "join"): "join",
    ("process.py", "result"): "result",
    ("_base.py", "result"): "result",
    ("_base.py", "as_completed"): "result",
    ("_base.py", "wait"): "result",
    ("pool.py", "get"): "result",
    ("pool.py", "wait"): "result",
    ("pool.py", "next"): "result",
    ("pool.py", "join"): "join",
    ("managers.py", "_callmethod"): "call",
}
"""The operations that frames of standard modules belong to, by file and function."""
_MANAGERS = "/multiprocessing/managers.py"
_BOUNDARIES = {
    "_bootstrap",
    "_exit_function",
    "_handle_results",
    "_handle_tasks",
    "_handle_workers",
    "_process_worker",
    "_run_finalizers",
    "handle_request",
    "main",
    "run",
    "serve_client",
    "serve_forever",
    "worker",
}
"""Functions that the standard modules call for themselves: what is further out did not ask for this wait."""


_OF_ITS_OWN = {
    "_launch",
    "connect_to_new_process",
    "ensure_running",
    "get_connection",
    "serve_one",
    "spawn_main",
}
"""Functions with which multiprocessing starts a process or passes a file on: it waits for its own helpers."""


class Operation(msgspec.Struct, frozen=True):
    name: str
    """The model's name of the operation; empty where the frames do not show it."""
    frame: Frame | None
    """The frame of the standard module's function that the program has called."""
    site: Site | None
    """The innermost line of the program's own code."""
    own: bool = False
    """True while multiprocessing waits for a helper of its own, for instance while it starts a process."""

    @property
    def several_results(self) -> int | None:
        """Return the address of the set of futures for which `wait()` or `as_completed()` still waits."""
        if self.frame is None or self.name != "result":
            return None
        name = {"as_completed": "pending", "wait": "not_done"}.get(self.frame.function.rpartition(".")[2], "")
        return self.frame.local_variables.get(name)

    @property
    def subject(self) -> int | None:
        """The address of the object whose method it is."""
        return self.frame.local_variables.get("self") if self.frame is not None else None


def operation(frames: Sequence[Frame]) -> Operation:
    """Return the operation of a thread: the outermost function of the standard modules that the program has called.

    Args:
        frames: the frames of the thread, the innermost first.
    """
    found, name, in_manager = None, "", False
    frames = list(_without_proxies(frames))
    for frame in frames:
        function = frame.function.rpartition(".")[2]
        in_manager = in_manager or frame.code.path.endswith(_MANAGERS)
        if function == "serve_client" and name == "recv":
            return Operation("", None, None, own=True)  # the server of a manager waits for the next call
        if not is_library(frame) or function in _BOUNDARIES:
            break
        if function in _OF_ITS_OWN:
            return Operation("", None, _site(frames), own=True)
        known = _OPERATIONS.get((frame.code.path.rpartition("/")[2], function))
        if known is not None:
            found, name = frame, known
            if known in ("feed", "flush"):
                break
    if in_manager and name in ("recv", "send", "poll"):
        # The connection to a manager, over which for instance an object is made, is no Pipe of the program.
        return Operation("", None, _site(frames), own=True)
    return Operation(name, found, _site(frames))


def _without_proxies(frames: Sequence[Frame]) -> Iterator[Frame]:
    """Leave out the methods of proxies, which `managers.MakeProxyType` makes from a text without a file."""
    inner = ""
    for frame in frames:
        if frame.code.path != "<string>" or inner != "_callmethod":
            yield frame
        inner = frame.function.rpartition(".")[2]


def _site(frames: Sequence[Frame]) -> Site | None:
    """Return the innermost line of the program. Frames outside of `_bootstrap` are those of a forked child's parent."""
    for frame in frames:
        if frame.function.rpartition(".")[2] == "_bootstrap":
            return None
        if not is_library(frame):
            return frame.site
    return None
