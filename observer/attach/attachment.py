"""Reads a running program: its processes, and the present operation of each."""

from __future__ import annotations

import time

from ..model import RunState, World
from ..model.keys import ManagedKey
from .descriptors import pair_ends
from .pool_histories import PoolHistories
from .process_tree import ProcessEntry, descendants, orphans, process_table, program_root
from .program_clock import Seen
from .reading import ENDED, FORBIDDEN, ProcessReading
from .repeated_readings import RepeatedReadings
from .system_calls import SUPPORTED
from .world_builder import WorldBuilder

MAX_CPU_SHARE = 0.01
"""The largest share of one core that reading processes again may take, apart from `AttachedRun`'s own work."""


class AttachError(Exception):
    """The program cannot be attached to; the message is one line that says why and what would help."""


class Attachment:
    """Reads the program to which a process belongs. Raises AttachError when there is no such process."""

    def __init__(self, pid: int) -> None:
        table = process_table()
        if pid not in table:
            raise AttachError(f"there is no process {pid}. `rockproc-tui attach` lists those that can be chosen.")
        if not SUPPORTED:
            raise AttachError("only x86-64 and aarch64 Linux are supported.")
        self.root: ProcessEntry = table[program_root(table, pid)]
        self.started: dict[int, float] = {}
        """The start of each process at the last reading, by which a reused pid is detected; see `kernel.identity`."""
        self.complete = False
        """True if no process has begun or ended during the last `read`."""
        self.cpu_seconds: dict[int, float] = {}
        self.managed_keys: dict[tuple[str, str], ManagedKey] = {}
        """See `ProgramReading`, as of the last `read`."""
        self.socket_peers: dict[int, int] = {}
        """The other end of each connected socket, as far as it is known, by inode, as of the last `read`."""
        self.incomplete_stacks = False
        """True if the last `read` did not get frames that would matter: another one may."""
        self._table = table
        self._readings = RepeatedReadings(MAX_CPU_SHARE)
        self._seen: Seen = {}
        self._pool_histories = PoolHistories()
        self._orphans: set[int] = set()
        self._searched: set[int] = set()
        """The processes that were known at the last search for processes of the program whose parent has ended."""
        self.reading_seconds = 0.0
        """The CPU time that the last `read` spent on reading processes again, which `MAX_CPU_SHARE` limits."""

    def read(self, *, sparing: bool = False) -> World:
        """Return the present state. Raises AttachError if the program has ended or may not be read.

        A process none of whose threads has run since the last call is not read again.

        Args:
            sparing: others are read again only for as long as that takes no more than `MAX_CPU_SHARE`; in between,
                they count as running.
        """
        table = self._table = process_table(self._table)
        root = table.get(self.root.pid)
        if root is None or root.started != self.root.started:
            raise AttachError(f"process {self.root.pid} has ended.")
        began = time.thread_time()
        members = descendants(table, self.root.pid)
        # A process that was a descendant, and whose parent has ended since, still belongs to the program.
        lost = {pid for pid, started in self.started.items() if pid in table and table[pid].started == started}
        self._orphans = lost - set(members)
        pids = [pid for pid in (*members, *sorted(self._orphans)) if pid in table]
        readings, reads = self._readings.update([table[pid] for pid in pids], sparing=sparing)
        if not sparing or self._searched != self.started.keys():
            self._searched = set(pids)
            readings += self._read_orphans(table, readings)
        self.reading_seconds = time.thread_time() - began if reads else 0.0
        if reads:
            self._readings.rest(self.reading_seconds)
        main = readings[0]
        if not main.python:
            raise AttachError(_reason(main))
        # A process that has begun or ended meanwhile may be the one that holds a lock.
        after = descendants(process_table(self._table), self.root.pid)
        self.complete = after == descendants(table, self.root.pid)
        return self._world(readings)

    @property
    def readings(self) -> list[ProcessReading]:
        """The result of the last `read` for each process."""
        return self._readings.all()

    def close(self) -> None:
        """Close the memory files of the processes."""
        self._readings.close()

    def _read_orphans(self, table: dict[int, ProcessEntry], readings: list[ProcessReading]) -> list[ProcessReading]:
        """Search the whole machine for processes of the program whose parent has ended."""
        semaphores = {inode for reading in readings for inode in reading.semaphores.values()}
        pipes = {inode for reading in readings for inode in reading.channel_inodes()}
        pipes |= pair_ends(pipes)
        found = orphans(table, [reading.pid for reading in readings], semaphores, pipes)
        new = {descendant for pid in found for descendant in descendants(table, pid)}
        self._orphans |= new
        return self._readings.add(table[pid] for pid in sorted(new))

    def _world(self, readings: list[ProcessReading]) -> World:
        self.started = {reading.pid: reading.entry.started for reading in readings}
        self.cpu_seconds = {reading.pid: reading.entry.cpu_seconds for reading in readings}
        builder = WorldBuilder(
            self.root, readings, self._seen, complete=self.complete, pool_histories=self._pool_histories
        )
        world = builder.build()
        self.managed_keys = builder.managed_keys
        self.socket_peers, self.incomplete_stacks = builder.socket_peers, builder.incomplete_stacks
        world.state = RunState.RUNNING
        return world


def _reason(reading: ProcessReading) -> str:
    """Return the reason why a program cannot be read, and what would help."""
    if reading.entry.state in "ZX":
        return f"process {reading.pid} has ended; it is a zombie, because its parent has not collected it."
    if reading.problem == ENDED:
        return f"process {reading.pid} has ended while it was read."
    name = reading.entry.executable.rpartition("/")[2] or "another user's"
    if reading.problem == FORBIDDEN:
        return (
            f"the system does not permit reading process {reading.pid} ({name}). Run rockproc-tui as the same user or "
            "with sudo; on Linux: sudo sysctl kernel.yama.ptrace_scope=0; in a container: "
            "docker run --cap-add SYS_PTRACE."
        )
    return f"process {reading.pid} ({name}): {reading.problem[0].lower()}{reading.problem[1:]}"
