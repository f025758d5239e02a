"""Combines the readings of all processes of a program that were made at one moment."""

from __future__ import annotations

from ..model.keys import ManagedKey
from .identified_objects import IdentifiedObjects
from .pool_histories import PoolHistories
from .process_tree import ProcessEntry
from .program_clock import ProgramClock, Seen
from .reading import ProcessReading
from .semaphore_states import SemaphoreStates


class ProgramReading:
    """The readings of one moment, and the objects that several processes share."""

    def __init__(
        self,
        root: ProcessEntry,
        readings: list[ProcessReading],
        seen: Seen,
        *,
        complete: bool,
        pool_histories: PoolHistories | None = None,
    ) -> None:
        """Identify the objects of a program.

        Args:
            root: its main process.
            readings: of all its processes.
            seen: the result of the previous reading; it is updated.
            complete: no process has begun or ended while they were read.
            pool_histories: those of earlier readings; they are updated.
        """
        self.root = root
        self.readings = readings
        self.complete = complete
        self.pool_histories = pool_histories or PoolHistories()
        self.clock = ProgramClock(root, readings, seen)
        self.objects = IdentifiedObjects(readings)
        self.semaphores = SemaphoreStates(readings, complete=complete)
        self.incomplete_stacks = False
        """True if frames that would matter could not be read, because the thread ran at that moment."""
        self.managed_keys: dict[tuple[str, str], ManagedKey] = {}
        """The objects of managers, by the address of the server and the identity of the object there."""
        self._outer_pids = {reading.inner_pid: reading.pid for reading in readings if reading.inner_pid != reading.pid}

    def outer_pid(self, inner: int | None) -> int | None:
        """Return the pid of a process that the program knows by another one, in a pid namespace of its own."""
        return self._outer_pids.get(inner, inner) if inner is not None else None

    def parent_of(self, entry: ProcessEntry) -> ProcessReading | None:
        return next((reading for reading in self.readings if reading.pid == entry.ppid), None)

    def is_child(self, reading: ProcessReading) -> bool:
        """Return True for a child of the program that is no helper: a forkserver's children have its command line."""
        return runs_a_process(reading) or self._comes_from_forkserver(reading.entry)

    def _comes_from_forkserver(self, entry: ProcessEntry) -> bool:
        """Return True if the parent is a forkserver, and not one of its children, which may have a forkserver too."""
        parent = self.parent_of(entry)
        return parent is not None and parent.entry.helper == "forkserver" and not self.is_child(parent)

    def is_starting(self, reading: ProcessReading) -> bool:
        """Return True if a process has not yet read what its parent has sent it, or cannot be read itself."""
        entry = reading.entry
        if entry.pid == self.root.pid or not entry.python or entry.state in "ZX":
            return False
        if not reading.python or not entry.arguments:
            return True
        return self.start_method(entry) in ("spawn", "forkserver") and not runs_a_process(reading)

    def start_method(self, entry: ProcessEntry) -> str | None:
        """Return the start method of a process, from its command line and its parent's; None if it has none."""
        parent = self.parent_of(entry)
        if entry.pid == self.root.pid or parent is None:
            return None
        if self._comes_from_forkserver(entry):
            return "forkserver"
        if "multiprocessing.spawn" in " ".join(entry.arguments):
            return "spawn"
        of_parent = parent.entry.executable, parent.entry.arguments
        return "fork" if (entry.executable, entry.arguments) == of_parent else None


def runs_a_process(reading: ProcessReading) -> bool:
    """Return whether it is a child of the forkserver, and not a helper itself."""
    main = reading.main_thread
    frames = main.python.frames if main is not None and main.python is not None else ()
    return any(frame.function.rpartition(".")[2] in ("_bootstrap", "_exit_function") for frame in frames)
