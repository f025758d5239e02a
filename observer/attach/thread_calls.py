"""Tells which methods a thread may still call that end the waits of others, from its frames and their source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..model.calls import ANYTHING
from ..source.called_methods import called_methods
from .interpreter import Code, Frame, Interpreter, PythonThread
from .memory import UnreadableMemory
from .pending_callbacks import pending_callbacks
from .shared_objects import SharedObjects, is_library, is_library_path

_METHOD_FUNCTION, _METHOD_SELF = 16, 24
_C_DEFINITION = 16
_PARTIAL_FUNCTION = 16
_MAX_DEPTH = 3
_MAX_ARGUMENTS = 20
_THREAD_ATTRIBUTES = ("_target", "_args", "_kwargs", "function", "args", "kwargs")
"""The attributes of a Thread, a Process and a Timer that say what it calls."""
_RUNNING = ("/threading.py", "/multiprocessing/process.py")
_OWN_FUNCTIONS = frozenset(
    {"_feed", "_handle_workers", "_handle_tasks", "_handle_results", "_worker", "_monitor"}
    | {"_queue_management_worker", "add_call_item_to_queue", "wait_result_broken_or_wakeup"},
)
"""Functions of the standard modules' own threads. What these call of the program is on the stack while it runs; the
`_monitor` of logging takes from a queue."""


class ThreadCalls:
    """Finds what the threads of one process may call."""

    def __init__(self, interpreter: Interpreter, objects: SharedObjects) -> None:
        self._interpreter = interpreter
        self._objects = objects
        self._memory = interpreter.memory

    def of_thread(self, thread: PythonThread) -> frozenset[str]:
        """Return what a thread may call; `ANYTHING` is in it where that is not known."""
        frames = list(_until_bootstrap(thread.frames))
        program = [frame for frame in frames if not is_library(frame)]
        found: set[str] = set()
        for frame in program:
            found |= self._of_code(frame.code)
            for value in frame.local_variables.values() if frame.function != "<module>" else ():
                found |= self.of_value(value)
        if any(is_library(frame) and frame.function.rpartition(".")[2] in _OWN_FUNCTIONS for frame in frames):
            for callback in pending_callbacks(self._interpreter.objects, frames):
                found |= self.of_value(callback)
            return frozenset(found)
        given = [value for frame in frames for value in self._given(frame)]
        for value in given:
            found |= self.of_value(value)
        return frozenset(found if program or given else {ANYTHING})

    def of_function(self, address: int | None) -> frozenset[str]:
        """Return what a function may call."""
        code = self.code(address)
        return self._of_code(code) if code is not None else frozenset({ANYTHING})

    def code(self, address: int | None) -> Code | None:
        """Return the code object of a function."""
        with suppress(UnreadableMemory):
            return self._interpreter.code_of(address) if address is not None else None
        return None

    def _of_code(self, code: Code) -> frozenset[str]:
        if is_library_path(code.path):
            return frozenset()
        found = called_methods(source_path(self._memory.pid, code.path), code.first_line, code.function)
        if found is None:
            is_part = code.function.startswith("<") and code.function not in ("<module>", "<lambda>")
            return frozenset() if is_part else frozenset({ANYTHING})
        return found

    def _given(self, frame: Frame) -> Iterator[int]:
        """Yield the functions and arguments with which a Thread, a Timer or a Process was made."""
        this = frame.local_variables.get("self")
        if frame.function.rpartition(".")[2] != "run" or not frame.code.path.endswith(_RUNNING) or this is None:
            return
        with suppress(UnreadableMemory):
            attributes = self._interpreter.objects.attributes(this)
            yield from (attributes[name] for name in _THREAD_ATTRIBUTES if name in attributes)

    def of_value(self, address: int, depth: int = 0) -> frozenset[str]:
        """Return what happens when a value is called, or each item of a container."""
        try:
            return frozenset(self._called(address, depth)) if depth < _MAX_DEPTH else frozenset()
        except UnreadableMemory:
            return frozenset()

    def _called(self, address: int, depth: int) -> Iterable[str]:
        objects, memory = self._interpreter.objects, self._memory
        kind = objects.type_name(address)
        if kind == "function":
            return self.of_function(address)
        if kind == "method":
            return self._bound(address)
        if kind == "builtin_function_or_method":
            name = memory.c_string(memory.pointer(memory.pointer(address + _C_DEFINITION)))
            return [f".{name}"] if "SemLock" in objects.type_name(memory.pointer(address + _METHOD_SELF)) else []
        if kind == "functools.partial":
            return self.of_value(memory.pointer(address + _PARTIAL_FUNCTION), depth + 1)
        items: Iterable[int] = ()
        if kind in ("list", "tuple"):
            items = objects.items(address)[:_MAX_ARGUMENTS]
        elif kind == "dict":
            items = [value for _, value in objects.dict_items(address)][:_MAX_ARGUMENTS]
        return {call for item in items for call in self.of_value(item, depth + 1)}

    def _bound(self, method: int) -> Iterable[str]:
        code = self.code(self._memory.pointer(method + _METHOD_FUNCTION))
        if code is None:
            return [ANYTHING]
        thing = self._objects.bound_to(method)
        if thing is None:
            return self._of_code(code)
        name = thing.names[0].rpartition(".")[2].partition("[")[0] if thing.names else ""
        return [f"{name}.{code.function}"]


def _until_bootstrap(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield the frames of a thread. Beyond `_bootstrap`, a forked child has the frames of its parent."""
    for frame in frames:
        yield frame
        if frame.function.rpartition(".")[2] == "_bootstrap":
            return


def source_path(pid: int, path: str) -> str:
    """Return where a file of a program is for us: the program may have another root, or name it by its own folder."""
    if not path.startswith("/"):
        return f"/proc/{pid}/cwd/{path}"
    return path if _same_root(pid) else f"/proc/{pid}/root{path}"


def _same_root(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/root/.").samefile("/")
    return False
