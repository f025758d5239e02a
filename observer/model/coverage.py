"""Computes how much of a run is observed, on which every count and every "clean" depends."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .channel import Channel
from .lock import Lock
from .pool import Pool
from .process import Process, UnobservedReason
from .shared_value import SharedValue
from .snapshot import Snapshot

SharedObject = Channel | Lock | Pool | SharedValue

_CHILD_COMMANDS = ("multiprocessing.", "multiprocess.", "billiard.", "loky.", "joblib.")
"""Prefixes of the modules that the commands of workers name, of multiprocessing and of copies of it."""
_PARTS_OF_THE_PROGRAM = ("main", "process", "fork", "forkserver")
"""Roles of processes that run the program's own code, or start those that do."""
_UNCOUNTED = ("resource tracker",)
"""Roles of processes that do nothing but what multiprocessing itself asks of them."""


class Unobserved(msgspec.Struct, frozen=True):
    """A process of the run that does not carry the probe."""

    process: Process
    reason: UnobservedReason
    shares: tuple[str, ...]
    """Names of the objects that it has or had open."""
    belongs: bool
    """True if it is a part of the program, and so may have used any of the program's objects."""

    @property
    def hides(self) -> bool:
        """Return True if the process may have used objects of others, whose counts are then incomplete."""
        return self.belongs or bool(self.shares)


class Coverage(msgspec.Struct, frozen=True):
    """The processes of a run, and those of them that are not observed."""

    processes: int
    """The number of processes that have or had a pid, without resource trackers."""
    observed: int
    unobserved: tuple[Unobserved, ...]
    inspected: int = 0
    """The number of unobserved processes whose waits and locks are read from outside."""
    forgotten_parts: int = 0
    """Unobserved processes of the program that are no longer listed."""
    subinterpreters: int = 0
    """Interpreters that observed processes have created beside their main one. Code in them is not observed."""

    @property
    def hiding(self) -> tuple[Unobserved, ...]:
        """Return the unobserved processes whose actions may be missing in what is shown of others."""
        return tuple(unobserved for unobserved in self.unobserved if unobserved.hides)

    @property
    def _lacks_processes(self) -> bool:
        return self.forgotten_parts > 0 or any(unobserved.belongs for unobserved in self.unobserved)

    def is_complete(self, shared: SharedObject) -> bool:
        """Return whether the counts of an object are complete."""
        return not shared.shared_with_unobserved and not self._lacks_processes


def coverage_of(snapshot: Snapshot) -> Coverage:
    """Return how much of a run is observed by the moment of a snapshot."""
    counted = [process for process in snapshot.processes if process.pid is not None and process.role not in _UNCOUNTED]
    unobserved = tuple(_unobserved(process, snapshot) for process in counted if is_unobserved(process))
    forgotten = snapshot.forgotten
    processes = len(counted) + forgotten.processes
    return Coverage(
        processes=processes,
        observed=processes - len(unobserved) - forgotten.unobserved,
        unobserved=unobserved,
        inspected=sum(process.process.inspected for process in unobserved),
        forgotten_parts=forgotten.unobserved_parts,
        subinterpreters=forgotten.subinterpreters + sum(process.subinterpreters for process in counted),
    )


def is_unobserved(process: Process) -> bool:
    """Return whether a process that has a pid does not carry the probe, or carries it no longer."""
    counts = process.pid is not None and process.role not in _UNCOUNTED
    if process.unobserved is UnobservedReason.KILLED_AT_START:
        return False  # there is nothing that could be missing
    return counts and (process.unobserved is not None or not process.probed)


def is_part_of_program(process: Process) -> bool:
    """Return whether an unobserved process may have used any object of the program."""
    if process.unobserved is UnobservedReason.EXEC:
        return False  # until it executed the other program, it was observed
    if process.unobserved is UnobservedReason.DROPPED_PRIVILEGES:
        return True  # it began as a process of the program, and what it has open may not be readable
    return process.role in _PARTS_OF_THE_PROGRAM or any(word in (process.command or "") for word in _CHILD_COMMANDS)


def _unobserved(process: Process, snapshot: Snapshot) -> Unobserved:
    objects: Iterable[SharedObject] = (*snapshot.channels, *snapshot.locks, *snapshot.pools, *snapshot.values)
    shares = tuple(dict.fromkeys(item.name for item in objects if process.key in item.shared_with_unobserved))
    reason = process.unobserved or UnobservedReason.UNKNOWN
    return Unobserved(process, reason, shares, is_part_of_program(process))
