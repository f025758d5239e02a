"""A worker that died with a task in its hands: a Pool never says so, an executor gives up everything."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Pool, Process, Wait, Worker, World
from ..model.pool import FINAL

_PATIENCE = 1.0
"""Seconds; a worker takes up its next task sooner."""


def find(world: World) -> Iterator[Finding]:
    for pool in world.pools.values():
        if pool.ended == "broken":
            yield _broken(world, pool)
        elif pool.kind == "Pool":
            for worker in pool.workers:
                if worker.lost:
                    yield _lost(world, pool, worker)
            if pool.read_by and pool.stalled is not None and world.now - pool.stalled >= _PATIENCE:
                yield _stuck(world, pool)


def _lost(world: World, pool: Pool, worker: Worker) -> Finding:
    waits = who_waits(world, pool)
    for_ever = waits is not None and not pool.running and not pool.waiting and pool.ended not in FINAL
    waiter = waits[0].name if waits is not None else ""
    return Finding(
        "task-lost",
        "error",
        "orphaned" if for_ever else "certain",
        f"{worker.name} {_how(world, worker.process)} with {_tasks(worker)} of {pool.name} in its hands. There is "
        "another worker by now, but nobody will do this again: "
        + (f"{waiter} waits for the result for ever" if for_ever else "its result will never come"),
        at=world.now,
        site=waits[1].site if waits is not None else pool.site,
        processes=(worker.process,),
        objects=(pool.key,),
        advice="Wait with get(timeout), or use a ProcessPoolExecutor, which raises BrokenProcessPool",
    )


def _broken(world: World, pool: Pool) -> Finding:
    lost = next((worker for worker in pool.workers if worker.lost), None)
    first = pool.broken_by[0] if pool.broken_by else 0
    process = world.processes.get(first)
    who = f"{process.name} {_how(world, first)}" if process is not None else "A worker could not be understood"
    had = f" with {_tasks(lost)} in its hands" if lost is not None and lost.process == first else ""
    begun = pool.taken > 0 or process is None or process.signal
    early = "" if begun else " before it took a task"
    given_up = pool.submitted - pool.done - pool.failed - pool.cancelled
    return Finding(
        "executor-broken",
        "warning",
        "certain",
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
        "error",
        "suspected",
        f"{who} {_how(world, pool.read_by[0])} while it waited for a task, it seems with the lock that {pool.name}'s "
        f"workers take for that: {waiting} there, and nobody can get one",
        at=world.now,
        site=pool.site,
        processes=pool.read_by,
        objects=(pool.key,),
        advice=f"Never kill a worker of a Pool; {pool.name}.terminate() is all that is left",
    )


def who_waits(world: World, pool: Pool) -> tuple[Process, Wait] | None:
    """Who waits for results of this pool."""
    for process in world.processes.values():
        for wait in process.waits:
            if wait.op == "result" and wait.key == pool.key:
                return process, wait
    return None


def _how(world: World, key: int) -> str:
    process = world.processes.get(key)
    return f"was ended by {process.signal}" if process is not None and process.signal else "ended"


def _tasks(worker: Worker) -> str:
    return worker.task if worker.running == 1 else f"{worker.running} tasks ({worker.task} …)"
