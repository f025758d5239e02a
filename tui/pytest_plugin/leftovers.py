"""Finds processes, held locks and shared memory that a test has left behind."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from rockproc.observer.model import HELPER_ROLES, Process, SharedValue, Snapshot

OWN_ROLES = ("process", "fork")
"""Roles of processes that the program made by `multiprocessing` or `os.fork`."""


class Baseline(msgspec.Struct, frozen=True):
    """The objects that exist when the call of a test begins, after its fixtures were set up."""

    at: float
    processes: frozenset[int]
    locks: frozenset[int]
    values: frozenset[int]
    pools: frozenset[int]
    findings: frozenset[tuple[object, ...]]
    """The keys of all findings."""


def baseline(snapshot: Snapshot) -> Baseline:
    """Return what is there now."""
    return Baseline(
        snapshot.now,
        frozenset(process.key for process in snapshot.processes),
        frozenset(lock.key for lock in snapshot.locks),
        frozenset(value.key for value in snapshot.values),
        frozenset(pool.key for pool in snapshot.pools),
        frozenset(finding.key for finding in snapshot.findings),
    )


def processes_left(before: Baseline, now: Snapshot) -> list[Process]:
    """Return the processes that the test has started and that still live.

    A worker is not the test's if its pool was there before, as that of a fixture or of a module, or if a library has
    made the pool for itself. Nor is a process whose parent was there before.
    """
    shared = before.pools | {pool.key for pool in now.pools if pool.internal}
    main = now.main
    ours = {main.pid} if main is not None else set[int | None]()
    left: list[Process] = []
    for process in now.processes:  # parents come before their children
        if process.key in before.processes or process.role in HELPER_ROLES or process.role not in OWN_ROLES:
            continue
        if not process.state.alive or process.parent not in ours or process.pool in shared:
            continue
        left.append(process)
        ours.add(process.pid)
    return left


def leftovers(before: Baseline, now: Snapshot) -> Iterator[str]:
    """Yield a sentence for each thing that the test has left behind."""
    for process in processes_left(before, now):
        made = f", created at {process.site}" if process.site is not None else ""
        waits = process.main_wait
        doing = f"; it waits in {waits.object}.{waits.op}()" if waits is not None else ""
        where = f" ({waits.site})" if waits is not None and waits.site is not None else ""
        yield f"the process {process.name} ({process.pid}) still runs{made}{doing}{where}"
    main = now.main
    for lock in now.locks:
        if lock.key not in before.locks or lock.internal or lock.kind not in ("Lock", "RLock"):
            continue
        for hold in lock.holders:
            if main is not None and hold.process == main.key and hold.since > before.at:
                where = f", acquired at {hold.site}" if hold.site is not None else ""
                yield f"{lock.name}, which was there before the test, is still held{where}"
    for value in now.values:
        if value.key not in before.values and _stays(value):
            made = f", created at {value.site}" if value.site is not None else ""
            yield f"the shared memory {value.segment} is not unlinked{made}"


def _stays(value: SharedValue) -> bool:
    """Return True for shared memory that no process has open, and that exists until the system restarts."""
    is_segment = value.segment is not None and not value.internal and value.manager is None
    return is_segment and value.unlinked is None and not value.open_by and value.closed is not None
