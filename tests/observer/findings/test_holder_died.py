"""Locks in the hands of the dead."""

from __future__ import annotations

from typing import Any

import pytest
from rockproc.observer.findings import FindingTracker, holder_died
from rockproc.observer.model import Finding, Hold, Lock, Process, State

from tests.observer.findings.worlds import NOW, Invented


def held(kind: str = "Lock", **end: Any) -> tuple[Invented, Process, Lock]:
    """main, and a worker that has ended with the lock in its hands."""
    there = Invented()
    main = there.process("main", parent=None)
    worker = there.process("worker", State.JOINED, ended=NOW - 3, **end)
    return there, main, there.lock("lock", kind, holders=(Hold(worker.key, 1, NOW - 4, None),))


def told(there: Invented) -> tuple[str, str, str]:
    (found,) = holder_died.find(there.world)
    return found.severity, found.verdict, found.message


def test_who_was_killed_gives_nothing_back() -> None:
    there, main, lock = held(signal="SIGKILL")
    assert told(there) == (
        "error", "certain", "worker was ended by SIGKILL while it held lock; nobody can take it again"
    )  # fmt: skip
    there.waits(main, "acquire", lock)
    assert told(there) == (
        "error", "orphaned", "worker was ended by SIGKILL while it held lock; main will wait for ever"
    )  # fmt: skip


def test_who_ends_by_itself_may_have_handed_it_over() -> None:
    there, main, lock = held(exitcode=0)
    assert told(there) == (
        "info", "suspected", "worker ended while it held lock; nobody can take it until another process releases it"
    )  # fmt: skip
    there.waits(there.process("other"), "acquire", lock)
    assert told(there) == (
        "error", "suspected", "worker ended while it held lock; other will wait until another process releases it"
    )  # fmt: skip
    there.waits(main, "acquire", lock)
    assert told(there) == (
        "error", "orphaned", "worker ended while it held lock; main, other will wait for ever"
    )  # fmt: skip


@pytest.mark.parametrize(("signal", "advice"), [("SIGTERM", "Let a process"), (None, "Use `with lock:`")])
def test_the_advice_fits_how_it_ended(signal: str | None, advice: str) -> None:
    there, _, _ = held(signal=signal)
    (found,) = holder_died.find(there.world)
    assert found.advice.startswith(advice)


def test_nobody_else_can_release_an_rlock() -> None:
    there, _, _ = held("RLock", exitcode=0)
    assert told(there)[:2] == ("error", "certain")


@pytest.mark.parametrize("signal", [None, "SIGTERM"])
def test_what_another_process_has_released_is_no_error(signal: str | None) -> None:
    there, _, lock = held(signal=signal)
    findings = FindingTracker(there.world)
    findings.look()
    lock.holders = ()
    for _ in range(2):
        findings.look()
        (found,) = there.world.findings.values()
        assert isinstance(found, Finding)
        assert (found.severity, found.active) == ("info", False)
        assert found.message.endswith("while it held lock; another process has released it")


def test_who_waited_until_somebody_ended_it_is_named() -> None:
    there, _, lock = held(exitcode=1)
    other = there.waits(there.process("other"), "acquire", lock)
    findings = FindingTracker(there.world)
    findings.look()
    lock.waiters, other.waits, other.state, other.signal = (), (), State.JOINED, "SIGTERM"
    other.ended = NOW
    for _ in range(2):
        findings.look()
        (found,) = there.world.findings.values()
        assert isinstance(found, Finding)
        assert (found.severity, found.verdict, found.active) == ("warning", "suspected", True)
        assert found.message == "worker ended while it held lock; other waited for it in vain"
