"""A process that died with a lock in its hands, for which others then wait in vain.

A Lock may be given back by another process than took it, and some programs do that on purpose. Nobody does it for a
process that was killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ..model import Finding, Hold, Lock, ManagedObject, Phase, Process, World

RULE = "holder-died"
_WILL, _IN_VAIN = " will wait", " waited for it in vain"


def find(world: World) -> Iterator[Finding]:
    for lock, holders, waiters in _held(world):
        for holder in holders:
            process = world.processes.get(holder.process)
            if process is None or process.ended is None:
                continue
            severity, verdict, then = _told(world, lock, process, set(waiters) & world.processes.keys())
            before = world.findings.get((RULE, (process.key,), (lock.key,)))
            if severity == "warning" and before is not None and before.severity == "error":
                severity = "error"  # there was somebody who could have missed it
            if severity == "info" and before is not None and before.severity != "info":
                severity, then = "warning", f"{_waiters(before)}{_IN_VAIN}"
            how = f"was ended by {process.signal}" if process.signal else "ended"
            yield Finding(
                RULE,
                severity,
                verdict,
                f"{process.name} {how} while it held {lock.name}; {then}",
                at=world.now,
                site=holder.site,
                processes=(holder.process,),
                objects=(lock.key,),
                advice="Let a process that holds a lock end by itself: ask it by an Event or a message"
                if process.signal
                else f"Use `with {lock.name}:`, which releases it also when something is raised",
            )


def _waiters(finding: Finding) -> str:
    """Who waited when it was found, by the sentence that says so: they may have been forgotten since."""
    then = finding.message.partition("; ")[2]
    return then.partition(_WILL)[0].removesuffix(_IN_VAIN)


def dissolved(world: World, finding: Finding) -> Finding:
    """The lock is free again, if it is there still."""
    if finding.objects[0] not in world.locks:
        return finding
    message = f"{finding.message.partition(';')[0]}; another process has released it"
    return replace(finding, severity="info", verdict="certain", message=message)


class _Told(NamedTuple):
    severity: str
    verdict: str
    then: str


def _told(world: World, lock: Lock | ManagedObject, process: Process, waiters: set[int]) -> _Told:
    names = ", ".join(each.name for each in world.processes.values() if each.key in waiters)
    kind = lock.kind if isinstance(lock, Lock) else lock.type
    others = any(
        each.observed and each.state.alive and each.phase is not Phase.EXITING and each.key not in waiters
        for each in world.processes.values()
    )
    if kind == "Lock" and process.signal is None:
        if not names:
            return _Told("info", "suspected", "nobody can take it until another process releases it")
        if others:
            return _Told("error", "suspected", f"{names}{_WILL} until another process releases it")
    if names:
        return _Told("error", "orphaned", f"{names}{_WILL} for ever")
    # Where nobody is left, nobody misses it.
    return _Told("error" if others else "warning", "certain", "nobody can take it again")


def _held(world: World) -> Iterator[tuple[Lock | ManagedObject, Iterable[Hold], Iterable[int]]]:
    """Locks, who holds each, and the processes that wait for it."""
    for lock in world.locks.values():
        if lock.kind in ("Lock", "RLock", "Condition"):
            yield lock, lock.holders, [each.process for each in lock.waiters]
    for managed in world.managed.values():
        if managed.held_by is not None:
            wanted = [
                process.key
                for process in world.processes.values()
                if any(wait.op == "acquire" and wait.key == managed.key for wait in process.waits)
            ]
            yield managed, (managed.held_by,), wanted
