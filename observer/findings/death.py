"""A process that died with a lock in its hands, for which others then wait in vain."""

from __future__ import annotations

from collections.abc import Iterator

from ..world import Finding, World


def find(world: World) -> Iterator[Finding]:
    for lock in world.locks.values():
        if lock.kind not in ("Lock", "RLock", "Condition"):
            continue
        for holder in lock.holders:
            process = world.processes.get(holder.process)
            if process is None or process.ended is None:
                continue
            waiting = [world.processes[each.process].name for each in lock.waiters if each.process in world.processes]
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
