"""Waits that no rule can judge keep an answer from being "clean" where the main process depends on them."""

from __future__ import annotations

import pytest
from rockproc.observer.findings.undecided import undecided
from rockproc.observer.model import Process, Site, State, Wait

from tests.observer.findings.worlds import NOW, SCRIPT, Invented


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
