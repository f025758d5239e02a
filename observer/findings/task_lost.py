"""A worker of a Pool has ended while it ran a task, and the result of the task will never come.

A Pool replaces a worker that was killed or has called `os._exit()`, and does not notice that its task is lost: `map()`
and `get()` wait for ever. Wait with `get(timeout)`, or use a ProcessPoolExecutor, which raises BrokenProcessPool. A
worker that is killed although nobody has asked for it may have used too much memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Pool, Process, Severity, Site, Verdict, Wait, Worker, World
from ..model.keys import ProcessKey
from .providers import Need
from .rule import Facts, Rule
from .sentences import thread_name

_PATIENCE = 1.0
"""Seconds; a worker takes up its next task sooner."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for pool in world.pools.values():
        if pool.ended == "broken":
            yield _broken(world, pool)
        elif pool.kind == "Pool":
            for worker in pool.workers:
                if worker.lost:
                    yield _lost(facts, pool, worker)
            if pool.read_by and pool.stalled is not None and world.now - pool.stalled >= _PATIENCE:
                yield _stuck(world, pool)


def _lost(facts: Facts, pool: Pool, worker: Worker) -> Finding:
    world = facts.world
    waiting = [
        blocking
        for blocking in facts.waits.blockings.values()
        if blocking.need is Need.RESULT and blocking.key == pool.key
    ]
    dead = [wait for wait in waiting if wait.thread in facts.waits.dead]
    for index, cause in enumerate(facts.waits.causes):
        if cause.primary.need is Need.RESULT and cause.primary.key == pool.key:
            facts.explained.add(index)
    first = (dead or waiting or [None])[0]
    then = (
        f"{thread_name(first.thread, world)} waits for the result for ever"
        if dead and first is not None
        else ("its result will never come")
    )
    return Finding(
        "task-lost",
        Severity.ERROR if dead else Severity.WARNING,
        Verdict.ORPHANED if dead else Verdict.CERTAIN,
        f"{worker.name} {_how(world, worker.process)} with {_tasks(worker)} of {pool.name} in its hands. There is "
        f"another worker by now, but nobody will do this again: {then}",
        at=world.now,
        site=first.wait.site if first is not None and first.wait is not None else _awaited_at(world, pool) or pool.site,
        processes=(worker.process,),
        objects=(pool.key,),
        advice="Wait with get(timeout), or use a ProcessPoolExecutor, which raises BrokenProcessPool",
    )


def _broken(world: World, pool: Pool) -> Finding:
    lost = next((worker for worker in pool.workers if worker.lost), None)
    first = pool.broken_by[0] if pool.broken_by else ProcessKey(0)
    process = world.processes.get(first)
    who = f"{process.name} {_how(world, first)}" if process is not None else "A worker could not be understood"
    had = f" with {_tasks(lost)} in its hands" if lost is not None and lost.process == first else ""
    begun = pool.taken > 0 or process is None or process.signal
    early = "" if begun else " before it took a task"
    given_up = pool.submitted - pool.done - pool.failed - pool.cancelled
    return Finding(
        "executor-broken",
        Severity.WARNING,
        Verdict.CERTAIN,
        f"{who}{had}{early}, and {pool.name} broke: {given_up} of {pool.submitted} tasks raise BrokenProcessPool",
        at=world.now,
        site=pool.site,
        processes=pool.broken_by,
        objects=(pool.key,),
        advice=f"Make another executor, and submit there what {pool.name} has not done"
        if begun
        else "What the worker prints says why: an initializer that raises, or a module that it cannot import",
    )


def _stuck(world: World, pool: Pool) -> Finding:
    process = world.processes.get(pool.read_by[0])
    who = process.name if process is not None else "A worker"
    waiting = "a task is" if pool.waiting == 1 else f"{pool.waiting} tasks are"
    return Finding(
        "pool-stuck",
        Severity.ERROR,
        Verdict.SUSPECTED,
        f"{who} {_how(world, pool.read_by[0])} while it waited for a task, it seems with the lock that {pool.name}'s "
        f"workers take for that: {waiting} there, and nobody can get one",
        at=world.now,
        site=pool.site,
        processes=pool.read_by,
        objects=(pool.key,),
        advice=f"Never kill a worker of a Pool; {pool.name}.terminate() is all that is left",
    )


def _awaited_at(world: World, pool: Pool) -> Site | None:
    """Return where its results are awaited, also by a wait that is too young to count as one that blocks."""
    waiting = who_waits(world, pool)
    return waiting[1].site if waiting is not None else None


def who_waits(world: World, pool: Pool) -> tuple[Process, Wait] | None:
    """Return a process that waits for results of this pool, and its wait."""
    for process in world.processes.values():
        for wait in process.waits:
            if wait.op == "result" and wait.key == pool.key:
                return process, wait
    return None


def _how(world: World, key: ProcessKey) -> str:
    process = world.processes.get(key)
    return f"was ended by {process.signal}" if process is not None and process.signal else "ended"


def _tasks(worker: Worker) -> str:
    return worker.task if worker.running == 1 else f"{worker.running} tasks ({worker.task} …)"


_EXECUTOR_BROKEN = """\
A worker of an executor has ended, and the executor has given up all its tasks.

A ProcessPoolExecutor cannot know which task a worker had that was killed or has called `os._exit()`: every task that is
not done raises BrokenProcessPool, and no further one is accepted. Make another executor, and submit there what the
first one has not done.
"""
_POOL_STUCK = """\
A worker of a Pool was killed while it waited for a task, and the others get none any more.

The workers of a Pool take tasks under a lock. A worker that is killed while it waits for a task holds that lock, and
nobody can release it. Never kill single workers of a Pool: call `terminate()`, and make another Pool.
"""

RULE = Rule(
    "task-lost",
    __doc__,
    "{text}",
    "{advice_text}",
    _find,
    also={"executor-broken": _EXECUTOR_BROKEN, "pool-stuck": _POOL_STUCK},
)
