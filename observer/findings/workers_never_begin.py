"""The workers of a Pool end before their first task, and the Pool starts others forever.

The initializer raises, a module cannot be imported in the worker, or the Pool is made at module level without
`if __name__ == "__main__":`. The Pool replaces each worker that ends and reports nothing. What the workers print on
stderr says why they ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..model import Finding, Pool, Process, Severity, Verdict, World
from ..model.pool import FINAL
from .no_main_guard import starts_in_import
from .phrases import at, made_at
from .rule import Facts, Rule
from .sentences import how_it_ended
from .task_lost import who_waits

_PATIENCE_SECONDS = 1.0
"""The time for which no task must have been taken where that is only read from outside."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for pool in world.pools.values():
        untouched = world.now - pool.untouched if pool.untouched is not None else 0.0
        if pool.ended_without_task > pool.size and untouched >= _PATIENCE_SECONDS and pool.ended not in FINAL:
            yield _none_begins(world, pool)
        elif pool.kind == "Pool" and pool.untouched is None and not pool.taken_up and pool.ended not in FINAL:
            # Workers that were killed do not count: the next ones may live.
            failed = [
                process
                for process in world.processes.values()
                if process.pool == pool.key and (process.exitcode or 0) > 0
            ]
            if len(failed) > pool.size and not starts_in_import(world).keys() & {process.key for process in failed}:
                yield _never(world, pool, failed)


def _none_begins(world: World, pool: Pool) -> Finding:
    """Describe a Pool that is read from outside: it is not known what happened before."""
    ended = [process for process in world.processes.values() if process.pool == pool.key and process.exitcode]
    fields = {
        "pool": pool.name,
        "failed": pool.ended_without_task,
        "seconds": f"{world.now - (pool.untouched or 0.0):.0f}",
        "last": f"; the last one seen {how_it_ended(ended[-1])}" if ended else "",
    }
    return _finding(world, pool, fields, _TAKES_NONE)


def _never(world: World, pool: Pool, failed: Sequence[Process]) -> Finding:
    return _finding(world, pool, {"pool": pool.name, "failed": len(failed), "last": how_it_ended(failed[-1])})


def _finding(world: World, pool: Pool, fields: Mapping[str, object], template: str = "") -> Finding:
    waits = who_waits(world, pool)
    in_vain = f", and {waits[0].name} waits for a result{at(waits[1].site)}" if waits is not None else ""
    return RULE.finding(
        world,
        Severity.ERROR,
        Verdict.SUSPECTED,
        {**fields, "made": made_at(pool.site), "in_vain": in_vain},
        template=template,
        site=waits[1].site if waits is not None else pool.site,
        processes=() if pool.owner is None else (pool.owner,),
        objects=(pool.key,),
    )


_TAKES_NONE = (
    "No worker of {pool}{made} takes a task: {failed} workers have ended within {seconds} s before their first "
    "one{last}. The Pool keeps starting new ones{in_vain}"
)
RULE = Rule(
    "workers-never-begin",
    __doc__,
    "No worker of {pool}{made} ever takes a task: {failed} workers have ended before their first one; the last {last}. "
    "The Pool keeps starting new ones{in_vain}",
    "What the workers print says why: an initializer that raises, a module that they cannot import, or a Pool that is "
    "made without `if __name__ == '__main__':`",
    _find,
    variants=(_TAKES_NONE,),
    judges_changes=True,
)
