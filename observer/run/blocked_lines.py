"""The lines at which threads wait for other threads of their process, read from the memory of the process.

No tap announces such a wait, so its line is in no record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..model import Blocked, BlockedPlace, Process, World

if TYPE_CHECKING:
    from ..attach.interpreter import Frame, PythonThread
    from ..attach.memory import ProcessMemory

_PATIENCE_SECONDS = 1.0
"""The shortest wait that is examined."""
_REPEAT_SECONDS = 2.0
"""The time after which a main thread is read again that sleeps beside another thread that waits."""
_MAX_PROCESSES = 20
"""The largest number of processes that are read in one poll."""
_DESCRIPTION_BYTES = 4096
"""The C library's description of a thread holds its number within this many bytes."""
_MACHINERY = (
    *("/multiprocessing/", "/threading.py", "/concurrent/", "/logging/", "/queue.py"),
    *("/asyncio/", "/selectors.py", "<frozen "),
)
"""Parts of the names of files that are no code of the program."""


class BlockedLines:
    """Keeps `world.blocked_places`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read: dict[tuple[int, int], float] = {}
        """The time at which the present wait of a thread began or was last read, by process and thread number."""

    def look(self, at: float) -> None:
        """Read the threads that have begun to wait since the last look, and whose wait lasts.

        Args:
            at: seconds since launch.
        """
        left = _MAX_PROCESSES
        for process in self._world.living_processes:
            waiting = {
                state.number: state.since
                for state in process.other_threads or ()
                if state.blocked is Blocked.THREAD and state.confirmed and at - state.since > _PATIENCE_SECONDS
            }
            if process.pid is not None and _sleeps_beside_a_wait(process, at):
                waiting[process.pid] = at // _REPEAT_SECONDS
            elif process.pid not in waiting:
                self._forget_end(process)
            new = [number for number, since in waiting.items() if self._read.get((process.key, number)) != since]
            if not new or not left or process.pid is None:
                continue
            left -= 1
            self._read |= {(process.key, number): waiting[number] for number in waiting}
            self._note(process, process.pid, set(waiting))

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self._read = {thread: since for thread, since in self._read.items() if thread[0] in known}
        for thread in [thread for thread in self._world.blocked_places if thread[0] not in known]:
            del self._world.blocked_places[thread]

    def _forget_end(self, process: Process) -> None:
        thread = process.key, process.main_thread or 0
        place = self._world.blocked_places.get(thread)
        if place is not None and place.is_over:
            del self._world.blocked_places[thread]

    def _note(self, process: Process, pid: int, numbers: set[int]) -> None:
        # Most runs have no such wait.
        from ..attach.event_loops import is_over
        from ..attach.interpreter import Interpreter, NotReadable
        from ..attach.memory import ProcessMemory, UnreadableMemory, read_mappings

        try:
            with ProcessMemory(pid) as memory:
                threads = Interpreter(memory, read_mappings(pid)).threads()
                numbers_of = _numbers(threads, process, pid, memory)
        except (OSError, NotReadable, UnreadableMemory, ValueError):
            return
        known = {state.number: state.ident for state in process.other_threads or ()}
        for thread in threads:
            native = numbers_of.get(thread.ident)
            if native in numbers:
                sites = [
                    frame.site for frame in thread.frames if not any(part in frame.code.path for part in _MACHINERY)
                ]
                puts = sum(_is_put(frame) for frame in thread.frames)
                place = BlockedPlace(
                    sites[0] if sites else None,
                    nested_put=puts > 1,
                    feeds_in_import=_feeds_in_import(thread.frames),
                    is_over=is_over(thread.frames),
                )
                ident = thread.ident
                if native != pid and known.get(native, 0) is None:
                    ident = -native  # a thread whose ident no tap has seen goes by its number
                self._world.blocked_places[process.key, ident] = place


def _sleeps_beside_a_wait(process: Process, at: float) -> bool:
    """Return whether the main thread waits with a time-out, or sleeps, and another thread waits in a tapped operation.

    Args:
        process: the process.
        at: seconds since launch.
    """
    others = any(wait.thread != process.main_thread and at - wait.since > _PATIENCE_SECONDS for wait in process.waits)
    return others and any(
        state.number == process.pid and state.blocked is Blocked.NO for state in process.other_threads or ()
    )


def _numbers(threads: Sequence[PythonThread], process: Process, pid: int, memory: ProcessMemory) -> dict[int, int]:
    """Return the kernel's number of each thread, by its ident.

    Before 3.11 Python does not store it. The C library does, at the same place of each thread's description, whose
    address is the ident; that place is found by the main thread, whose number is the pid.
    """
    found = {thread.ident: thread.native for thread in threads if thread.native is not None}
    main = process.main_thread
    if main is None or len(found) == len(threads):
        return found
    found[main] = pid
    place = next((at for at in range(0, _DESCRIPTION_BYTES, 4) if _int32(memory, main + at) == pid), None)
    if place is not None:
        for thread in threads:
            number = _int32(memory, thread.ident + place)
            if number is not None:
                found.setdefault(thread.ident, number)
    return found


def _int32(memory: ProcessMemory, address: int) -> int | None:
    from ..attach.memory import UnreadableMemory

    try:
        return memory.int32(address)
    except (OSError, UnreadableMemory):
        return None


def _is_put(frame: Frame) -> bool:
    return frame.function.rpartition(".")[2] == "put" and frame.code.path.endswith("multiprocessing/queues.py")


def _feeds_in_import(frames: Sequence[Frame]) -> bool:
    """Return whether the innermost frame is one of the import system, in the feeder thread of a Queue."""
    return bool(frames) and "importlib._bootstrap" in frames[0].code.path and any(map(_is_feed, frames))


def _is_feed(frame: Frame) -> bool:
    return frame.function.rpartition(".")[2] == "_feed" and frame.code.path.endswith("multiprocessing/queues.py")
