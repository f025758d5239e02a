"""A process that waits again and again with a time-out is not shown as running."""

from __future__ import annotations

import pytest
from rockproc.observer.run.attached import AttachedRun

from .conftest import Start, look_until

POLLS = """
    import queue

    def gets(queue_of_tasks):
        while True:
            try:
                queue_of_tasks.get(timeout=0.02)
            except queue.Empty:
                pass

    def polls(reader):
        while not reader.poll(0.02):
            pass

    def acquires(guard):
        while not guard.acquire(timeout=0.02):
            pass

    def waits(ready):
        while not ready.wait(0.02):
            pass

    def sleeps():
        while True:
            time.sleep(0.02)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        tasks, guard, ready = mp.Queue(), mp.Lock(), mp.Event()
        reader, writer = mp.Pipe(duplex=False)
        guard.acquire()
        calls = (gets, tasks), (polls, reader), (acquires, guard), (waits, ready), (sleeps,)
        for function, *arguments in calls:
            mp.Process(target=function, args=arguments, name=function.__name__).start()
        time.sleep(1000)
    """
REPEATED = {
    "gets": "repeats get tasks with a time-out",
    "polls": "repeats poll writer ⇄ reader with a time-out",
    "acquires": "repeats acquire guard with a time-out",
    "waits": "repeats wait ready with a time-out",
    "sleeps": "sleeps repeatedly",
}


@pytest.mark.parametrize("version", ["3.14", *(pytest.param(old, marks=pytest.mark.slow) for old in ("3.8", "3.11"))])
def test_a_repeated_wait_is_described_and_is_no_finding(version: str, start: Start) -> None:
    pid = start(POLLS, version)
    # On a busy machine a process may run just when it is looked at.
    seen: dict[str, str] = {}
    found = look_until(
        pid,
        lambda snapshot: (
            seen.update({process.name: process.idle for process in snapshot.processes if process.idle})
            or REPEATED.items() <= seen.items()
        ),
    )
    assert not any(wait.object in ("tasks", "guard") for process in found.processes for wait in process.waits)
    run = AttachedRun(pid)
    assert not run.read_verdict().findings
    run.stop()
