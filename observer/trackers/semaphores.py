"""Finds out where the semaphores of locks and queues are mapped in the processes of a run."""

from __future__ import annotations

from collections.abc import Set

from rockproc.probe import records

from ..journals.reader import Record
from ..kernel.semaphores import Semaphore, Unreachable, mapped_at, open_semaphore
from ..model import World
from ..model.keys import ChannelKey, LockKey, ProcessKey
from .source import Source


class SemaphoreTracker:
    """Stores where the makers of locks and queues have mapped their semaphores."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[int, tuple[ProcessKey, tuple[int, ...]]] = {}
        """The maker of each object, and the addresses of its semaphores there; see `records.Semaphores`."""
        self._newest: dict[tuple[ProcessKey, int], int] = {}
        """The key of the object that a process made last with a semaphore at an address."""

    def apply(self, source: Source, record: Record, _at: float) -> None:
        addresses = records.Semaphores.unpack(record).addresses
        maker = source.process.key
        self._made[record.key] = maker, addresses
        for address in addresses:
            self._newest[maker, address] = record.key

    def open(self, key: LockKey | ChannelKey) -> list[Semaphore]:
        """Open the semaphores of an object, in the order of `records.Semaphores`. Raises Unreachable."""
        if key not in self._made:
            raise Unreachable("where its semaphore lies is not known")
        maker, addresses = self._made[key]
        pid = self._who_has(key, maker, addresses)
        opened: list[Semaphore] = []
        try:
            for address in addresses:
                opened.append(open_semaphore(pid, address))
        except Unreachable:
            for semaphore in opened:
                semaphore.close()
            raise
        return opened

    def _who_has(self, key: int, maker: ProcessKey, addresses: tuple[int, ...]) -> int:
        """Return the pid of a living process that has the semaphores: the maker, or one that was forked from it.

        A forked process has what its parent had, at the same addresses, until it makes something else there.
        """
        for process in self._world.processes.values():
            if process.pid is None or not process.state.alive:
                continue
            own = process.key == maker
            if not own and not self._is_forked_from(process.key, maker):
                continue
            newest = [self._newest.get((process.key, address)) for address in addresses]
            if any(made not in (None, key) for made in newest):
                continue
            try:
                if all(mapped_at(process.pid, address) for address in addresses):
                    return process.pid
            except OSError:
                continue
        raise Unreachable("no living process is known to have it")

    def _is_forked_from(self, process: ProcessKey, maker: ProcessKey) -> bool:
        by_pid = {other.pid: other for other in self._world.processes.values() if other.pid is not None}
        current, seen = self._world.processes.get(process), set[int]()
        while current is not None and current.key not in seen:
            if current.key == maker:
                return True
            if current.start_method not in (None, "", "fork"):
                return False
            seen.add(current.key)
            current = by_pid.get(current.parent) if current.parent is not None else None
        return False

    def forget(self, known: Set[int]) -> None:
        """Drop what concerns other objects than these."""
        self._made = {key: made for key, made in self._made.items() if key in known}
        self._newest = {place: key for place, key in self._newest.items() if key in self._made}
