"""Looking at a program again and again, as the Lab does."""

from __future__ import annotations

import os
import signal
import time

from rockproc.observer.model import Process, RunState
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import wait_until

from .conftest import Start, look_until, rules
from .test_hanging import DEADLOCK


def test_processes_that_have_not_run_are_not_read_again(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    run = AttachedRun(pid)
    used: list[float] = []
    for _ in range(5):
        began = time.thread_time()
        assert rules(run.read()) == ["deadlock"]
        used.append(time.thread_time() - began)
    run.stop()
    # By far: frames and memory are not read again.
    assert min(used[1:]) < used[0] / 2


def test_the_end_of_a_process_and_of_the_program_is_seen(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    run = AttachedRun(pid)
    run.start()

    def child() -> Process:
        return next(process for process in run.snapshot().processes if process.name == "Process-1")

    assert run.signal(child().key, signal.SIGKILL).result == ""
    wait_until(lambda: not child().state.alive)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: run.snapshot().state is RunState.ENDED)
    assert not any(finding.active for finding in run.snapshot().findings)
    run.stop()


def test_the_program_continues_after_detaching(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    run = AttachedRun(pid)
    run.start()
    run.stop()
    os.kill(pid, 0)
    assert rules(AttachedRun(pid).read()) == ["deadlock"]
