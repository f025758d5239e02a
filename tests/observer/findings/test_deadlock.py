"""Cycles of threads that wait for each other."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.findings import FindingTracker, deadlock
from rockproc.observer.model import (
    Finding,
    Hold,
    Lock,
    Pool,
    Process,
    SignalHandler,
    Site,
    State,
    UnobservedReason,
    Wait,
    Worker,
)
from rockproc.observer.model.keys import PoolKey, ProcessKey

from tests.observer.findings.worlds import NOW, Invented
from tests.observer.findings.worlds import found as findings_of


def crossed(kind: str = "Lock") -> tuple[Invented, list[Process], list[Lock]]:
    """Return two workers, each of which holds a lock and waits for the other's."""
    program = Invented()
    program.process("main", parent=None)
    workers = [program.process(name) for name in ("left", "right")]
    locks = [
        program.lock(name, kind, holders=(Hold(worker.key, 1, NOW - 6, None),))
        for name, worker in zip("ab", workers, strict=True)
    ]
    program.waits(workers[0], "acquire", locks[1])
    program.waits(workers[1], "acquire", locks[0])
    return program, workers, locks


def severity_and_verdict(program: Invented) -> tuple[str, str]:
    (found,) = findings_of(deadlock.RULE, program.world)
    return found.severity, found.verdict


def test_no_other_thread_can_release_an_rlock() -> None:
    program, _, _ = crossed("RLock")
    assert severity_and_verdict(program) == ("error", "certain")


def test_a_lock_held_by_another_thread_of_the_process_is_not_released_by_other_processes() -> None:
    """Another process may release a lock as a signal only if the waiting thread itself holds it."""
    program = Invented()
    main = program.process("main", parent=None)
    program.process("idle")  # was forked with the lock, has never touched it, and could release it
    lock = program.lock("a", holders=(Hold(main.key, 2, NOW - 6, None),))
    own = program.lock("b", holders=(Hold(main.key, 1, NOW - 6, None),))
    program.waits(main, "acquire", lock)
    program.waits(main, "acquire", own, thread=2)
    assert severity_and_verdict(program) == ("error", "suspected")


def test_a_lock_may_be_released_by_a_process_that_has_never_touched_it() -> None:
    program, _, _ = crossed()
    assert severity_and_verdict(program) == ("error", "suspected")
    (found,) = findings_of(deadlock.RULE, program.world)
    assert found.message.endswith(", unless main, which has never used it, does so")
    program.world.processes[ProcessKey(1)].state = State.JOINED
    assert severity_and_verdict(program) == ("error", "certain")


def test_a_deadlock_is_suspected_only_after_five_seconds() -> None:
    program, workers, _ = crossed()
    workers[0].waits = (replace(workers[0].waits[0], since=NOW - 4),)
    assert findings_of(deadlock.RULE, program.world) == []


def test_a_wait_that_began_after_the_inspection_of_other_processes_proves_nothing() -> None:
    """The inspected process may have continued since, and may end the wait soon."""
    program, workers, _ = crossed("RLock")
    workers[1].probed, workers[1].inspected = False, True
    program.world.inspected_at = min(wait.since for worker in workers for wait in worker.waits)
    assert findings_of(deadlock.RULE, program.world) == []
    program.world.inspected_at = NOW
    assert severity_and_verdict(program) == ("error", "certain")


def test_only_inspected_processes_that_have_an_object_open_can_release_it() -> None:
    program, _, locks = crossed()
    main = program.world.processes[ProcessKey(1)]
    main.probed, main.inspected, main.unobserved = False, True, UnobservedReason.ISOLATED
    for lock in locks:
        program.world.access[lock.key] = replace(program.world.access[lock.key], exact=True, maker=None)
        program.world.access[lock.key].given.update(hold.process for lock in locks for hold in lock.holders)
    assert severity_and_verdict(program) == ("error", "certain")
    for lock in locks:
        program.world.access[lock.key].exact = False
    assert severity_and_verdict(program) == ("error", "suspected")


@pytest.mark.parametrize("timed", [True, None])
def test_a_wait_with_a_timeout_is_no_deadlock(timed: bool | None) -> None:
    program, workers, _ = crossed("RLock")
    workers[1].waits = (replace(workers[1].waits[0], timed=timed),)
    assert findings_of(deadlock.RULE, program.world) == []


def test_a_signal_handler_may_end_a_deadlock() -> None:
    program, workers, _ = crossed("RLock")
    workers[0].handlers = (SignalHandler("SIGTERM", "stop", Site("/lab/serve.py", 12)),)
    (found,) = findings_of(deadlock.RULE, program.world)
    assert found.verdict == "suspected"
    assert "unless the SIGTERM handler at serve.py:12 does so" in found.message


@pytest.mark.parametrize(("signal", "severity"), [(None, "info"), ("SIGTERM", "error")])
def test_a_deadlock_that_dissolves_by_itself_is_withdrawn(signal: str | None, severity: str) -> None:
    program, workers, locks = crossed()
    findings = FindingTracker(program.world)
    findings.look()
    workers[0].waits, workers[0].signal = (), signal
    locks[1].waiters = ()
    for _ in range(2):
        findings.look()
        (found,) = program.world.findings.values()
        assert isinstance(found, Finding)
        assert (found.severity, found.active) == (severity, False)
        assert found.message.endswith("it resolved itself") == (signal is None)


def pooled() -> tuple[Invented, Pool, list[Process]]:
    """Return a world in which main waits for results with a lock in its hands, which the tasks of both workers need."""
    program = Invented()
    main = program.process("main", parent=None)
    lock = program.lock("lock", holders=(Hold(main.key, 1, NOW - 6, None),))
    workers = [program.process(f"worker-{number}", role="worker") for number in (1, 2)]
    busy = [Worker(worker.key, worker.name, running=1, task="work()") for worker in workers]
    pool = program.world.pools[PoolKey(300)] = Pool(
        PoolKey(300), "Pool", "pool", owner=main.key, size=2, workers=tuple(busy)
    )
    for process, worker in zip(workers, busy, strict=True):
        process.pool, process.task = pool.key, worker
        program.waits(process, "acquire", lock)
    main.waits = (Wait("result", "pool", pool.key, NOW - 5, None, 1, timed=False),)
    return program, pool, workers


def test_a_lock_that_tasks_need_is_held_while_their_results_are_waited_for() -> None:
    program, _, _ = pooled()
    (found,) = findings_of(deadlock.RULE, program.world)
    assert (found.severity, found.verdict) == ("error", "certain")
    assert found.message == (
        "main waits to have a result of pool, for which worker-1 has a task; "
        "worker-1 waits to acquire lock (invented.py:7), which main holds"
    )
    assert found.advice == "Do not hold a lock that a task needs while you wait for results of pool"


def test_a_result_may_come_from_another_worker() -> None:
    program, _, workers = pooled()
    workers[1].waits = ()
    assert list(findings_of(deadlock.RULE, program.world)) == []


def test_an_idle_worker_may_take_up_the_task_that_is_waited_for() -> None:
    program, pool, workers = pooled()
    workers[1].waits, workers[1].task = (), None
    pool.workers = (pool.workers[0], replace(pool.workers[1], running=0))
    assert len(list(findings_of(deadlock.RULE, program.world))) == 1
    pool.submitted, pool.taken_up = 2, 1
    assert list(findings_of(deadlock.RULE, program.world)) == []


def test_a_lock_may_have_the_key_of_a_process_that_is_joined() -> None:
    """Both keys come from counters of their makers. A program that joins its workers must be reported as stuck."""
    program = Invented()
    main = program.process("main", parent=None)
    workers = [program.process(name) for name in ("left", "right")]
    holds = [Hold(worker.key, 1, NOW - 6, None) for worker in workers]
    pairs = zip(workers, holds, strict=True)
    locks = [program.lock(worker.name, key=worker.key, holders=(hold,)) for worker, hold in pairs]
    program.waits(workers[0], "acquire", locks[1])
    program.waits(workers[1], "acquire", locks[0])
    program.waits(main, "join", workers[0])
    assert severity_and_verdict(program) == ("error", "certain")


def test_a_process_that_its_handler_keeps_alive_is_the_only_finding() -> None:
    program = Invented()
    main = program.process("main", parent=None)
    worker = program.process("worker", start_method="fork", terminated=NOW - 7)
    main.handlers = worker.handlers = (SignalHandler("SIGTERM", "stop", Site("/lab/serve.py", 12)),)
    lock = program.lock("lock", "Lock", holders=(Hold(main.key, 1, NOW - 8, None),))
    program.waits(worker, "acquire", lock)
    main.waits = (Wait("join", "worker", worker.key, NOW - 6, None, 1, timed=False),)
    FindingTracker(program.world).look()
    assert [finding.rule for finding in program.world.findings.values()] == ["sigterm-ignored"]
