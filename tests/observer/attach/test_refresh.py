"""A program is read again and again, as the Lab does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from rockproc.observer.attach import repeated_readings
from rockproc.observer.attach.process_tree import ProcessEntry
from rockproc.observer.attach.reading import ProcessReading, read_processes
from rockproc.observer.attach.scheduler_clock import SchedulerClock
from rockproc.observer.model import Process, RunState
from rockproc.observer.model.keys import ENDED_PROCESS
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import wait_until

from .conftest import Start, look_until, rules
from .test_hanging import DEADLOCK


def test_processes_that_have_not_run_are_not_read_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(entries: Iterable[ProcessEntry], clock: SchedulerClock) -> list[ProcessReading]:
        found = read_processes(entries, clock)
        read.append(len(found))
        return found

    monkeypatch.setattr(repeated_readings, "read_processes", counted)
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    run = AttachedRun(pid)
    run.read()
    assert sum(read[-2:]) >= 3  # the second one is of processes that have no parent any more
    wait_until(lambda: rules(run.read()) == ["deadlock"])  # on a busy machine a reading can be incomplete
    del read[:]
    run.read()
    run.stop()
    assert sum(read) == 0


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
    assert rules(look_until(pid, rules)) == ["deadlock"]


def test_a_process_that_is_not_read_again_can_have_acquired_a_lock(start: Start) -> None:
    """Otherwise no process would seem to hold the lock, and a new process would seem to wait for it forever."""
    source = """
    def takes(guard):
        while not os.path.exists("go"):
            time.sleep(0.01)
        guard.acquire()
        while True:
            time.sleep(0.01)

    if __name__ == "__main__":
        guard = mp.Lock()
        mp.Process(target=takes, args=(guard,), daemon=True).start()
        while not os.path.exists("went"):
            time.sleep(0.01)
        mp.Process(target=guard.acquire, name="waits").start()
        while True:
            time.sleep(0.01)
    """
    pid = start(source, "3.11")
    look_until(pid, lambda snapshot: any(lock.name == "guard" for lock in snapshot.locks))
    run = AttachedRun(pid)
    run.read()
    folder = Path(f"/proc/{pid}/cwd").readlink()
    (folder / "go").touch()
    wait_until(lambda: next(lock for lock in run.read(sparing=True).locks if lock.name == "guard").value == 0)
    (folder / "went").touch()
    snapshot = run.snapshot()

    def waits_long_enough() -> bool:
        nonlocal snapshot
        snapshot = run.read(sparing=True)
        waits = [wait for process in snapshot.processes if process.name == "waits" for wait in process.waits]
        return bool(waits) and snapshot.now - waits[0].since > 1.0

    wait_until(waits_long_enough)
    holders = [hold.process for lock in snapshot.locks if lock.name == "guard" for hold in lock.holders]
    assert rules(snapshot) == []
    assert [process.name for process in snapshot.processes if process.key in holders] == ["Process-1"]
    run.stop()


def test_a_lock_that_is_used_all_the_time_never_seems_to_be_held_by_an_ended_process(start: Start) -> None:
    """The holder may change between the readings of two processes, so that neither seems to hold the lock."""
    source = """
    def uses(lock):
        while True:
            with lock:
                sum(range(100))

    if __name__ == "__main__":
        lock = mp.Lock()
        for _ in range(3):
            mp.Process(target=uses, args=(lock,), daemon=True).start()
        while True:
            time.sleep(0.01)
    """
    pid = start(source, "3.11")
    look_until(pid, lambda snapshot: len(snapshot.processes) == 4 and snapshot.locks)
    run = AttachedRun(pid)
    run.read()
    for _ in range(40):
        (lock,) = run.read(sparing=True).locks
        assert ENDED_PROCESS not in {hold.process for hold in lock.holders}
        time.sleep(0.01)
    run.stop()
