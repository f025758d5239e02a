"""Cycles of threads that wait for each other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rockproc.observer.findings import FindingTracker, deadlock
from rockproc.observer.model import Finding, Hold, Lock, Pool, Process, Wait, Worker

from tests.observer.findings.worlds import NOW, Invented


def crossed(kind: str = "Lock") -> tuple[Invented, list[Process], list[Lock]]:
    """Each of two workers holds a lock and waits for the other's."""
    there = Invented()
    there.process("main", parent=None)
    workers = [there.process(name) for name in ("left", "right")]
    locks = [
        there.lock(name, kind, holders=(Hold(worker.key, 1, NOW - 6, None),))
        for name, worker in zip("ab", workers, strict=True)
    ]
    there.waits(workers[0], "acquire", locks[1])
    there.waits(workers[1], "acquire", locks[0])
    return there, workers, locks


def told(there: Invented) -> tuple[str, str]:
    (found,) = deadlock.find(there.world)
    return found.severity, found.verdict


def test_nobody_else_can_release_an_rlock() -> None:
    there, _, _ = crossed("RLock")
    assert told(there) == ("error", "certain")


def test_a_lock_may_be_released_by_who_goes_on() -> None:
    there, _, _ = crossed()
    assert told(there) == ("error", "suspected")
    there.world.still = NOW - 1
    assert told(there) == ("error", "certain")


def test_nothing_is_certain_before_the_system_was_asked_about_each_wait() -> None:
    there, workers, _ = crossed("RLock")
    workers[0].timed = None
    assert told(there) == ("error", "suspected")


def test_a_wait_with_a_timeout_ends() -> None:
    there, workers, _ = crossed("RLock")
    workers[1].timed = True
    assert told(there) == ("warning", "suspected")


@pytest.mark.parametrize(("signal", "severity"), [(None, "warning"), ("SIGTERM", "error")])
def test_what_went_on_by_itself_was_none(signal: str | None, severity: str) -> None:
    there, workers, locks = crossed()
    findings = FindingTracker(there.world)
    findings.look()
    workers[0].waits, workers[0].signal = (), signal
    locks[1].waiters = ()
    for _ in range(2):
        findings.look()
        (found,) = there.world.findings.values()
        assert isinstance(found, Finding)
        assert (found.severity, found.active) == (severity, False)
        assert found.message.endswith("it went on by itself") == (signal is None)


def pooled() -> tuple[Invented, Pool, list[Process]]:
    """Return a world in which main waits for results with a lock in its hands, which the tasks of both workers need."""
    there = Invented()
    main = there.process("main", parent=None)
    lock = there.lock("lock", holders=(Hold(main.key, 1, NOW - 6, None),))
    workers = [there.process(f"worker-{number}", role="worker") for number in (1, 2)]
    busy = [Worker(each.key, each.name, running=1, task="work()") for each in workers]
    pool = there.world.pools[300] = Pool(300, "Pool", "pool", owner=main.key, size=2, workers=tuple(busy))
    for process, worker in zip(workers, busy, strict=True):
        process.pool, process.task = pool.key, worker
        there.waits(process, "acquire", lock)
    main.waits = (Wait("result", "pool", pool.key, NOW - 5, None, 1),)
    main.timed = False
    there.world.still = NOW - 4
    return there, pool, workers


def test_a_lock_that_tasks_need_is_held_while_their_results_are_waited_for() -> None:
    there, _, _ = pooled()
    (found,) = deadlock.find(there.world)
    assert (found.severity, found.verdict) == ("error", "certain")
    assert found.message == (
        "main waits to have a result of pool, for which worker-1 has a task; "
        "worker-1 waits to acquire lock, which main holds"
    )
    assert found.advice == "Do not hold a lock that a task needs while you wait for results of pool"


def test_a_result_may_come_from_another_worker() -> None:
    there, _, workers = pooled()
    workers[1].waits = ()
    assert list(deadlock.find(there.world)) == []


def test_an_idle_worker_may_take_up_the_task_that_is_waited_for() -> None:
    there, pool, workers = pooled()
    workers[1].waits, workers[1].task = (), None
    assert len(list(deadlock.find(there.world))) == 1
    pool.submitted, pool.taken = 2, 1
    assert list(deadlock.find(there.world)) == []


def test_a_result_may_be_on_its_way() -> None:
    there, _, workers = pooled()
    for process in (there.world.processes[1], *workers):
        before = process.waits
        process.waits = (replace(before[0], since=NOW - 0.5),)
        assert list(deadlock.find(there.world)) == []
        process.waits = before
