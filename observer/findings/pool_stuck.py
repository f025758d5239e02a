"""A worker of a Pool was killed while it waited for a task, and the others get none any more.

The workers of a Pool take tasks under a lock. A worker that is killed while it waits for a task holds that lock, and
no process can release it. Never kill single workers of a Pool: call `terminate()`, and make another Pool.
"""

from __future__ import annotations

from collections.abc import Iterator

from rockproc.probe.layout import POOL

from ..model import Finding, Pool, Severity, Verdict, World
from .blocking import Need
from .dead_waits import Cause
from .phrases import made_at
from .rule import Facts, Rule
from .sentences import consequences, how_it_ended

_PATIENCE_SECONDS = 1.0
"""Seconds within which an idle worker receives a task that waits."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for pool in world.pools.values():
        if pool.kind != "Pool" or pool.ended == "broken":
            continue
        causes = [cause for cause in facts.waits.causes if _cannot_get_tasks(cause, pool)]
        facts.explained.update(index for index, cause in enumerate(facts.waits.causes) if cause in causes)
        stalled = pool.stalled is not None and world.now - pool.stalled >= _PATIENCE_SECONDS
        if causes or (pool.read_by and stalled):
            yield _stuck(world, pool, causes[0] if causes else None)


def _cannot_get_tasks(cause: Cause, pool: Pool) -> bool:
    """Return whether it is a worker that can get no task because another one was killed while it waited for one."""
    first = cause.primary
    return first.need is Need.ITEM and bool(first.ended) and POOL | first.key == pool.key


def _stuck(world: World, pool: Pool, cause: Cause | None) -> Finding:
    killed = cause.primary.ended[:1] if cause is not None else list(pool.read_by[:1])
    process = world.processes.get(killed[0])
    fields = {
        "worker": process.name if process is not None else "A worker",
        "how": how_it_ended(process),
        "pool": pool.name,
        "made": made_at(pool.site),
        "waiting": "a task is" if pool.waiting == 1 else f"{pool.waiting} tasks are",
        "consequences": consequences(cause, world) if cause is not None else "",
    }
    return RULE.finding(
        world,
        Severity.ERROR,
        Verdict.SUSPECTED if cause is None else cause.verdict,
        fields,
        site=pool.site,
        processes=killed,
        objects=(pool.key,),
        template=_PROVED if cause is not None else "",
    )


_PROVED = (
    "{worker} {how} while it waited for a task, with the lock that the workers of {pool}{made} take for that: "
    "{waiting} there, and no process can get one{consequences}"
)
RULE = Rule(
    "pool-stuck",
    __doc__,
    "{worker} {how} while it waited for a task, it seems with the lock that the workers of {pool}{made} take for "
    "that: {waiting} there, and no process can get one",
    "Do not kill single workers of a Pool. To stop them all, call {pool}.terminate(), and make another Pool",
    _find,
    variants=(_PROVED,),
)
