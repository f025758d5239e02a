"""Tasks of a pool have failed, and their results were never requested.

The exception of a task is kept until its result is requested: without `result()`, `get()` or an `error_callback` it is
never seen, and the program continues as if the work had been done. `wait()` and the end of a `with` block do not
raise it. Ask for every result, also where only its exception matters. A lambda or a nested function fails in this way
as well: pickle cannot send it to a worker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model import Finding, Pool, Severity, Verdict, World
from .phrases import made_at
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
                "made": made_at(pool.site),
                "error": f" ({'the last one: ' if pool.failed > 1 else ''}{pool.error})" if pool.error else "",
                "call": "result()" if pool.kind == "ProcessPoolExecutor" else "get()",
            },
            site=pool.site,
            advice=_advice(pool),
            objects=(pool.key,),
        )


def _advice(pool: Pool) -> str:
    if "through inheritance" in pool.error:
        return _BY_INITIALIZER
    if not re.search("pickle|local object", pool.error):
        return ""
    return _NAMED_FUNCTION if "<lambda>" in pool.error or "<locals>" in pool.error else _PICKLABLE


def _owner_has_succeeded(world: World, pool: Pool) -> bool:
    """Return True if the results can no longer be requested, and the failure was not passed on."""
    owner = world.processes.get(pool.owner) if pool.owner is not None else None
    return owner is not None and owner.ended is not None and owner.exitcode == 0


_NAMED_FUNCTION = (
    "A lambda or nested function cannot be sent to a worker: use a function of the module. Call {call} of every task, "
    "which raises its exception"
)
_PICKLABLE = (
    "Give tasks only arguments that pickle.dumps() takes, and return only such results. Call {call} of every task, "
    "which raises its exception"
)
_BY_INITIALIZER = (
    "Pass locks, Queues and the like to the workers once, by initializer=… and initargs=…, not with a task. Workers "
    "change copies of other objects: let a task return what it has found. Call {call} of every task, which raises its "
    "exception"
)
RULE = Rule(
    "errors-never-fetched",
    __doc__,
    "{failed} of {tasks} of {pool}{made} failed{error}, and their results were never requested",
    "Call {call} of every task, which raises its exception, or give an error_callback",
    _find,
    needs_history=True,
    advice_variants=(_NAMED_FUNCTION, _PICKLABLE, _BY_INITIALIZER),
)
