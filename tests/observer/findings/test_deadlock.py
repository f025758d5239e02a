"""Cycles of threads that wait for each other."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import Findings, deadlock
from rockproc.observer.world import Finding, Hold, Lock, Process

from .worlds import NOW, Invented


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
    findings = Findings(there.world)
    findings.look()
    workers[0].doing, workers[0].signal = (), signal
    locks[1].waiters = ()
    for _ in range(2):
        findings.look()
        (found,) = there.world.findings.values()
        assert isinstance(found, Finding)
        assert (found.severity, found.active) == (severity, False)
        assert found.message.endswith("it went on by itself") == (signal is None)
