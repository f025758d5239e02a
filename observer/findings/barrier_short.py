"""Threads wait at a Barrier, and the other parties will never arrive.

A Barrier opens when as many threads have called `wait()` as it has parties. If one of them has ended or waits for
something else, the others wait forever. Create the Barrier with the number of threads that really wait at it. Let one
that fails call `abort()`, which raises BrokenBarrierError in the others, or wait with a time-out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Access, Finding
from ..model.keys import LockKey
from .blocking import Need
from .dead_waits import Cause
from .phrases import named
from .rule import Facts, Rule
from .sentences import together
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.ARRIVAL, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    lock = world.locks[LockKey(first.key)]
    parties, access = lock.value or 0, world.access.get(lock.key) or Access()
    fields = {"come": str(len(lock.waiters)), "parties": str(parties), "made": ""}
    failed = [world.processes[key] for key in first.ended if key in world.processes and world.processes[key].error]
    if failed:
        return {**fields, "failed": named(failed), "advice": _SEE_WHY}
    used = len(access.users | {wait.thread for wait in together(cause)})
    if used < parties and lock.site is not None and not lock.shared_with_unobserved:
        only = f"only {used} {'has' if used == 1 else 'have'} used it"
        made = f"; {lock.name} was made at {lock.site} for {parties} processes or threads, and {only}"
        return {**fields, "made": made, "used": str(used), "advice": _FEWER_PARTIES}
    return fields


_SEE_WHY = (
    "Find out why {failed} failed; or call {object}.abort() in an except block, so that the others get a "
    "BrokenBarrierError and do not wait"
)
_FEWER_PARTIES = (
    "Create {object} with the number of processes and threads that really wait at it, or start {parties} of them"
)
RULE = Rule(
    "barrier-short",
    __doc__,
    "{who} at {object}{where}, where {come} of {parties} parties have arrived, and no other can arrive any more"
    "{unless}{because}{made}{consequences}",
    "Create {object} with the number of threads that really wait at it, let a process that gives up call abort(), "
    "or wait with a time-out",
    _find,
    advice_variants=(_SEE_WHY, _FEWER_PARTIES),
)
