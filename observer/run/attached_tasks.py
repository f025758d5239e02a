"""Tasks of the pools of a running program, as its workers report them since the probe was loaded into it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace
from rockproc.probe import records
from rockproc.probe.layout import LABEL_WORD, WORKER_DONE, WORKER_FAILED, WORKER_TAKEN_UP, Kind, Op

from ..journals.reader import CellState, Record
from ..model import Pool, Worker, World
from ..model.keys import PoolKey, ProcessKey
from ..trackers.pools import WorkerCell


class AttachedTasks:
    """Adds to pools what their workers have done.

    The probe knows a pool by its queue of tasks, and a reading from outside by its address. Each worker process serves
    one pool, by which the two are known to be the same.
    """

    def __init__(self) -> None:
        self._pools: dict[int, PoolKey] = {}
        """The keys from outside by the keys of the probe."""
        self._calls: dict[tuple[int, int], tuple[int, str]] = {}
        """The number of tasks that a worker had begun at its last record, and the last call, by pid and thread."""
        self._errors: dict[int, str] = {}
        """The last exception of a task, by the probe's key of the pool."""
        self._cells: list[WorkerCell] = []
        self._past: list[CellState] = []

    def apply(self, pid: int, record: Record) -> None:
        if record.kind == Kind.TASK:
            task = records.Task.unpack(record)
            self._calls[pid, record.thread] = task.taken_up, task.call
        elif record.kind == Kind.FAILED:
            self._errors[record.key] = records.Failed.unpack(record).error

    def count(self, cells: Iterable[WorkerCell], past: Iterable[CellState]) -> None:
        """Replace the cells of all workers.

        Args:
            cells: the cells of living workers.
            past: the sums of the cells of ended workers, one for each pool.
        """
        self._cells, self._past = list(cells), list(past)

    def add_to(self, world: World) -> None:
        """Add the tasks that have ended, and those that are run, to the pools of a world that was read from outside."""
        placed: defaultdict[PoolKey, list[WorkerCell]] = defaultdict(list)
        ended: defaultdict[PoolKey, list[CellState]] = defaultdict(list)
        for worker in self._cells:
            process = world.processes.get(ProcessKey(worker.source.journal.pid))
            if process is not None and process.pool is not None:
                self._pools[worker.cell.key] = process.pool
                placed[process.pool].append(worker)
        for cell in self._past:
            if cell.key in self._pools:
                ended[self._pools[cell.key]].append(cell)
        for key, pool in world.pools.items():
            self._add_to_pool(pool, placed[key], ended[key])

    def _add_to_pool(self, pool: Pool, placed: list[WorkerCell], past: list[CellState]) -> None:
        by_process = {ProcessKey(worker.source.journal.pid): worker for worker in placed}
        pool.workers = tuple(
            self._seen(worker, by_process[worker.process]) if worker.process in by_process else worker
            for worker in pool.workers
        )
        cells = [*(worker.cell for worker in placed), *past]
        done, failed = sum(cell[WORKER_DONE] for cell in cells), sum(cell[WORKER_FAILED] for cell in cells)
        if done + failed == pool.done + pool.failed:
            return  # it is the same reading as before
        # The tasks that have ended are added to those that are still to come, which were read from outside.
        more = done + failed - pool.done - pool.failed
        pool.done, pool.failed = done, failed
        pool.submitted, pool.taken_up = pool.submitted + more, pool.taken_up + more
        pool.error = next((self._errors[cell.key] for cell in cells if cell.key in self._errors), "")

    def _seen(self, worker: Worker, placed: WorkerCell) -> Worker:
        """Return a worker with its counts, and with its call if it runs one; whether it does was read from outside."""
        cell = placed.cell
        worker = replace(worker, done=cell[WORKER_DONE], failed=cell[WORKER_FAILED])
        if not worker.running or cell.op != Op.TASK:
            return worker
        taken_up, call = self._calls.get((placed.source.journal.pid, cell.thread), (0, ""))
        label = placed.source.methods.get(cell[LABEL_WORD], "a task")
        task = call if taken_up == cell[WORKER_TAKEN_UP] else label
        return replace(worker, task=task, since=placed.since if cell.since else None)
