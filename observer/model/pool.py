"""A Pool or an executor, and its workers."""

from __future__ import annotations

import msgspec

from .keys import PoolKey, ProcessKey
from .site import Site

FINAL = ("terminated", "broken")
"""Values of `Pool.ended` after which no further task is run."""


class Worker(msgspec.Struct, frozen=True):
    """A process that runs a pool's tasks, or a thread of a ThreadPool."""

    process: ProcessKey
    name: str
    thread: int = 0
    """The ident of the thread; 0 for a process."""
    alive: bool = True
    running: int = 0
    """The number of tasks it has received and not finished: several if they come in chunks.

    For a worker that has ended, the number at its end.
    """
    task: str = ""
    """The call, such as `square(3)`, or the first call of a chunk; only the function's name if it left no record."""
    since: float | None = None
    done: int = 0
    failed: int = 0

    @property
    def lost(self) -> int:
        """The number of tasks whose results were lost because the worker has ended."""
        return 0 if self.alive else self.running


class Pool(msgspec.Struct):
    """A Pool, ThreadPool or ProcessPoolExecutor.

    Its counts are of tasks, which are calls that the program has requested. Each item of a `map` is one task.
    """

    key: PoolKey
    kind: str
    name: str
    site: Site | None = None
    owner: ProcessKey | None = None
    """The key of the process that created it."""
    size: int = 0
    """The number of workers that it was created with."""
    limit: int | None = None
    """The number of tasks after which a worker is replaced; a `Pool` counts chunks of tasks."""
    workers: tuple[Worker, ...] = ()
    """The living workers, and those that ended while they ran a task."""
    employed: int = 0
    """The number of workers that the pool has started so far."""
    submitted: int = 0
    taken_up: int = 0
    """Tasks that a worker has begun, or has received in a chunk."""
    done: int = 0
    failed: int = 0
    """Tasks that raised an exception, or whose arguments or result could not be pickled."""
    cancelled: int = 0
    iterables: int = 0
    """The number of iterables of `imap()` that are still being read: each item that they give is another task."""
    nothing_on_its_way: bool = False
    """True if a reading from outside has seen that no result is being sent, read or given to a callback.

    Of a program with the probe, the waits of its threads show that.
    """
    handover_thread: int | None = None
    """The ident of the owner's thread that hands over results and runs callbacks; None where it is not known."""
    handover_ended: bool = False
    """True if a reading from outside has seen that this thread has ended, although results are still to come."""
    ended_without_task: int = 0
    """The number of workers that have ended without a task since `untouched`, as repeated readings from outside show.

    Of a program with the probe, the processes show that.
    """
    untouched: float | None = None
    """The moment since which readings from outside have seen the same tasks waiting; None with the probe."""
    unsent: int = 0
    """Tasks that failed before a worker received them."""
    asked: int = 0
    """The number of results that the program has requested, and with them their exceptions."""
    ended: str = ""
    """The way it ended: `closed`, `terminated`, or `broken` (a worker of an executor has ended); empty before that."""
    error: str = ""
    """The last exception of a task."""
    handover_error: str = ""
    """The first exception that prevented the delivery of a result: it was raised by a callback or by unpickling."""
    handover_site: Site | None = None
    """The line of the program that raised `handover_error`."""
    callback_raised: bool = False
    """True if a callback raised `handover_error`; otherwise the thread that delivers results has ended."""
    broken_by: tuple[ProcessKey, ...] = ()
    """The keys of the worker processes whose end broke the executor."""
    read_by: tuple[ProcessKey, ...] = ()
    """The keys of processes that ended while they received a task: they may hold the lock of the task queue."""
    stalled: float | None = None
    """The time since which tasks are waiting although no worker runs one."""
    internal: bool = False
    """True if a library created it for internal use."""
    shared_with_unobserved: tuple[ProcessKey, ...] = ()
    """The keys of unobserved processes that have or had it open; no count includes their operations."""
    library_site: Site | None = None
    """The line of the library that created it, if `site` is the line of the user's code that called the library."""

    @property
    def running(self) -> int:
        return sum(worker.running for worker in self.workers if worker.alive)

    @property
    def lost(self) -> int:
        return sum(worker.lost for worker in self.workers)

    @property
    def unfinished(self) -> int:
        """The number of tasks that were begun or received and will not be finished.

        They follow the first failure in a chunk, or their worker was ended by the pool.
        """
        return max(self.taken_up - self.done - self.failed + self.unsent - self.running - self.lost, 0)

    @property
    def waiting(self) -> int:
        """The number of submitted tasks that no worker has received. A terminated or broken pool never runs them."""
        return max(self.submitted - self.taken_up - self.unsent - self.cancelled, 0)
