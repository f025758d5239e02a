"""A thread waits for the result of a task, and no worker will deliver it.

The pool was terminated before its results were fetched (the end of a `with` block does that), no worker is left, or the
thread that hands over the results has ended with an exception of a callback. Fetch results inside the `with` block, let
no callback raise, and wait with a time-out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from ..model.keys import PoolKey
from ..model.pool import FINAL
from .dead_waits import Cause
from .providers import Need
from .rule import Facts, Rule
from .sentences import items
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.RESULT, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    pool = world.pools[PoolKey(first.key)]
    if pool.ended in FINAL:
        left = max(pool.submitted - pool.done - pool.failed - pool.cancelled, 0)
        never = (
            f"{pool.waiting} of {pool.submitted} tasks never began" if pool.waiting else f"{items(left)} were cut off"
        )
        return {
            "reason": f"{pool.name} was terminated before ({never}): its results can never come",
            "advice_text": f"Fetch the results inside the `with` block: its end terminates {pool.name}",
        }
    workers = [worker for worker in pool.workers if worker.alive]
    if not workers:
        limit = f" after {pool.limit} tasks each" if pool.limit else ""
        return {
            "reason": f"no worker of {pool.name} is left{limit}, while {_tasks(pool.waiting)} wait to be taken up",
            "advice_text": "Do without max_tasks_per_child, or use a later Python (cpython#115634)",
        }
    if pool.waiting:
        return {
            "reason": f"no worker of {pool.name} takes up one of the {_tasks(pool.waiting)} that wait",
            "advice_text": "Never end a worker of a pool; terminate() is all that is left",
        }
    return {
        "reason": f"nobody in {pool.name} has a task any more",
        "advice_text": f"Look on stderr for what a thread of {pool.name} has raised, let no callback raise (a KeyError "
        "of one is not even printed), and wait with get(timeout)",
    }


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


RULE = Rule(
    "result-never-comes",
    __doc__,
    "{who} for {call}{where}, and {reason}{because}{unless}{consequences}",
    "{advice_text}",
    _find,
)
