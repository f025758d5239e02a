"""A process has ended while it held a lock, and others need that lock.

A lock that a process holds when it is killed, or when it ends without `release()`, is never released: the operating
system does not do that. A process that acquires it waits forever. Use `with lock:`, and let a process that holds a lock
end by itself (ask it by an Event or a message) instead of killing it.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ..model import Finding, Hold, Lock, ManagedObject, Phase, Process, Severity, Verdict, World
from ..model.keys import LockKey, ProcessKey
from ..model.pool import FINAL
from .blocking import Blocking, Need
from .dead_waits import SUSPICION_SECONDS
from .phrases import named
from .polls import MAX_INNOCENT_POLLS
from .rule import Facts, Rule
from .sentences import how_it_ended, thread_name, unless


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for index, cause in enumerate(facts.waits.causes):
        first = cause.primary
        if first.need is Need.LOCK and first.ended:
            facts.explained.add(index)
    for lock, hold in _held(world):
        process = world.processes.get(hold.process)
        if process is None or process.ended is None:
            continue
        waiting = [
            blocking
            for blocking in facts.waits.blockings.values()
            if blocking.key == lock.key and (blocking.need is Need.LOCK or _tries_long(blocking, process, facts))
        ]
        dead = [wait for wait in waiting if wait.thread in facts.waits.dead]
        timed = [wait for wait in waiting if wait not in dead and wait.timed]
        users = _users(world, lock, process)
        orderly = _is_orderly(world, process) and all(waiter.daemon for waiter in _processes(waiting, world))
        will_end = bool(waiting) and not dead and not timed  # another process is able to release it
        if orderly or will_end or (not waiting and not users):
            continue
        yield _finding(world, lock, hold, process, dead, timed, users, facts)


def _finding(
    world: World,
    lock: Lock | ManagedObject,
    hold: Hold,
    process: Process,
    dead: list[Blocking],
    timed: list[Blocking],
    users: list[Process],
    facts: Facts,
) -> Finding:
    if dead:
        proved = all(blocking.thread in facts.waits.proved for blocking in dead)
        severity, verdict = Severity.ERROR, Verdict.ORPHANED if proved else Verdict.SUSPECTED
        then = f"{named(_processes(dead, world))} will wait forever{_unless(dead, facts)}{_lines(dead)}"
    elif (polls := _polls(timed, facts)) is not None:
        severity, verdict = Severity.ERROR, Verdict.SUSPECTED
        then = f"{polls}, and no other process is likely to release it{_lines(timed)}"
    elif timed:
        severity, verdict = Severity.WARNING, Verdict.IN_VAIN
        then = f"{named(_processes(timed, world))} will wait for it without success until the time-out{_lines(timed)}"
    else:
        severity, verdict = Severity.WARNING, Verdict.CERTAIN
        then = f"no process can acquire it again, and {named(users)} may try to"
        if isinstance(lock, Lock) and lock.kind == "Lock" and process.signal is None:
            severity, then = Severity.INFO, "no process can acquire it until another process releases it"
        elif process.sent_signal is not None and all(user.pid == process.parent for user in users):
            severity = Severity.INFO  # who ended it knows that, and probably discards the lock as well
    taken = f", which it had acquired at {hold.site}" if hold.site is not None else ""
    return RULE.finding(
        world,
        severity,
        verdict,
        {"process": process.name, "how": how_it_ended(process), "lock": lock.name, "taken": taken, "then": then},
        site=hold.site,
        processes=(hold.process,),
        objects=(lock.key,),
        advice="" if process.signal else _DO_NOT_EXIT if _was_cut_off(process) else _USE_WITH,
    )


def _polls(timed: list[Blocking], facts: Facts) -> str | None:
    """Return how often the first thread that asks again and again for the lock has done so; None if none does."""
    now = facts.world.now
    for blocking in timed:
        thread = blocking.thread
        read = facts.world.repeated_reads.get(thread[0])
        if blocking.need is Need.CHANGE and read is not None:
            times, since = read.times, read.since
        else:
            times, since = facts.polls.get((thread, blocking.key)) or (0, now)
        if times <= MAX_INNOCENT_POLLS or now - since < SUSPICION_SECONDS:
            continue
        if thread in facts.waits.in_vain_with({thread}):
            return f"{thread_name(thread, facts.world)} has tried to acquire it {times} times in {now - since:.0f} s"
    return None


def _tries_long(blocking: Blocking, holder: Process, facts: Facts) -> bool:
    """Return whether a thread does nothing but try to acquire a lock without success, long after its holder's end."""
    tries = blocking.need is Need.CHANGE and blocking.wait is not None and blocking.wait.op == "acquire"
    since = max(blocking.since, holder.ended or 0.0)
    return tries and facts.world.now - since >= SUSPICION_SECONDS


def _was_cut_off(process: Process) -> bool:
    """Return whether a process ended inside its `run()` without an exception, as `os._exit()` ends it."""
    return process.phase is Phase.RUN and not process.error


def _held(world: World) -> Iterator[tuple[Lock | ManagedObject, Hold]]:
    for lock in world.locks.values():
        if lock.kind in ("Lock", "RLock", "Condition"):
            for hold in lock.holders:
                yield lock, hold
    for managed in world.managed.values():
        if managed.held_by is not None:
            yield managed, managed.held_by


def _users(world: World, lock: Lock | ManagedObject, process: Process) -> list[Process]:
    """Return the living processes that have used the lock, and so may want it again."""
    access = world.access.get(lock.key)
    used = {key for key, _ in access.users} if access is not None else set[ProcessKey]()
    return [
        user
        for key in used
        if (user := world.processes.get(key)) is not None
        and user.state.alive
        and user is not process
        and user.phase is not Phase.EXITING
    ]


def _is_orderly(world: World, process: Process) -> bool:
    """Return whether the program has ended the process on purpose with all that it used: a pool, or at its own end."""
    pool = world.pools.get(process.pool) if process.pool is not None else None
    main = world.main_process
    main_is_over = main is None or not main.state.alive or main.phase is Phase.EXITING
    return (pool is not None and pool.ended in FINAL) or main_is_over


def _unless(dead: list[Blocking], facts: Facts) -> str:
    """Return who might release the lock nevertheless; empty if it is proved that no thread does."""
    threads = {wait.thread for wait in dead}
    causes = [cause for cause in facts.waits.causes if any(wait.thread in threads for wait in cause.waits)]
    return next((text for cause in causes if (text := unless(cause, facts.world, "releases it"))), "")


def _processes(blockings: list[Blocking], world: World) -> list[Process]:
    return list({blocking.thread[0]: world.processes[blocking.thread[0]] for blocking in blockings}.values())


def _lines(blockings: list[Blocking]) -> str:
    sites = dict.fromkeys(
        str(blocking.wait.site) for blocking in blockings if blocking.wait is not None and blocking.wait.site
    )
    return f" ({', '.join(list(sites)[:3])})" if sites else ""


def _over(world: World, finding: Finding) -> Finding:
    """Say that the lock is free again, or that no thread waits for it any more."""
    lock = world.locks.get(LockKey(finding.objects[0]))
    if lock is None or not any(hold.process in finding.processes for hold in lock.holders):
        if lock is None:
            return finding if finding.severity is not Severity.ERROR else replace(finding, severity=Severity.WARNING)
        message = _RELEASED.format_map(finding.fields)
        return replace(finding, severity=Severity.INFO, verdict=Verdict.CERTAIN, message=message)
    message = finding.message.replace(
        "will wait for it without success until the time-out", "waited for it without success"
    )
    return replace(finding, message=message)


_RELEASED = "{process} {how} while it held {lock}{taken}; another process has released it"
_USE_WITH = "Use `with {lock}:`, which releases it also when something is raised"
_DO_NOT_EXIT = (
    "Do not call os._exit() while {lock} is held: raise SystemExit, or release it before; `with` does not release it "
    "at os._exit()"
)
RULE = Rule(
    "holder-died",
    __doc__,
    "{process} {how} while it held {lock}{taken}; {then}",
    "Let a process that holds a lock end by itself: ask it by an Event or a message",
    _find,
    _over,
    variants=(_RELEASED,),
    advice_variants=(_USE_WITH, _DO_NOT_EXIT),
)
