"""A process releases a Lock that it has not got: its `acquire()` had timed out, and another process holds the Lock.

Anybody may release a Lock of multiprocessing. If `release()` is called whatever `acquire(timeout=…)` has returned, for
instance in a `finally`, it frees the Lock of another process, and a third one enters while that is still inside. Call
`release()` only where `acquire()` has returned True.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..model import Access, Finding, Severity, Verdict
from ..model.keys import ProcessKey
from .phrases import made_at, named
from .rule import Facts, Rule


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for key, lock in world.locks.items():
        access = world.access.get(key)
        if access is None or lock.kind != "Lock" or lock.internal or not access.balance:
            continue
        excess = _excess(access)
        gave_up = Counter[ProcessKey]()
        for (process, _), times in access.gave_up.items():
            gave_up[process] += times
        # Where a process releases without an attempt to acquire, the Lock serves as a signal.
        if not excess or any(gave_up[process] < times for process, times in excess.items()):
            continue
        processes = [world.processes[process] for process in excess if process in world.processes]
        times = sum(excess.values())
        yield RULE.finding(
            world,
            Severity.WARNING,
            Verdict.SUSPECTED,
            {
                "who": named(processes),
                "lock": lock.name,
                "made": made_at(lock.site),
                "their": "its" if len(processes) == 1 else "their",
                "times": "once" if times == 1 else f"{times} times",
            },
            site=lock.site,
            processes=[process.key for process in processes],
            objects=[key],
        )


def _excess(access: Access) -> dict[ProcessKey, int]:
    """Return how often each process has released the Lock without having acquired it."""
    balance = Counter[ProcessKey]()
    for (process, _), difference in access.balance.items():
        balance[process] += difference
    return {process: difference for process, difference in balance.items() if difference > 0}


RULE = Rule(
    "released-unheld",
    __doc__,
    "{who} released {lock}{made} {times} although {their} own acquire() had failed or timed out before: that frees the "
    "lock of another process, and two may be inside at the same time",
    "Call release() only if acquire() has returned True: `if {lock}.acquire(timeout=…):`, with try and finally below. "
    "Decide what happens when it returns False: try again, report it, or acquire without a time-out",
    _find,
    needs_history=True,
)
