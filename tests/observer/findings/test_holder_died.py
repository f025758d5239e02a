"""Locks whose holder has ended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rockproc.observer.findings import FindingTracker, holder_died
from rockproc.observer.model import Hold, Lock, Phase, Pool, Process, Site, State
from rockproc.observer.model.keys import PoolKey, ProcessKey

from tests.observer.findings.worlds import NOW, SCRIPT, Invented, found


def left(kind: str = "Lock", signal: str | None = "SIGKILL") -> tuple[Invented, Process, Lock]:
    """A worker that has ended with a lock, and main, which made the lock."""
    there = Invented()
    there.process("main", parent=None)
    worker = there.process("worker", State.JOINED, ended=NOW - 2, signal=signal)
    lock = there.lock("lock", kind, holders=(Hold(worker.key, 1, NOW - 3, Site(SCRIPT, 4)),))
    return there, worker, lock


def told(there: Invented) -> tuple[str, str]:
    (finding,) = found(holder_died.RULE, there.world)
    return finding.severity, finding.verdict


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_waiter_waits_for_ever(kind: str) -> None:
    there, _, lock = left(kind)
    there.waits(there.world.processes[ProcessKey(1)], "acquire", lock, 9)
    (finding,) = found(holder_died.RULE, there.world)
    assert (finding.severity, finding.verdict) == ("error", "orphaned")
    assert finding.message == (
        "worker was ended by SIGKILL while it held lock, which it had acquired at invented.py:4; "
        "main will wait for ever (invented.py:9)"
    )
    assert finding.advice.startswith("Let a process that holds a lock end by itself")


def test_a_waiter_with_a_timeout_waits_in_vain() -> None:
    there, _, lock = left()
    main = there.waits(there.world.processes[ProcessKey(1)], "acquire", lock, 9)
    main.waits = (replace(main.waits[0], timed=True),)
    assert told(there) == ("warning", "in vain")
    tracker = FindingTracker(there.world)
    tracker.look()
    main.waits = ()
    tracker.look()
    (finding,) = there.world.findings.values()
    assert (finding.severity, finding.verdict) == ("warning", "certain")
    assert finding.message.endswith("nobody can take it again, and main may want to")


def test_a_lock_that_nobody_else_has_used_is_no_problem() -> None:
    there, _, _ = left()
    assert found(holder_died.RULE, there.world) == []


def test_a_lock_that_others_use_may_be_missed() -> None:
    there, _, lock = left()
    there.world.access[lock.key].users.add((ProcessKey(1), 1))
    assert told(there) == ("warning", "certain")


def test_a_pool_that_was_terminated_may_leave_a_lock_behind() -> None:
    there, worker, lock = left(signal="SIGTERM")
    there.world.access[lock.key].users.add((ProcessKey(1), 1))
    worker.pool = PoolKey(300)
    there.world.pools[PoolKey(300)] = Pool(PoolKey(300), "Pool", "pool", ended="terminated")
    assert found(holder_died.RULE, there.world) == []


def test_daemons_that_end_with_main_may_leave_a_lock_behind() -> None:
    there, _, lock = left(signal="SIGTERM")
    there.world.access[lock.key].users.add((ProcessKey(1), 1))
    there.world.processes[ProcessKey(1)].phase = Phase.EXITING
    assert found(holder_died.RULE, there.world) == []


def test_advice_for_a_process_that_ended_by_itself() -> None:
    there, _, lock = left(signal=None)
    there.waits(there.world.processes[ProcessKey(1)], "acquire", lock)
    (finding,) = found(holder_died.RULE, there.world)
    assert finding.advice.startswith("Use `with lock:`")
