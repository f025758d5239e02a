"""A worker of a Pool was killed while it waited for a task, and the others get none any more.

The workers of a Pool take tasks under a lock. A worker that is killed while it waits for a task holds that lock, and
nobody can release it. Never kill single workers of a Pool: call `terminate()`, and make another Pool.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Pool, Severity, Verdict, World
from .rule import Facts, Rule
from .task_lost import how_it_was_ended

_PATIENCE_SECONDS = 1.0
"""A worker takes up its next task sooner."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for pool in world.pools.values():
        stalled = pool.stalled is not None and world.now - pool.stalled >= _PATIENCE_SECONDS
        if pool.kind == "Pool" and pool.ended != "broken" and pool.read_by and stalled:
            yield _stuck(world, pool)


def _stuck(world: World, pool: Pool) -> Finding:
    process = world.processes.get(pool.read_by[0])
    fields = {
        "worker": process.name if process is not None else "A worker",
        "how": how_it_was_ended(world, pool.read_by[0]),
        "pool": pool.name,
        "waiting": "a task is" if pool.waiting == 1 else f"{pool.waiting} tasks are",
    }
    return RULE.finding(
        world,
        Severity.ERROR,
        Verdict.SUSPECTED,
        fields,
        site=pool.site,
        processes=pool.read_by,
        objects=(pool.key,),
    )


RULE = Rule(
    "pool-stuck",
    __doc__,
    "{worker} {how} while it waited for a task, it seems with the lock that {pool}'s workers take for that: {waiting} "
    "there, and nobody can get one",
    "Never kill a worker of a Pool; {pool}.terminate() is all that is left",
    _find,
)
