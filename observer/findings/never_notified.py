"""A thread waits at a Condition, and no process can notify it any more.

A `notify()` that comes before the `wait()` is not kept: it wakes only those that wait already. Check, with the
Condition's lock held, whether what is waited for is there already, or use `wait_for()`.
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
    return findings_of(facts, RULE, Need.NOTIFY, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    lock = facts.world.locks[LockKey(cause.primary.key)]
    if lock.shared_with_unobserved:
        return {"early": ""}  # earlier calls are not known
    if not lock.acquired:
        return {"early": " (notify() was never called)", "advice": _NOTIFY}
    times = "once" if lock.acquired == 1 else f"{lock.acquired} times"
    access = facts.world.access.get(lock.key)
    last = access.notified if access is not None else None
    caller = facts.world.processes.get(last[0]) if last is not None else None
    by = f"{', by' if lock.acquired == 1 else ', last by'} {caller.name} at {last[1]}" if caller and last else ""
    return {"early": f" (notify() or notify_all() was called {times}{by}, before this wait began)"}


_NOTIFY = (
    "After every change that {object}.wait() or wait_for() waits for, call {object}.notify_all() inside "
    "`with {object}:`, also after an error"
)
RULE = Rule(
    "never-notified",
    __doc__,
    "{who} in {call}{where}, and no process can call notify() any more{early}{unless}{because}{consequences}",
    "Keep what this waits for in a Value, change it inside `with {object}:` before notify_all(), and use "
    "{object}.wait_for(lambda: …), which looks at the Value first: a notify() that comes before wait() is not kept",
    _find,
    advice_variants=(_NOTIFY,),
)
