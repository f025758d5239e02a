"""Threads wait for each other in a cycle: each holds what the next one needs.

Two processes take the same two locks in opposite order, or a process takes a Lock a second time that it holds already,
or it waits for a process or a result while it holds a lock that is needed there. None of them can go on. Take locks in
the same order everywhere, release a lock before you wait for something else, use an RLock where one thread takes a lock
twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ..model import Finding, Pool, Severity, World
from ..model.keys import LockKey, PoolKey
from .blocking import Blocking, Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .sentences import consequences, site_of, thread_name, unless

_NEEDS = (Need.LOCK, Need.PROCESS, Need.RESULT, Need.THREAD, Need.FILES)


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for index, cause in enumerate(facts.waits.causes):
        cycle = _cycle(cause)
        if cycle is None or index in facts.explained:
            continue
        facts.explained.add(index)
        own = len(cycle) == 1
        pool = next((world.pools[PoolKey(blocking.key)] for blocking in cycle if blocking.key in world.pools), None)
        steps = "; ".join(_step(blocking, world) for blocking in cycle)
        yield RULE.finding(
            world,
            Severity.ERROR,
            cause.verdict,
            {
                "who": thread_name(cycle[0].thread, world),
                "object": (cycle[0].wait.object if cycle[0].wait is not None else "") + site_of(cycle[0], world),
                "taken": _taken_at(cycle[0], world) if own else "",
                "steps": steps,
                "pool": pool.name if pool is not None else "",
                "unless": unless(cause, world),
                "consequences": consequences(cause, world),
            },
            site=cycle[-1].wait.site if cycle[-1].wait is not None else None,
            # Sorted, so that it stays the same finding when another of the waits counts as the first.
            processes=sorted(blocking.thread[0] for blocking in cycle),
            objects=sorted(blocking.key for blocking in cycle),
            template=_TWICE if own else "",
            advice=_advice(cycle, pool),
        )


def _cycle(cause: Cause) -> list[Blocking] | None:
    """Return the waits of a cause, ordered so that each waits for the next one; None if they are no cycle of locks."""
    waits = {wait.thread: wait for wait in cause.waits}
    if not any(wait.need in (Need.LOCK, Need.RESULT) for wait in cause.waits):
        return None
    if not all(wait.need in _NEEDS for wait in cause.waits):
        return None
    cycle: list[Blocking] = []
    current = min(cause.waits, key=lambda blocking: (blocking.since, blocking.thread))
    while current not in cycle:
        cycle.append(current)
        following = [waits[thread.thread] for thread in current.providers if thread.thread in waits and thread.likely]
        if not following:
            return None
        current = following[0]
    return cycle[cycle.index(current) :]


def _step(blocking: Blocking, world: World) -> str:
    who, wait = thread_name(blocking.thread, world), blocking.wait
    holder = next((thread.thread for thread in blocking.providers if thread.likely), None)
    other = thread_name(holder, world) if holder is not None else "an unknown thread"
    where = site_of(blocking, world)
    if wait is None:
        return f"{who} waits for another thread of its process{where}"
    if blocking.need is Need.LOCK:
        return f"{who} waits to acquire {wait.object}{where}, which {other} holds{_taken_at(blocking, world)}"
    if blocking.need is Need.RESULT:
        if holder is not None and holder[0] == blocking.thread[0]:
            return f"{who} waits to have a result of {wait.object}{where}, which only {other} can hand over"
        return f"{who} waits to have a result of {wait.object}{where}, for which {other} has a task"
    return f"{who} waits to join {wait.object}{where}"


def _taken_at(blocking: Blocking, world: World) -> str:
    """Return a clause with the line at which the holder has acquired the lock."""
    lock = world.locks.get(LockKey(blocking.key))
    sites = [hold.site for hold in lock.holders if hold.site is not None] if lock is not None else []
    return f" since {sites[0]}" if sites else ""


def _advice(cycle: list[Blocking], pool: Pool | None) -> str:
    if len(cycle) == 1:
        return _USE_RLOCK
    if pool is not None:
        return _WAIT_WITHOUT_LOCK
    if any(blocking.need is Need.PROCESS for blocking in cycle):
        return _JOIN_WITHOUT_LOCK
    return ""


def _over(world: World, finding: Finding) -> Finding:
    """Return the finding of a deadlock that has ended. It was a false alarm, unless a signal has ended a process."""
    processes = [world.processes[key] for key in finding.processes if key in world.processes]
    if any(process.signal is not None for process in processes) or len(processes) < len(finding.processes):
        return finding
    message = f"{finding.message}; it resolved itself"
    return replace(finding, severity=Severity.INFO, message=message)


_TWICE = "{who} waits for {object}, which it holds itself{taken}{unless}{consequences}"
_USE_RLOCK = "Use an RLock, or do not acquire it twice"
_WAIT_WITHOUT_LOCK = "Do not hold a lock that a task needs while you wait for results of {pool}"
_JOIN_WITHOUT_LOCK = "Release the lock before you join a process that needs it"
RULE = Rule(
    "deadlock",
    __doc__,
    "{steps}{unless}{consequences}",
    "Take the locks in the same order everywhere",
    _find,
    _over,
    variants=(_TWICE,),
    advice_variants=(_USE_RLOCK, _WAIT_WITHOUT_LOCK, _JOIN_WITHOUT_LOCK),
)
