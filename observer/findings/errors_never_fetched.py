"""Tasks of a pool have failed, and their results were never requested.

The exception of a task is kept until its result is requested: without `result()`, `get()` or an `error_callback` it is
never seen, and the program continues as if the work had been done. `wait()` and the end of a `with` block do not
raise it. Ask for every result, also where only its exception matters.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Pool, Severity, Verdict, World
from .rule import Facts, Rule


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for pool in world.pools.values():
        if not pool.failed or pool.asked or pool.internal or not _owner_has_succeeded(world, pool):
            continue
        yield RULE.finding(
            world,
            Severity.WARNING,
            Verdict.CERTAIN,
            {
                "failed": pool.failed,
                "tasks": f"{pool.submitted} task{'s' if pool.submitted != 1 else ''}",
                "pool": pool.name,
                "error": f" ({pool.error})" if pool.error else "",
                "call": "result()" if pool.kind == "ProcessPoolExecutor" else "get()",
            },
            site=pool.site,
            objects=(pool.key,),
        )


def _owner_has_succeeded(world: World, pool: Pool) -> bool:
    """Return True if the results can no longer be requested, and the failure was not passed on."""
    owner = world.processes.get(pool.owner) if pool.owner is not None else None
    return owner is not None and owner.ended is not None and owner.exitcode == 0


RULE = Rule(
    "errors-never-fetched",
    __doc__,
    "{failed} of {tasks} of {pool} failed{error}, and their results were never requested",
    "Call {call} of every task, which raises its exception, or give an error_callback",
    _find,
    needs_history=True,
)
