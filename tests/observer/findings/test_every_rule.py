"""Each rule finds an invented world that it is made for, and is silent where somebody can still end the wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rockproc.observer.findings import FindingTracker
from rockproc.observer.findings.registry import RULES
from rockproc.observer.model import (
    Hold,
    Pool,
    Process,
    SignalHandler,
    Site,
    State,
    UnobservedReason,
    Wait,
    World,
)

from tests.observer.findings.worlds import NOW, SCRIPT, Invented

ELSEWHERE = {
    "deadlock",
    "errors-never-fetched",
    "holder-died",
    "join-before-get",
    "lost-update",
    "lost-with-process",
    "no-eof",
    "not-observed",
    "not-unlinked",
    "nothing-ready",
    "polls-in-vain",
    "task-lost",
    "thread-lock",
    "unpicklable",
    "workers-never-begin",
    "zombie",
}
"""Rules that other files test with invented worlds or with programs; `polls-in-vain` needs a program of some time."""
POOL = 900


def active(world: World) -> list[str]:
    """Return the names of the rules that find something."""
    FindingTracker(world).look()
    return sorted(finding.rule for finding in world.findings.values() if finding.active)


def main_waits(op: str, kind: str, **more: object) -> Invented:
    """Return a world in which the only process waits at a lock or a channel of this kind."""
    there = Invented()
    main = there.process("main", parent=None)
    is_lock = kind in ("Event", "Condition", "Barrier", "Semaphore")
    thing = there.lock("thing", kind, **more) if is_lock else there.channel("thing", kind, **more)
    there.waits(main, op, thing)
    return there


def ended(there: Invented, name: str = "helper") -> Process:
    return there.process(name, State.JOINED, ended=NOW - 4, exitcode=-9, signal="SIGKILL")


def permits_lost() -> Invented:
    there = main_waits("acquire", "Semaphore", value=0)
    there.world.locks[200].holders = (Hold(ended(there).key, 1, 1.0, None),)
    return there


def waiter_died() -> Invented:
    there = main_waits("set", "Event")
    there.world.access[200].died_inside[ended(there).key] = "wait"
    return there


def result_never_comes() -> Invented:
    there = Invented()
    main = there.process("main", State.WAITING, parent=None)
    there.world.pools[POOL] = Pool(
        POOL, "Pool", "pool", owner=main.key, size=1, submitted=2, taken=1, ended="terminated"
    )
    main.waits = (Wait("result", "pool", POOL, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
    return there


def sigterm_ignored() -> Invented:
    there = Invented()
    main, child = there.process("main", parent=None), there.process("child", terminated=NOW - 3)
    child.handlers = (SignalHandler("SIGTERM", "handle", Site(SCRIPT, 3)),)
    there.waits(child, "get", there.channel("tasks"))
    there.waits(main, "join", child)
    return there


def overlapping_sends() -> Invented:
    there = Invented()
    main, child = there.process("main", parent=None), there.process("child")
    pipe = there.channel("left ⇄ right", "Pipe", put=10, bytes=100_000)
    there.world.access[pipe.key].overlapping = {(main.key, 1), (child.key, 1)}
    return there


def exit_code_ignored() -> Invented:
    there = Invented()
    there.process("main", State.GONE, parent=None, ended=NOW - 1, exitcode=0)
    there.process("child", State.JOINED, ended=NOW - 2, exitcode=1, error="KeyError: 'b'")
    return there


def lost_track() -> Invented:
    there = Invented()
    there.process("main", parent=None, unobserved=UnobservedReason.DAMAGED_JOURNAL)
    return there


def failed_tap() -> Invented:
    there = Invented()
    there.process("main", parent=None, failed_taps=("Queue.put",), python="3.12.1")
    return there


def internal_error() -> Invented:
    there = Invented()
    there.process("main", parent=None, faults=1, fault="KeyError: 3")
    return there


WAITS: dict[str, Callable[[], Invented]] = {
    "starved-get": lambda: main_waits("get", "Queue"),
    "pipe-full": lambda: main_waits("put", "Queue", put=1, maxsize=1),
    "tasks-not-done": lambda: main_waits("join", "JoinableQueue", put=1, got=1),
    "event-never-set": lambda: main_waits("wait", "Event"),
    "never-notified": lambda: main_waits("wait", "Condition"),
    "barrier-short": lambda: main_waits("wait", "Barrier", value=2),
}
"""Waits that another process could end if there was one."""
OTHERS: dict[str, Callable[[], Invented]] = {
    "permits-lost": permits_lost,
    "waiter-died": waiter_died,
    "result-never-comes": result_never_comes,
    "sigterm-ignored": sigterm_ignored,
    "overlapping-sends": overlapping_sends,
    "exit-code-ignored": exit_code_ignored,
    "lost-track": lost_track,
    "failed-tap": failed_tap,
    "rockproc": internal_error,
}


@pytest.mark.parametrize("name", [*WAITS, *OTHERS])
def test_the_rule_finds_the_world_that_it_is_made_for(name: str) -> None:
    there = {**WAITS, **OTHERS}[name]()
    assert active(there.world) == [name]


@pytest.mark.parametrize("name", WAITS)
def test_a_running_child_may_still_end_the_wait(name: str) -> None:
    there = WAITS[name]()
    there.process("busy")
    assert active(there.world) == []


def test_a_wait_that_has_only_begun_is_not_judged() -> None:
    there = main_waits("get", "Queue")
    main = there.world.processes[1]
    main.waits = (Wait("get", "thing", 100, NOW - 0.1, None, 1, timed=False),)
    assert active(there.world) == []


def test_a_failure_that_the_parent_has_looked_at_is_no_finding() -> None:
    there = exit_code_ignored()
    there.world.processes[2].exitcode_read = True
    assert active(there.world) == []


def test_a_process_that_is_about_to_end_after_terminate_is_no_finding() -> None:
    there = sigterm_ignored()
    there.world.processes[2].handlers = ()
    assert "sigterm-ignored" not in active(there.world)


def test_sends_of_one_thread_do_not_overlap() -> None:
    there = overlapping_sends()
    there.world.access[100].overlapping = {(1, 1)}
    assert active(there.world) == []


def test_every_rule_has_a_unit_test() -> None:
    assert {rule.name for rule in RULES} == ELSEWHERE | WAITS.keys() | OTHERS.keys()
