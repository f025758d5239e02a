"""A process that died with a lock in its hands, for which others then wait in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..world import Finding, Hold, Lock, Managed, World


def find(world: World) -> Iterator[Finding]:
    for lock, holders, waiters in _held(world):
        for holder in holders:
            process = world.processes.get(holder.process)
            if process is None or process.ended is None:
                continue
            waiting = [world.processes[each].name for each in waiters if each in world.processes]
            how = f"was ended by {process.signal}" if process.signal else "ended"
            yield Finding(
                "holder-died",
                "error",
                "orphaned" if waiting else "certain",
                f"{process.name} {how} while it held {lock.name}"
                + (f"; {', '.join(waiting)} will wait for ever" if waiting else "; nobody can take it again"),
                at=world.now,
                site=holder.site,
                processes=(holder.process,),
                objects=(lock.key,),
                mend="Let a process that holds a lock end by itself: ask it by an Event or a message",
            )


def _held(world: World) -> Iterator[tuple[Lock | Managed, Iterable[Hold], Iterable[int]]]:
    """Locks, who holds each, and the processes that wait for it."""
    for lock in world.locks.values():
        if lock.kind in ("Lock", "RLock", "Condition"):
            yield lock, lock.holders, [each.process for each in lock.waiters]
    for managed in world.managed.values():
        if managed.held_by is not None:
            wanted = [
                process.key
                for process in world.processes.values()
                if any(doing.op == "acquire" and doing.key == managed.key for doing in process.doing)
            ]
            yield managed, (managed.held_by,), wanted
