"""Threads wait at a Barrier, and the other parties will never arrive.

A Barrier opens when as many threads have called `wait()` as it has parties. If one of them has ended or waits for
something else, the others wait forever. Create the Barrier with the number of threads that really wait at it, let a
process that gives up call `abort()`, or wait with a time-out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from ..model.keys import LockKey
from .blocking import Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.ARRIVAL, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    lock = facts.world.locks[LockKey(cause.primary.key)]
    return {"come": str(len(lock.waiters)), "parties": str(lock.value or 0)}


RULE = Rule(
    "barrier-short",
    __doc__,
    "{who} at {object}{where}, where {come} of {parties} parties have arrived, and no other can arrive any more"
    "{unless}{because}{consequences}",
    "Create {object} with the number of threads that really wait at it, let a process that gives up call abort(), "
    "or wait with a time-out",
    _find,
)
