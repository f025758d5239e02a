"""A worker of an executor has ended, and the executor has given up all its tasks.

A ProcessPoolExecutor cannot know which task a worker had that was killed or has called `os._exit()`: every task that is
not done raises BrokenProcessPool, and no further one is accepted. Make another executor, and submit there what the
first one has not done.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Pool, Severity, Verdict, World
from ..model.keys import ProcessKey
from .no_main_guard import starts_in_import
from .phrases import made_at
from .rule import Facts, Rule
from .sentences import how_it_ended
from .task_lost import tasks


def _find(facts: Facts) -> Iterator[Finding]:
    unguarded = starts_in_import(facts.world).keys()
    for pool in facts.world.pools.values():
        if pool.ended == "broken" and not unguarded & set(pool.broken_by):
            yield _broken(facts.world, pool)


def _broken(world: World, pool: Pool) -> Finding:
    lost = next((worker for worker in pool.workers if worker.lost), None)
    first = pool.broken_by[0] if pool.broken_by else ProcessKey(0)
    process = world.processes.get(first)
    begun = pool.taken_up > 0 or process is None or process.signal
    given_up = pool.submitted - pool.done - pool.failed - pool.cancelled
    fields = {
        "worker": process.name if process is not None else "",
        "how": how_it_ended(process),
        "had": f" before it finished {tasks(lost)}" if lost is not None and lost.process == first else "",
        "early": "" if begun else " before it took a task",
        "pool": pool.name,
        "made": made_at(pool.site),
        "given_up": f"{given_up} of {pool.submitted} tasks" if given_up else "later tasks",
    }
    if process is not None:
        template, advice = "", "" if begun else _NEVER_BEGUN
    elif pool.handover_error and not pool.callback_raised:
        template, advice = _NOT_UNPICKLED, _LET_IT_BE_UNPICKLED
        fields["error"] = pool.handover_error
    else:
        template, advice = _ANOTHER_REASON, _READ_THE_EXCEPTION
    return RULE.finding(
        world,
        Severity.WARNING,
        Verdict.CERTAIN,
        fields,
        template=template,
        advice=advice,
        site=pool.site,
        processes=pool.broken_by,
        objects=(pool.key,),
    )


_RESULT = ", and {pool}{made} broke: {given_up} raise BrokenProcessPool"
_NOT_UNPICKLED = (
    "What a worker sent back, a result or an exception, could not be unpickled ({error}), and {pool}{made} broke: "
    "every task whose result had not come by then raises BrokenProcessPool"
)
_ANOTHER_REASON = (
    "{pool}{made} broke although none of its workers had ended unexpectedly: every task whose result had not come by "
    "then raises BrokenProcessPool"
)
_READ_THE_EXCEPTION = "Call result() of a task: the text of BrokenProcessPool, or its __cause__, says why {pool} broke"
_LET_IT_BE_UNPICKLED = (
    "Return and raise only what pickle can rebuild: an exception class with its own __init__() must pass all its "
    "arguments on to super().__init__() and make its text in __str__(), or define __reduce__()"
)
_NEVER_BEGUN = "What the worker prints says why: an initializer that raises, or a module that it cannot import"
RULE = Rule(
    "executor-broken",
    __doc__,
    "{worker} {how}{had}{early}" + _RESULT,
    "Find out what has ended {worker}. Then make another executor, and submit there what {pool} has not done",
    _find,
    variants=(_NOT_UNPICKLED, _ANOTHER_REASON),
    advice_variants=(_NEVER_BEGUN, _LET_IT_BE_UNPICKLED, _READ_THE_EXCEPTION),
)
