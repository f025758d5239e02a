"""Waits that no rule can judge keep an answer from being "clean" where the main process depends on them."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import manager_wait as manager_wait_rule
from rockproc.observer.findings.undecided import undecided
from rockproc.observer.model import Process, Site, State, Wait

from tests.observer.findings.test_every_rule import manager_wait
from tests.observer.findings.worlds import NOW, SCRIPT, Invented, found


def calls_a_manager(process: Process, *, timed: bool = False) -> None:
    process.waits = (Wait("acquire", "guard", 900, NOW - 5, Site(SCRIPT, 7), 1, timed=timed),)
    process.state = State.WAITING


@pytest.mark.parametrize("timed", [False, True])
def test_a_lock_in_a_manager_that_the_main_process_needs(timed: bool) -> None:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    calls_a_manager(child, timed=timed)
    program.waits(main, "join", child)
    clause = "who could end this: child waits in guard.acquire() (invented.py:7)"
    assert undecided(program.world) == ([] if timed else [clause])


def test_the_wait_of_a_worker_while_the_main_process_runs() -> None:
    program = Invented()
    program.process("main", parent=None)
    calls_a_manager(program.process("child"))
    assert undecided(program.world) == []


@pytest.mark.parametrize("stopped", ["main", "child"])
def test_a_stopped_process_that_the_main_process_needs(stopped: str) -> None:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    program.waits(main, "join", child)
    (main if stopped == "main" else child).state = State.STOPPED
    assert undecided(program.world) == [f"what {stopped}, which a signal has stopped, will do"]


@pytest.mark.parametrize("state", [State.RUNNING, State.STOPPED])
def test_a_stopped_manager_answers_when_it_is_continued(state: State) -> None:
    program = manager_wait()
    server = next(process for process in program.world.processes.values() if process.name == "SyncManager-1")
    server.state = state
    stopped = state is State.STOPPED
    assert bool(found(manager_wait_rule.RULE, program.world)) != stopped
    assert bool(undecided(program.world)) == stopped
