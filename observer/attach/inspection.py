"""Reads the processes of an observed run that carry no probe."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from ..kernel.procfs import descendants, living
from ..model import World
from .descriptors import descriptors
from .memory import read_mappings
from .process_tree import ProcessEntry, read_entry
from .program_clock import Seen
from .repeated_readings import RepeatedReadings
from .semaphores import semaphore_mappings
from .world_builder import WorldBuilder

MAX_CPU_SHARE = 0.02
"""The largest share of one core that all of this may take."""
LOOK_INTERVAL_SECONDS = 1.0
_FILE, _DELETED = "sem.", " (deleted)"


class Inspected(msgspec.Struct, frozen=True):
    """The result of reading some processes at one moment."""

    began: float
    """The start of the reading, in `time.monotonic()`. Later changes may be missing."""
    world: World
    """The processes, whose keys are their pids, and the objects that they have open."""
    semaphore_names: dict[int, str]
    """The names of the files of semaphores, without their prefix, by inode."""
    pids: frozenset[int]
    """The pids of all living processes of the run after the reading."""
    open_elsewhere: frozenset[int]
    """Inodes of semaphores, pipes and sockets that other processes of the run have open."""


class Inspection:
    """Reads processes as `Attachment` does, but only those that it is told to read. Close it after use."""

    def __init__(self, keeper_pid: int, main_pid: int, launched: float) -> None:
        """Prepare to read.

        Args:
            keeper_pid: the process of which all processes of the run are descendants.
            main_pid: the main process of the run.
            launched: when the run began, in `time.monotonic()`: the times of the world are seconds since then.
        """
        self._keeper_pid = keeper_pid
        self._main_pid = main_pid
        self._launched = launched
        self._readings = RepeatedReadings(MAX_CPU_SHARE / 2)
        self._entries: dict[int, ProcessEntry] = {}
        self._seen: Seen = {}

    def look(self, pids: Iterable[int], others: Collection[int]) -> tuple[Inspected | None, float]:
        """Return what the processes do, and the seconds that must pass until the next look.

        None is returned if none of the processes lives.

        Args:
            pids: the processes to read.
            others: the other living processes of the run.
        """
        began, used = time.monotonic(), time.thread_time()
        before = self._living()
        entries = {pid: entry for pid in pids if (entry := read_entry(pid, self._entries.get(pid))) is not None}
        self._entries = entries
        readings, reads = self._readings.update(list(entries.values()), sparing=True, keep_unreadable=True)
        reading_seconds = time.thread_time() - used if reads else 0.0
        if reads:
            self._readings.rest(reading_seconds)
        found = None
        if readings:
            after = self._living()
            elsewhere = {*others, *after} - {reading.pid for reading in readings}
            shares = any(reading.semaphores or any(reading.channel_inodes()) for reading in readings)
            shared, all_readable = _open_in(elsewhere) if shares else (frozenset[int](), True)
            complete = before == after and all_readable
            world = WorldBuilder(self._root(), readings, self._seen, complete=complete).build()
            names: dict[int, str] = {}
            for reading in readings:
                names.update(_semaphore_names(reading.pid))
            found = Inspected(began, world, names, after, shared)
        rest = (time.thread_time() - used - reading_seconds) / (MAX_CPU_SHARE / 2)
        return found, max(rest, LOOK_INTERVAL_SECONDS)

    def _living(self) -> frozenset[int]:
        return frozenset(pid for pid, _ in descendants(self._keeper_pid, living()))

    def _root(self) -> ProcessEntry:
        """Return the main process, with the launch of the run as its start, from which the times are counted."""
        entry = read_entry(self._main_pid) or next(iter(self._entries.values()))
        age = time.monotonic() - self._launched
        return replace(entry, pid=self._main_pid, started=time.clock_gettime(time.CLOCK_BOOTTIME) - age)

    def close(self) -> None:
        self._readings.close()


def _semaphore_names(pid: int) -> Iterator[tuple[int, str]]:
    with suppress(OSError):
        mappings = read_mappings(pid)
        inodes = set(semaphore_mappings(mappings).values())
        for mapping in mappings:
            if mapping.inode in inodes:
                yield mapping.inode, mapping.path.rpartition("/")[2].removesuffix(_DELETED).removeprefix(_FILE)


def _open_in(pids: Iterable[int]) -> tuple[frozenset[int], bool]:
    """Return the inodes of what these processes have open, and whether each one that lives may be read."""
    found: set[int] = set()
    all_readable = True
    for pid in pids:
        try:
            found.update(semaphore_mappings(read_mappings(pid)).values())
            found.update(descriptor.inode for descriptor in descriptors(pid).values())
        except PermissionError:
            all_readable = False
        except OSError:
            continue  # it has ended
    return frozenset(found), all_readable
