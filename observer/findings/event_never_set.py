"""A thread waits for an Event, and no process can set it any more.

The process that was to set it has ended, perhaps with an exception, or waits itself, often for the very process or task
that waits for the Event. Call `set()` before that wait. Where an exception can come before `set()`, call it in a
finally block; or wait with a time-out and check whether the process is alive.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from .blocking import Need
from .dead_waits import Cause
from .phrases import named
from .rule import Facts, Rule
from .sentences import is_main_thread, site_of, thread_name
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.SET, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    failed = [world.processes[key] for key in first.ended if key in world.processes and world.processes[key].error]
    if failed:
        return {"failed": named(failed), "advice": _IN_FINALLY}
    for wait in (*cause.waits, *cause.affected):
        if wait.need in _WAITS_FOR_WAITER and (wait.wait is not None or is_main_thread(wait, world)):
            waiter = {"setter": thread_name(wait.thread, world), "setter_where": site_of(wait, world)}
            return {**waiter, "advice": _BEFORE_ITS_WAIT}
    return {}


_WAITS_FOR_WAITER = (Need.PROCESS, Need.RESULT, Need.FILES)
_IN_FINALLY = (
    "Find out why {failed} failed. Call {object}.set() in a finally block, also after an error, or wait with a time-out"
)
_BEFORE_ITS_WAIT = (
    "Call {object}.set() before {setter} waits{setter_where} for the process or task that waits for {object}"
)
RULE = Rule(
    "event-never-set",
    __doc__,
    "{who} in {call}{where}, and no process can call set() any more{unless}{because}{consequences}",
    "Let a process call {object}.set() before it ends or waits for something else, or wait with a time-out",
    _find,
    advice_variants=(_BEFORE_ITS_WAIT, _IN_FINALLY),
)
