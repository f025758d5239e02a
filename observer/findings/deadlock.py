"""A cycle of threads, each holding what the next one waits for.

It is certain where nobody outside of it can open it: a Lock, unlike an RLock, may be released by anyone, also by a
signal handler. What did go on by itself was none, and is told as what it was.

Who waits for a result waits for the workers of a pool. It is in a cycle when each of them that has a task waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..model import Finding, Process, Wait, World
from .wait_graph import waits as edges

RULE = "deadlock"
_TIMED = "; a wait in it has a time-out"
_PATIENCE = 1.0
"""Seconds; a result that has been sent arrives sooner."""
Thread = tuple[int, int]
"""Key of its process, and its ident."""


def find(world: World) -> Iterator[Finding]:
    waits = _waits(world)
    reported: set[frozenset[Thread]] = set()
    for start in waits:
        cycle = _cycle(start, waits)
        if cycle and frozenset(cycle) not in reported:
            reported.add(frozenset(cycle))
            yield _finding(world, cycle, waits)


def dissolved(world: World, finding: Finding) -> Finding:
    """It was none, unless a signal has ended one of its processes, and with it the deadlock."""
    processes = [world.processes[key] for key in finding.processes if key in world.processes]
    if any(each.signal is not None for each in processes) or len(processes) < len(finding.processes):
        return finding
    message = f"{finding.message.partition(_TIMED)[0]}; it went on by itself"
    return replace(finding, severity="warning", verdict="suspected", message=message)


def _waits(world: World) -> dict[Thread, tuple[Thread, int, str]]:
    """For each thread that waits: the thread it waits for, the object's key, and what it does there.

    Only where there is exactly one to wait for: a lock with one holder, or the main thread of a process that is joined.
    """
    found: dict[Thread, tuple[Thread, int, str]] = {}
    for wait in edges(world.processes.values(), world.locks.values(), world.managed.values()):
        if len(wait.holders) == 1 and (wait.lock is None or wait.lock.kind in ("Lock", "RLock", "Condition")):
            name = wait.lock.name if wait.lock is not None else wait.wait.object
            holder = wait.holders[0]
            found[wait.thread] = (holder.process, holder.thread), wait.wait.key, f"{wait.wait.op} {name}"
    for process in world.processes.values():
        for wait in process.waits if process.state.alive else ():
            thread = process.key, wait.thread
            workers = _workers(world, wait)
            if workers and thread not in found and all(_path(each, found)[1] == thread for each in workers):
                found[thread] = workers[0], wait.key, f"have a result of {wait.object}"
    return found


def _workers(world: World, wait: Wait) -> list[Thread]:
    """For whose tasks somebody has waited for a while; nobody where another worker may take up the next."""
    pool, busy = world.pools.get(wait.key), world.busy(wait)
    waits = [wait, *(wait for each in busy for wait in each.waits)]
    if pool is None or any(world.now - wait.since < _PATIENCE for wait in waits):
        return []
    if pool.waiting and len(busy) < sum(each.alive for each in pool.workers):
        return []
    return [(each.key, each.main_thread or 0) for each in busy]


def _doing(world: World, key: int, thread: int):
    process = world.processes.get(key)
    return [each for each in process.waits if each.thread == thread] if process is not None else []


def _path(thread: Thread, waits: dict[Thread, tuple[Thread, int, str]]) -> tuple[list[Thread], Thread]:
    """Those that wait for each other from this one on, and whom the last one waits for: one of them, in a cycle."""
    path: list[Thread] = []
    while thread in waits and thread not in path:
        path.append(thread)
        thread = waits[thread][0]
    return path, thread


def _cycle(start: Thread, waits: dict[Thread, tuple[Thread, int, str]]) -> list[Thread]:
    path, thread = _path(start, waits)
    return path[path.index(thread) :] if thread in path else []


def _finding(world: World, cycle: list[Thread], waits: dict[Thread, tuple[Thread, int, str]]) -> Finding:
    # Begin with the thread that has waited longest, so that the same cycle always reads the same.
    cycle = min((cycle[index:] + cycle[:index] for index in range(len(cycle))), key=lambda each: _since(world, each[0]))
    steps: list[str] = []
    for thread in cycle:
        holder, key, what = waits[thread]
        process = world.processes[thread[0]]
        who = _name(world, holder)
        then = f", which {who} holds" if what.startswith("acquire") else ""
        then = f", for which {who} has a task" if key in world.pools else then
        steps.append(f"{process.name} waits to {what}{then}")
    first: Process = world.processes[cycle[0][0]]
    message = "; ".join(steps) if len(cycle) > 1 else f"{first.name} waits for a lock that it holds itself: {steps[0]}"
    wait = _doing(world, *cycle[-1])
    ends = [world.processes[key].timed for key, thread in cycle if world.processes[key].main_thread == thread]
    timed = any(ends)
    objects = [waits[thread][1] for thread in cycle]
    kinds = [world.locks[key].kind if key in world.locks else world.managed[key].type for key in objects
             if key in world.locks or key in world.managed]  # fmt: skip
    proved = not timed and None not in ends and (world.still is not None or "Lock" not in kinds)
    return Finding(
        RULE,
        "warning" if timed else "error",
        "certain" if proved else "suspected",
        message + (_TIMED if timed else ""),
        at=world.now,
        site=wait[0].site if wait else None,
        processes=tuple(dict.fromkeys(thread[0] for thread in cycle)),
        objects=tuple(objects),
        advice=_mend(world, cycle, objects),
    )


def _mend(world: World, cycle: list[Thread], objects: list[int]) -> str:
    if len(cycle) == 1:
        return "Use an RLock, or do not take it twice"
    pool = next((world.pools[key] for key in objects if key in world.pools), None)
    if pool is not None:
        return f"Do not hold a lock that a task needs while you wait for results of {pool.name}"
    return "Take the locks in the same order everywhere"


def _since(world: World, thread: Thread) -> tuple[float, int]:
    wait = _doing(world, *thread)
    return (wait[0].since if wait else 0.0, thread[0])


def _name(world: World, thread: Thread) -> str:
    return world.processes[thread[0]].name
