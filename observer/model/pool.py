"""A Pool or an executor, and its workers."""

from __future__ import annotations

from dataclasses import dataclass

from .keys import PoolKey, ProcessKey
from .site import Site

FINAL = ("terminated", "broken")
"""Values of `Pool.ended` after which no further task is run."""


@dataclass(frozen=True)
class Worker:
    """A process that runs a pool's tasks, or a thread of a ThreadPool."""

    process: ProcessKey
    name: str
    thread: int = 0
    """0 for a process."""
    alive: bool = True
    running: int = 0
    """Tasks in its hands: more than one where they travel in chunks. Of one that has died: those that were."""
    task: str = ""
    """The call, `square(3)`, of a chunk the first one; the function's name alone where a fast loop leaves no record."""
    since: float | None = None
    done: int = 0
    failed: int = 0

    @property
    def lost(self) -> int:
        """Tasks that it has taken along: nobody will ever have their results."""
        return 0 if self.alive else self.running


@dataclass
class Pool:
    """A Pool, ThreadPool or ProcessPoolExecutor.

    What it counts are tasks: calls that the program has asked for. Each item of a `map` is one.
    """

    key: PoolKey
    kind: str
    name: str
    site: Site | None = None
    owner: ProcessKey | None = None
    """Key of the process that made it."""
    size: int = 0
    """Workers that it is to have."""
    limit: int | None = None
    """Tasks (chunks of them, of a Pool) after which a worker is replaced."""
    workers: tuple[Worker, ...] = ()
    """The living workers, and those that have died while they ran a task."""
    employed: int = 0
    """The number of workers that it has had until now."""
    submitted: int = 0
    taken: int = 0
    """Taken up by a worker."""
    done: int = 0
    failed: int = 0
    """Raised, or not to be pickled on the way there or back."""
    cancelled: int = 0
    unsent: int = 0
    """Failed before a worker had them."""
    asked: int = 0
    """The number of results that the program has asked for, so that it would get their exceptions."""
    ended: str = ""
    """closed, terminated, or broken: a worker of an executor has ended."""
    error: str = ""
    """The last exception of a task."""
    handover_error: str = ""
    """The first exception that kept a result from being handed over: of a callback, or of unpickling the result."""
    handover_site: Site | None = None
    """The line of the program that raised it."""
    callback_raised: bool = False
    """True if a callback raised it; otherwise the thread that hands over the results has ended."""
    broken_by: tuple[ProcessKey, ...] = ()
    """Keys of the processes with whose end an executor broke."""
    read_by: tuple[ProcessKey, ...] = ()
    """Keys of the processes that have died while they got a task, perhaps with the lock that is needed for that."""
    stalled: float | None = None
    """Since when tasks have been waiting while no worker has one."""
    internal: bool = False
    """Made by a library for an object of its own."""
    shared_with_unobserved: tuple[ProcessKey, ...] = ()
    """Keys of the unobserved processes that have or had it open; no count includes their operations."""
    library_site: Site | None = None
    """The line of the library that made it, where `site` is the line of the user's code that called the library."""

    @property
    def running(self) -> int:
        return sum(worker.running for worker in self.workers if worker.alive)

    @property
    def lost(self) -> int:
        return sum(worker.lost for worker in self.workers)

    @property
    def unfinished(self) -> int:
        """Taken up and given up: behind the first failure in a chunk, or with a worker that the pool has ended."""
        return max(self.taken - self.done - self.failed + self.unsent - self.running - self.lost, 0)

    @property
    def waiting(self) -> int:
        """Submitted, and not yet taken up. For one that is terminated or broken: never to be."""
        return max(self.submitted - self.taken - self.unsent - self.cancelled, 0)
