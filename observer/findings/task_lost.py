"""A worker of a Pool has ended while it ran a task, and the result of the task will never come.

A Pool replaces a worker that was killed or has called `os._exit()`, and does not notice that its task is lost: `map()`
and `get()` wait forever. Wait with `get(timeout)`, or use a ProcessPoolExecutor, which raises BrokenProcessPool. A
worker that is killed unexpectedly may have used too much memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Pool, Process, Severity, Site, Verdict, Wait, Worker, World
from .blocking import Need
from .phrases import at, made_at
from .rule import Facts, Rule
from .sentences import how_it_ended, thread_name


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for pool in world.pools.values():
        if pool.kind == "Pool" and pool.ended != "broken":
            for worker in pool.workers:
                if worker.lost:
                    yield _lost(facts, pool, worker)


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
    awaited = first.wait.site if first is not None and first.wait is not None else _awaited_at(world, pool)
    fields = {
        "worker": worker.name,
        "how": how_it_ended(world.processes.get(worker.process)),
        "tasks": tasks(worker),
        "pool": pool.name + made_at(pool.site),
        "who": thread_name(first.thread, world) if first is not None else "",
        "where": at(awaited) if dead else f", and it is awaited{at(awaited)}" if awaited is not None else "",
    }
    return RULE.finding(
        world,
        Severity.ERROR if dead else Severity.WARNING,
        Verdict.ORPHANED if dead else Verdict.CERTAIN,
        fields,
        template=_AWAITED if dead else "",
        site=awaited or pool.site,
        processes=(worker.process,),
        objects=(pool.key,),
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


def tasks(worker: Worker) -> str:
    """Return the task that a worker runs, or their number and the first."""
    return worker.task if worker.running == 1 else f"{worker.running} tasks ({worker.task} …)"


_LOST = (
    "{worker} {how} before it finished {tasks} of {pool}. Another worker has replaced it, but this work will not be "
    "repeated"
)
_AWAITED = _LOST + ": {who} waits for the result{where} forever"
RULE = Rule(
    "task-lost",
    __doc__,
    _LOST + ": its result will never come{where}",
    "Find out what has ended {worker} in its task. A ProcessPoolExecutor raises BrokenProcessPool then, where a Pool "
    "waits forever",
    _find,
    variants=(_AWAITED,),
)
