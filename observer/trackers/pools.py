"""Pools and executors: their workers, the tasks that these run, and what becomes of the tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace
from rockproc.probe import records
from rockproc.probe.layout import (
    ASKED_WORD,
    IMAP_READ_BIT,
    LABEL_WORD,
    POOL,
    POOL_CANCELLED,
    POOL_IMAPS,
    POOL_SUBMITTED,
    POOL_UNSENT,
    WORKER_DONE,
    WORKER_FAILED,
    WORKER_TAKEN_UP,
    Closed,
    Kind,
    Op,
)

from ..decoding.errors import without_addresses
from ..journals.reader import CellState, Record
from ..model import Pool, Site, Worker, World
from ..model.keys import PoolKey, ProcessKey
from ..model.pool import FINAL
from ..source.names import ObjectNames
from .source import Source

_ENDS = {Closed.CLOSED: "closed", Closed.TERMINATED: "terminated", Closed.BROKEN: "broken"}


class WorkerCell(NamedTuple):
    source: Source
    cell: CellState
    since: float


class PoolTracker:
    """Keeps `world.pools` up to date.

    What workers have done comes from their cells, which are still there when a worker is killed.
    """

    def __init__(self, world: World, names: ObjectNames) -> None:
        self._world = world
        self._names = names
        self._named: set[tuple[str, Site | None]] = set()
        self._employed: dict[PoolKey, dict[tuple[ProcessKey, int], str]] = defaultdict(dict)
        """Names of workers that may be alive, by pool and by process and thread."""
        self._by_pid: dict[int, tuple[ProcessKey, PoolKey]] = {}
        """Keys of a worker's process and pool."""
        self._missed: set[ProcessKey] = set()
        """Keys of processes that have ended while their pool went on."""
        self._cut: dict[tuple[PoolKey, ProcessKey], Worker] = {}
        """The workers that have ended within a task, for whatever reason, by pool and process."""
        self._calls: dict[tuple[ProcessKey, int], tuple[int, str]] = {}
        """The number of tasks that a thread had begun at its last record, and the last call, by process and thread."""
        self.functions: defaultdict[ProcessKey, set[str]] = defaultdict(set)
        """The names of the functions that a process has run as tasks, as far as records say so."""

    def apply(self, source: Source, record: Record, _at: float) -> None:
        kind = record.kind
        if kind == Kind.POOL:
            self._made(source, record)
        elif kind == Kind.REAPED:
            self._reaped(source, records.Reaped.unpack(record).pid)
        elif kind == Kind.TASK:
            task = records.Task.unpack(record)
            self._calls[source.process.key, record.thread] = task.taken_up, task.call
            self.functions[source.process.key].add(task.call.partition("(")[0])
        elif record.key in self._world.pools:
            pool = self._world.pools[PoolKey(record.key)]
            if kind == Kind.WORKER:
                self._employ(pool, source, records.Worker.unpack(record))
            elif kind == Kind.BROKEN:
                worker = ProcessKey(records.Broken.unpack(record).worker)
                self._missed.add(worker)
                pool.broken_by = (*pool.broken_by, worker)
            elif kind == Kind.FAILED:
                pool.error = without_addresses(records.Failed.unpack(record).error)
            elif kind == Kind.HANDS_OVER:
                pool.handover_thread = record.thread
            elif kind == Kind.NOT_HANDED_OVER and not pool.handover_error:
                failure = records.NotHandedOver.unpack(record)
                pool.handover_error, pool.callback_raised = without_addresses(failure.error), failure.by_callback
                pool.handover_site = source.site(record.site)
            elif kind == Kind.CLOSED and pool.ended not in FINAL:
                pool.ended = _ENDS.get(records.Closed.unpack(record).how, "closed")

    def _made(self, source: Source, record: Record) -> None:
        key, made, site = PoolKey(record.key), records.Pool.unpack(record), source.site(record.site)
        library_site = source.in_library.pop(key, None)
        name = self._name("Pool" if made.kind == "ThreadPool" else made.kind, site, library_site)
        self._world.pools[key] = Pool(
            key,
            made.kind,
            name,
            site,
            owner=source.process.key,
            size=made.workers,
            limit=made.task_limit or None,
            library_site=library_site,
        )

    def _name(self, kind: str, site: Site | None, library_site: Site | None) -> str:
        """Return a name: the channels of the first pool that is made at a line were announced before and have it."""
        again = (kind, site) in self._named
        self._named.add((kind, site))
        if again:
            return self._names.name(kind, site, library_site).text
        return self._names.of_owner(kind, site, library_site)

    def _employ(self, pool: Pool, source: Source, worker: records.Worker) -> None:
        pool.employed += 1
        process = self._world.processes.get(ProcessKey(worker.handle))
        if process is None:
            self._employed[pool.key][source.process.key, worker.thread] = worker.name
            return
        process.pool = pool.key
        self._employed[pool.key][process.key, 0] = worker.name
        if process.pid is not None:
            self._by_pid[process.pid] = process.key, pool.key

    def _reaped(self, source: Source, pid: int) -> None:
        """Note that a running pool has collected one of its workers: the tasks that the worker ran are lost."""
        if pid not in self._by_pid:
            return
        process, key = self._by_pid[pid]
        pool = self._world.pools.get(key)
        if pool is not None and pool.owner == source.process.key and pool.ended not in FINAL:
            self._missed.add(process)

    def died_reading(self, process: ProcessKey, channel: int) -> None:
        """Note that a process has ended within a `get`."""
        pool = self._world.pools.get(PoolKey(POOL | channel))
        if pool is not None and process in self._missed and process not in pool.read_by:
            pool.read_by = (*pool.read_by, process)

    def forget(self) -> None:
        """Drop what concerns pools and processes that are no longer in the world."""
        pools, processes = self._world.pools, self._world.processes
        for key in self._employed.keys() - pools.keys():
            del self._employed[key]
        self._by_pid = {
            pid: (process, pool)
            for pid, (process, pool) in self._by_pid.items()
            if process in processes and pool in pools
        }
        self._missed &= processes.keys()
        self._cut = {
            (pool, process): worker
            for (pool, process), worker in self._cut.items()
            if pool in pools and process in processes
        }
        for key in self.functions.keys() - processes.keys():
            del self.functions[key]
        self._calls = {
            (process, thread): call for (process, thread), call in self._calls.items() if process in processes
        }

    def known(self) -> set[int]:
        """Return the keys that cells of these objects may have."""
        return set(self._world.pools)

    def count(
        self, owners: Iterable[CellState], workers: Iterable[WorkerCell], past: Iterable[CellState], at: float
    ) -> None:
        """Set the counts and workers of all pools.

        Args:
            owners: the cells of all threads that submit tasks.
            workers: the cells of all workers whose journals are still there.
            past: the cells of all other workers, one for each pool.
            at: the present moment.
        """
        submitted: dict[PoolKey, list[CellState]] = defaultdict(list)
        worked: dict[PoolKey, list[CellState]] = defaultdict(list)
        known: dict[PoolKey, dict[tuple[ProcessKey, int], Worker]] = defaultdict(dict)
        for cell in owners:
            submitted[PoolKey(cell.key)].append(cell)
        for cell in past:
            worked[PoolKey(cell.key)].append(cell)
        for placed in workers:
            key = PoolKey(placed.cell.key)
            worked[key].append(placed.cell)
            worker = self._worker(placed)
            known[key][worker.process, worker.thread] = worker
            if worker.running and not worker.alive:
                self._cut[key, worker.process] = worker
        for key, pool in self._world.pools.items():
            pool.submitted = sum(cell[POOL_SUBMITTED] for cell in submitted[key])
            pool.unsent = sum(cell[POOL_UNSENT] for cell in submitted[key])
            if pool.kind not in ("Pool", "ThreadPool"):
                pool.cancelled = sum(cell[POOL_CANCELLED] for cell in submitted[key])
            else:
                imaps = sum(cell[POOL_IMAPS] for cell in submitted[key])
                pool.iterables = (imaps & ((1 << IMAP_READ_BIT) - 1)) - (imaps >> IMAP_READ_BIT)
            pool.asked = sum(cell[ASKED_WORD] for cell in submitted[key])
            pool.done = sum(cell[WORKER_DONE] for cell in worked[key])
            pool.failed = sum(cell[WORKER_FAILED] for cell in worked[key]) + pool.unsent
            pool.taken_up = sum(cell[WORKER_TAKEN_UP] for cell in worked[key])
            pool.workers = (*self._living(pool, known[key]), *self._lost(key))
            stalled = pool.waiting and not pool.running and pool.ended not in FINAL
            pool.stalled = (pool.stalled or at) if stalled else None

    def _worker(self, placed: WorkerCell) -> Worker:
        process, cell = placed.source.process, placed.cell
        pool = self._world.pools.get(PoolKey(cell.key))
        thread = cell.thread if pool is not None and pool.kind == "ThreadPool" else 0
        done, failed = cell[WORKER_DONE], cell[WORKER_FAILED]
        worker = Worker(process.key, process.name, thread, process.state.alive, done=done, failed=failed)
        if cell.op != Op.TASK:
            return worker
        taken_up, call = self._calls.get((process.key, cell.thread), (0, ""))
        label = cell[LABEL_WORD]
        name = call if taken_up == cell[WORKER_TAKEN_UP] else placed.source.methods.get(label, "a task")
        return replace(worker, running=cell.number, task=name, since=placed.since)

    def _living(self, pool: Pool, known: dict[tuple[ProcessKey, int], Worker]) -> list[Worker]:
        """Return the workers that live, with what their cells say if they have had a task yet."""
        found: list[Worker] = []
        employed = self._employed[pool.key]
        for identity, name in list(employed.items()):
            process = self._world.processes.get(identity[0])
            if process is None or not process.state.alive or (identity[1] and pool.ended in FINAL):
                del employed[identity]
                if process is not None:
                    process.task = None
                continue
            worker = replace(known.get(identity) or Worker(process.key, name, identity[1]), name=name)
            found.append(worker)
            if not identity[1]:
                process.task = worker if worker.running else None
        return found

    def _lost(self, key: PoolKey) -> list[Worker]:
        return [worker for (pool, process), worker in self._cut.items() if pool == key and process in self._missed]
