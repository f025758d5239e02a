"""The operations that the threads of observed processes are inside of, as their cells describe them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from rockproc.probe.layout import LABEL_WORD, OP_NAMES, CellKind

from ..journals.reader import CellState
from ..model import Wait, World
from ..model.keys import ChannelKey, LockKey, ManagedKey, PoolKey, ProcessKey
from ..trackers.channels import ChannelTracker
from ..trackers.locks import LockTracker
from ..trackers.source import Source

_MAX_NAMES = 3
"""The number of objects that are named in a wait for several at once."""


class CellWaits:
    """Turns the cell of an operation that has not ended into a wait with the names that the program uses."""

    def __init__(
        self, world: World, channels: ChannelTracker, locks: LockTracker, seconds: Callable[[int], float]
    ) -> None:
        """Create it for one run.

        Args:
            world: the world.
            channels: knows the channel of each end.
            locks: knows which object a lock belongs to.
            seconds: converts a moment of the probe to seconds of the run.
        """
        self._world = world
        self._channels = channels
        self._locks = locks
        self._seconds = seconds

    def wait(self, source: Source, cell: CellState, at: float) -> Wait:
        """Return the wait of a thread that is inside of an operation, as its cell describes it."""
        key, name = self._name(cell) if cell.kind != CellKind.AWAIT else self._names(source, cell)
        # It may have begun between the moment of this look and the reading of the cells.
        since = min(self._seconds(cell.since), at) if cell.since else self._seen_since(source, cell, at)
        op = OP_NAMES[cell.op] if cell.kind != CellKind.MANAGED else source.methods.get(cell[LABEL_WORD], "call")
        end = cell.key if cell.kind == CellKind.CHANNEL else 0
        keys = self._awaited_keys(source, cell) if cell.kind == CellKind.AWAIT else ()
        together = cell.key if cell.kind == CellKind.AWAIT else 0
        site = source.site(cell.site)
        return Wait(op, name, key, since, site, cell.thread, cell.timed, end, cell.nested, keys, together)

    def _awaited_keys(self, source: Source, cell: CellState) -> tuple[int, ...]:
        """Return the keys of the objects for which a thread waits at once; empty if one of them is not known."""
        awaited = source.awaited.get(cell.key)
        if awaited is None or awaited.count != len(awaited.keys) or 0 in awaited.kinds:
            return ()
        return tuple(awaited.keys)

    def _seen_since(self, source: Source, cell: CellState, at: float) -> float:
        """Return when a wait in a fast loop was first seen: the loop does not record the beginning of each wait."""
        counts = (cell.op, cell.first, cell.second, cell.third)
        known, since = source.waits.get((cell.key, cell.thread), (None, at))
        if known != counts:
            since = at
            source.waits[cell.key, cell.thread] = (counts, since)
        return since

    def _name(self, cell: CellState) -> tuple[int, str]:
        """Return the key and name of the object of a cell."""
        if cell.kind == CellKind.CHANNEL:
            key = self._channels.channel_of(cell.key)
            channel = self._world.channels.get(ChannelKey(key))
            return key, self._channels.end_name(cell.key, OP_NAMES[cell.op]) if channel is not None else ""
        if cell.kind in (CellKind.LOCK, CellKind.WAIT, CellKind.SIGNAL):
            key = self._locks.owner(LockKey(cell.key))
            lock = self._world.locks.get(key)
            return key, lock.name if lock is not None else ""
        if cell.kind == CellKind.MANAGED:
            managed = self._world.managed.get(ManagedKey(cell.key))
            return cell.key, managed.name if managed is not None else "a proxy"
        if cell.kind == CellKind.POOL:
            pool = self._world.pools.get(PoolKey(cell.key))
            return cell.key, pool.name if pool is not None else "a pool"
        process = self._world.processes.get(ProcessKey(cell.key))
        return cell.key, process.name if process is not None else ""

    def _names(self, source: Source, cell: CellState) -> tuple[int, str]:
        """Return the key and name of what a thread waits for; the key is 0 if it waits for several objects at once."""
        awaited = source.awaited.get(cell.key)
        if awaited is None:
            return 0, ""
        count = awaited.count
        names: list[str] = []
        for kind, key, type_name in islice(zip(awaited.kinds, awaited.keys, awaited.types, strict=True), _MAX_NAMES):
            name = self._name(cell._replace(kind=kind, key=key))[1] if kind else ""
            if kind == CellKind.CHANNEL:
                name = name or "a connection"
            elif not kind:
                name = f"a {type_name}" if type_name != "int" else "a sentinel"
            if count == 1:
                return key, name
            names.append(name)
        more = f" and {count - len(names)} more" if count > len(names) else ""
        return 0, f"any of {', '.join(names)}{more}" if names else ""
