"""Locks whose holder has ended."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.findings import FindingTracker, holder_died
from rockproc.observer.model import Hold, Lock, Phase, Pool, Process, SentSignal, SignalHandler, Site, State
from rockproc.observer.model.calls import RAISES
from rockproc.observer.model.keys import PoolKey, ProcessKey

from tests.observer.findings.worlds import NOW, SCRIPT, Invented, found


def left(kind: str = "Lock", signal: str | None = "SIGKILL") -> tuple[Invented, Process, Lock]:
    """Return a worker that has ended with a lock, and main, which made the lock."""
    program = Invented()
    program.process("main", parent=None)
    worker = program.process("worker", State.JOINED, ended=NOW - 2, signal=signal)
    lock = program.lock("lock", kind, holders=(Hold(worker.key, 1, NOW - 3, Site(SCRIPT, 4)),))
    return program, worker, lock


def severity_and_verdict(program: Invented) -> tuple[str, str]:
    (finding,) = found(holder_died.RULE, program.world)
    return finding.severity, finding.verdict


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_waiter_waits_for_ever(kind: str) -> None:
    program, _, lock = left(kind)
    program.waits(program.world.processes[ProcessKey(1)], "acquire", lock, 9)
    (finding,) = found(holder_died.RULE, program.world)
    assert (finding.severity, finding.verdict) == ("error", "orphaned")
    assert finding.message == (
        "worker was ended by SIGKILL while it held lock, which it had acquired at invented.py:4; "
        "main will wait forever (invented.py:9)"
    )
    assert finding.advice.startswith("Let a process that holds a lock end by itself")


def test_a_suspicion_names_who_might_release_the_lock() -> None:
    program, _, lock = left()
    main = program.waits(program.world.processes[ProcessKey(1)], "acquire", lock, 9)
    main.handlers = (SignalHandler("SIGTERM", "stop", Site(SCRIPT, 2)),)
    (finding,) = found(holder_died.RULE, program.world)
    assert finding.verdict == "suspected"
    assert finding.message.endswith(
        "main will wait forever, unless the SIGTERM handler at invented.py:2 releases it (invented.py:9)"
    )


@pytest.mark.parametrize(("error", "advice"), [("", "Do not call os._exit() "), ("KeyError: 3", "Use `with lock:`")])
def test_the_advice_fits_the_way_in_which_the_holder_has_ended(error: str, advice: str) -> None:
    program, worker, lock = left(signal=None)
    worker.phase, worker.error = Phase.RUN, error
    program.waits(program.world.processes[ProcessKey(1)], "acquire", lock, 9)
    (finding,) = found(holder_died.RULE, program.world)
    assert finding.advice.startswith(advice)


def test_a_waiter_with_a_timeout_waits_in_vain() -> None:
    program, _, lock = left()
    main = program.waits(program.world.processes[ProcessKey(1)], "acquire", lock, 9)
    main.waits = (replace(main.waits[0], timed=True),)
    assert severity_and_verdict(program) == ("warning", "in vain")
    tracker = FindingTracker(program.world)
    tracker.look()
    main.waits = ()
    tracker.look()
    (finding,) = program.world.findings.values()
    assert (finding.severity, finding.verdict) == ("warning", "certain")
    assert finding.message.endswith("no process can acquire it again, and main may try to")


def test_a_parent_that_has_ended_the_holder_is_only_given_a_hint() -> None:
    program, worker, lock = left()
    worker.sent_signal = SentSignal("SIGKILL", "main", NOW - 3, Site(SCRIPT, 8))
    users = program.world.access[lock.key].users
    users.add((ProcessKey(1), 1))
    assert severity_and_verdict(program) == ("info", "certain")
    users.add((program.process("another worker").key, 1))
    assert severity_and_verdict(program) == ("warning", "certain")


def test_nothing_is_said_while_another_process_is_able_to_release_the_lock() -> None:
    program, _, lock = left()
    main = program.waits(program.world.processes[ProcessKey(1)], "acquire", lock, 9)
    main.handlers = (SignalHandler("SIGALRM", "raises", Site(SCRIPT, 2), calls=(RAISES,)),)
    assert found(holder_died.RULE, program.world) == []


def test_a_lock_that_nobody_else_has_used_is_no_problem() -> None:
    program, _, _ = left()
    assert found(holder_died.RULE, program.world) == []


def test_a_lock_of_an_ended_holder_that_others_use_is_a_warning() -> None:
    program, _, lock = left()
    program.world.access[lock.key].users.add((ProcessKey(1), 1))
    assert severity_and_verdict(program) == ("warning", "certain")


def test_a_pool_that_was_terminated_may_leave_a_lock_behind() -> None:
    program, worker, lock = left(signal="SIGTERM")
    program.world.access[lock.key].users.add((ProcessKey(1), 1))
    worker.pool = PoolKey(300)
    program.world.pools[PoolKey(300)] = Pool(PoolKey(300), "Pool", "pool", ended="terminated")
    assert found(holder_died.RULE, program.world) == []


def test_daemons_that_end_with_main_may_leave_a_lock_behind() -> None:
    program, _, lock = left(signal="SIGTERM")
    program.world.access[lock.key].users.add((ProcessKey(1), 1))
    program.world.processes[ProcessKey(1)].phase = Phase.EXITING
    assert found(holder_died.RULE, program.world) == []


def test_the_advice_for_a_holder_that_ended_by_itself() -> None:
    program, _, lock = left(signal=None)
    program.waits(program.world.processes[ProcessKey(1)], "acquire", lock)
    (finding,) = found(holder_died.RULE, program.world)
    assert finding.advice.startswith("Use `with lock:`")


@pytest.mark.parametrize(("times", "expected"), [(2, ("warning", "in vain")), (9, ("error", "suspected"))])
def test_a_thread_that_asks_again_and_again_for_a_lost_lock(times: int, expected: tuple[str, str]) -> None:
    program, _, lock = left("RLock")
    main = program.world.processes[ProcessKey(1)]
    program.waits(main, "acquire", lock, 9)
    main.waits = (replace(main.waits[0], timed=True),)
    tracker, gave_up = FindingTracker(program.world), program.world.access[lock.key].gave_up
    gave_up[main.key, 1] = 1
    tracker.look()
    program.world.now, gave_up[main.key, 1] = NOW + 6, 1 + times
    tracker.look()
    (finding,) = [each for each in program.world.findings.values() if each.active]
    assert (finding.severity, finding.verdict) == expected
    assert ("main has tried to acquire it 9 times in 6 s" in finding.message) is (times == 9)
