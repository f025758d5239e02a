"""The threads that could still bring a result of a pool: its workers, and the thread that hands over results."""

from __future__ import annotations

from rockproc.probe.layout import POOL

from ..model import Blocked, Pool, Process, Thread, ThreadState, Wait, World
from ..model.keys import ChannelKey, ProcessKey
from ..model.pool import FINAL
from .blocking import Blocking, Need, Provider
from .living_threads import LivingThreads, ident_of
from .reach import Reach

_EXECUTOR_STALLED_SECONDS = 2.0
"""Seconds for which an executor may have no worker although tasks wait: starting a process takes a moment."""
_THREADS_KNOWN_SECONDS = 4.0
"""The time within which each thread of an executor is sampled at least once after its waits begin."""
_MAX_SAMPLED_PROCESSES = 64
"""The number of living processes above which a sample reads only some of the threads."""


class PoolResults:
    """Finds who could end a wait for a result of a Pool or an executor."""

    def __init__(self, world: World, threads: LivingThreads, reach: Reach) -> None:
        self._world = world
        self._threads = threads
        self._reach = reach

    def result(self, found: Blocking, pool: Pool) -> None:
        """Add the threads that could bring the result for which a thread waits."""
        found.need = Need.RESULT
        busy = [worker for worker in pool.workers if worker.alive and worker.running]
        found.ended.extend(worker.process for worker in pool.workers if not worker.alive and worker.lost)
        if pool.ended in FINAL:
            # `join()` returns when the workers have ended, and threads finish their task before that. In a broken
            # executor, threads that wait get an exception.
            found.able = pool.ended == "broken" or (found.wait is not None and found.wait.op == "join")
            return
        if self.handover_ended(pool) or (pool.handover_error and pool.kind not in ("Pool", "ThreadPool")):
            return
        if (delivering := self._callback_waits(pool)) is not None:
            # Whichever worker has the result, only this thread could hand it over.
            if delivering != found.thread:
                found.providers.append(Provider(delivering))
            return
        if pool.kind != "Pool" and not busy and self.no_thread_delivers(pool):
            return
        serving = busy if busy and not self._may_take(pool) else [worker for worker in pool.workers if worker.alive]
        for worker in serving:
            process = self._world.processes.get(worker.process)
            if process is not None and process.state.alive:
                found.providers.append(Provider((process.key, worker.thread or process.main_thread or 0)))
        if not serving and pool.waiting:
            # A Pool replaces its workers, however often they end; an executor needs a moment for that.
            stalled = pool.stalled is not None and self._world.now - pool.stalled >= _EXECUTOR_STALLED_SECONDS
            found.able = pool.kind == "Pool" or not (stalled and self._no_thread_starts_workers(pool, found))
        if not busy and not pool.waiting:
            found.providers.clear()  # no worker has a task, and there is none to be taken
            workers = [process for process in self._world.processes.values() if process.pool == pool.key]
            last = max((worker.ended or 0.0 for worker in workers), default=0.0)
            found.able = (
                pool.submitted == 0
                or pool.iterables > 0
                or self._world.now - max(last, found.since) < 1.0
                or not (pool.handover_error or pool.nothing_on_its_way or self._all_wait(pool, workers))
            )

    def handover_ended(self, pool: Pool) -> bool:
        """Return True if the thread that hands over the results of a pool has ended before all were handed over."""
        return pool.handover_ended and pool.submitted > 0

    def callback_waits(self, pool: Pool) -> bool:
        """Return True if the thread that hands over the results of a pool waits for something in a callback."""
        return self._callback_waits(pool) is not None

    def _callback_waits(self, pool: Pool) -> Thread | None:
        """Return the thread that hands over the results of a pool, if it waits for something in a callback."""
        owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
        if owner is None:
            return None
        idents = {pool.handover_thread} if pool.handover_thread is not None else self._result_readers(pool)
        for wait in owner.waits:
            channel = self._world.channels.get(ChannelKey(wait.key))
            waits_for_results = channel is not None and channel.internal
            target = self._world.processes.get(ProcessKey(wait.key)) if wait.op == "join" else None
            ends_worker = target is not None and target.pool == pool.key
            if wait.thread in idents and not (waits_for_results or ends_worker) and self._threads.has_lasted(wait):
                return owner.key, wait.thread
        return None

    def _result_readers(self, pool: Pool) -> set[int]:
        """Return the idents of the owner's threads that have read from the results of a Pool, which is always one."""
        if pool.kind != "Pool":
            return set()
        workers = {worker.process for worker in pool.workers}
        found: set[int] = set()
        for channel in self._world.channels.values():
            access = self._reach.access(channel.key)
            # Workers also write to the connections of managers, from which any thread of the owner may read.
            is_result = channel.internal and channel.kind == "SimpleQueue"
            if is_result and not workers.isdisjoint(process for process, _ in access.writers):
                found |= {thread for process, thread in access.readers if process == pool.owner}
        return found

    def no_thread_delivers(self, pool: Pool) -> bool:
        """Return True if the thread of an executor that hands over results has ended, or waits for a result itself.

        That thread runs, or it waits for files (the pipe of the results), unless a callback blocks it. So no thread of
        the executor's process may run or wait for files, or for anything else but a result of the same executor; and
        each worker must wait for a task.
        """
        owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
        if owner is None or not owner.probed or owner.other_threads is None or owner.handlers or not pool.submitted:
            return False
        if len(self._threads.processes) > _MAX_SAMPLED_PROCESSES:
            return False
        workers = [process for process in self._world.processes.values() if process.pool == pool.key]
        tapped = {wait.thread for wait in owner.waits}
        untapped = [state for state in owner.other_threads if ident_of(owner, state) not in tapped]
        waits = [*owner.waits, *(wait for worker in workers for wait in worker.waits)]
        return (
            owner.main_thread in tapped
            and all(self._world.now - wait.since >= _THREADS_KNOWN_SECONDS for wait in waits)
            and all(wait.op == "result" and wait.key == pool.key for wait in owner.waits)
            and all(state.blocked is Blocked.THREAD and state.confirmed for state in untapped)
            and self._workers_wait(pool, workers)
        )

    def idle_workers(self, owner: ProcessKey) -> set[ProcessKey]:
        """Return the keys of the workers of all pools of a process that wait for their next task."""
        return {
            worker.key
            for pool in self._world.pools.values()
            if pool.owner == owner
            for worker in self._threads.processes
            if worker.pool == pool.key and any(self._gets(wait, pool) for wait in worker.waits)
        }

    def _all_wait(self, pool: Pool, workers: list[Process]) -> bool:
        """Return True if each worker waits for its next task, and the thread that delivers results for the next one.

        Otherwise a result may still be pickled, sent, unpickled or given to a callback, and a worker may be ending.
        Each of these may take any time. The thread of an executor waits in a call that is not observed.
        """
        owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
        delivers = owner is not None and any(self._delivers(wait, workers) for wait in owner.waits)
        return delivers and self._workers_wait(pool, workers)

    def _workers_wait(self, pool: Pool, workers: list[Process]) -> bool:
        """Return True if each worker of a pool waits for its next task."""
        living = {(worker.process, worker.thread) for worker in pool.workers if worker.alive}
        living |= {(worker.key, 0) for worker in workers if worker.state.alive}
        for key, ident in living:
            process = self._world.processes.get(key)
            if process is None:
                return False
            thread = ident or process.main_thread or 0
            if not any(wait.thread == thread and self._gets(wait, pool) for wait in process.waits):
                return False
        return True

    def _no_thread_starts_workers(self, pool: Pool, found: Blocking) -> bool:
        """Return True if no thread of an executor's process is about to start a worker.

        The thread that hands over results does so, unless it waits for files: otherwise it may be running a callback.
        Another thread that runs or sleeps could only do so by requesting a further task, which is unlikely.
        """
        process = self._world.processes.get(pool.owner) if pool.owner is not None else None
        if process is None or process.other_threads is None:
            return False
        tapped = {wait.thread for wait in process.waits}
        states = [state for state in process.other_threads if ident_of(process, state) not in tapped]
        main = (process.key, process.main_thread or 0)
        if main != found.thread and process.main_thread not in tapped:
            return False
        waiting = [state for state in states if state.blocked and state.confirmed]
        others = [state for state in states if state not in waiting]
        if others and not any(_waits_for_results(state, pool) for state in waiting):
            return False
        found.providers += [Provider((process.key, ident_of(process, state)), likely=False) for state in others]
        return True

    def _gets(self, wait: Wait, pool: Pool) -> bool:
        """Return True if a worker waits for a task of this pool."""
        return wait.op == "get" and POOL | wait.key == pool.key and self._threads.has_lasted(wait)

    def _delivers(self, wait: Wait, workers: list[Process]) -> bool:
        """Return True if a thread waits for a result from these workers, and none is in the queue."""
        channel = self._world.channels.get(ChannelKey(wait.key))
        if (
            wait.op != "get"
            or channel is None
            or not channel.internal
            or channel.depth
            or not self._threads.has_lasted(wait)
        ):
            return False
        writers = {process for process, _ in self._reach.access(channel.key).writers}
        return any(worker.key in writers for worker in workers)

    def _may_take(self, pool: Pool) -> bool:
        """Return whether an idle worker may take up a task that is still waiting."""
        return bool(pool.waiting) and any(worker.alive and not worker.running for worker in pool.workers)


def _waits_for_results(state: ThreadState, pool: Pool) -> bool:
    """Return True if it is the thread that hands over the results of a pool, and it waits for one."""
    return state.ident is not None and state.ident == pool.handover_thread and state.blocked is Blocked.FILES
