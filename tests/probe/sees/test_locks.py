"""Locks, semaphores, Conditions, Events and Barriers: their holders and waiters."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from rockproc.observer.kernel.idle import FOR_A_THREAD
from rockproc.observer.model import Snapshot

from tests.parameters import fast_first
from tests.probe.conftest import CURRENT, See, every_version
from tests.probe.sees.found import ALL, lock, name_of, value

LOCKS = """
    import multiprocessing as mp
    import sys
    import time

    def work(lock, again, places, bound, changed, ready, together, number):
        ready.wait()
        for _ in range(10):
            with lock:
                pass
            lock.acquire()
            lock.release()
            lock.acquire(timeout=20)
            lock.release()
        for _ in range(3):
            with again:
                again.acquire()
                with again:
                    pass
                again.release()
        for _ in range(5):
            with places:
                pass
            bound.acquire()
            bound.release()
        with changed:
            changed.notify()
            changed.notify_all()
        together.wait()
        for _ in range(4):
            with number.get_lock():
                number.value += 1
        number.value
        with number.get_lock():
            number.value = number.value

    def waits(changed, started):
        with changed:
            started.set()
            print(changed.wait(timeout=30))

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        lock, again, places, bound = mp.Lock(), mp.RLock(), mp.Semaphore(2), mp.BoundedSemaphore(2)
        changed, ready, together, number = mp.Condition(), mp.Event(), mp.Barrier(2), mp.Value("i", 0)
        started = mp.Event()
        waiter = mp.Process(target=waits, args=(changed, started))
        waiter.start()
        started.wait()
        with changed:
            pass
        children = [mp.Process(target=work, args=(lock, again, places, bound, changed, ready, together, number))
                    for _ in range(2)]
        for child in children:
            child.start()
        ready.set()
        for child in children + [waiter]:
            child.join()
        print(lock.acquire(False), lock.acquire(False), lock.acquire(timeout=0.01), lock.acquire(True, 0))
        assert ready.is_set()
        ready.clear()
        print([child.exitcode for child in children])
        places.acquire()
        lock.release()
        try:
            lock.release()
        except ValueError:
            pass
        with lock:
            print("held", flush=True)
            time.sleep(1)
"""


@ALL
def test_holders_and_counts_of_locks_are_exact(version: str, method: str, see: See) -> None:
    seen = see(version, LOCKS, method)
    seen.until(lambda _: "held" in seen.output())

    def holders(snapshot: Snapshot) -> list[str]:
        held = [hold for lock in snapshot.locks if lock.name == "lock" for hold in lock.holders]
        return [name_of(snapshot, hold.process) for hold in held]

    seen.until(lambda snapshot: holders(snapshot) == ["main"])
    snapshot = seen.end()
    assert seen.output().split("\n")[-3:] == ["True False False False", "[0, 0]", "held"]
    assert {lock.name: lock.kind for lock in snapshot.locks} == {
        "lock": "Lock",
        "again": "RLock",
        "places": "Semaphore",
        "bound": "BoundedSemaphore",
        "changed": "Condition",
        "ready": "Event",
        "started": "Event",
        "together": "Barrier",
        "number.get_lock()": "RLock",
    }
    assert lock(snapshot, "lock").acquired == 2 * 30 + 1 + 1
    assert lock(snapshot, "lock").contended <= 60
    assert lock(snapshot, "again").acquired == 2 * 9
    assert (lock(snapshot, "places").acquired, lock(snapshot, "places").value) == (11, 1)
    assert (lock(snapshot, "bound").acquired, lock(snapshot, "bound").value) == (10, 2)
    assert lock(snapshot, "changed").acquired == 2 * 2
    assert (lock(snapshot, "ready").acquired, lock(snapshot, "ready").value) == (1, 0)
    assert lock(snapshot, "ready").contended == 2
    assert (lock(snapshot, "started").acquired, lock(snapshot, "started").value) == (1, 1)
    assert lock(snapshot, "together").acquired == 2
    assert value(snapshot, "number").value == 8
    assert (value(snapshot, "number").reads, value(snapshot, "number").writes) == (2 * 6, 2 * 5)
    assert lock(snapshot, "number.get_lock()").acquired == 2 * (5 + 11)
    for found in snapshot.locks:
        if found.kind != "Semaphore":
            assert found.holders == (), found.name
        assert found.waiters == ()


TURNS = """
    import multiprocessing as mp
    import sys
    import threading
    import time

    lock = mp.Lock()

    def holds():
        with lock:
            print("held", flush=True)
            time.sleep(30)

    if __name__ == "__main__":
        for _ in range(100_000 if sys.argv[1] == "often" else 1):
            with lock:
                pass
        threading.Thread(target=holds, daemon=True).start()
        time.sleep(0.2)
        lock.acquire()
"""


@pytest.mark.parametrize(("often", "detail"), [("often", "auto"), ("once", "light")])
@pytest.mark.parametrize("version", fast_first(dict.fromkeys([CURRENT, "3.8"])))
def test_the_holding_thread_is_known_without_a_record(version: str, often: str, detail: str, see: See) -> None:
    seen = see(version, TURNS, often, detail=detail)

    def waited(snapshot: Snapshot) -> bool:
        """Return True once a wait has lasted so long that a deadlock would have been reported."""
        return any(snapshot.now - hold.since > 1.5 for lock in snapshot.locks for hold in lock.waiters)

    seen.until(waited, "nobody waits for the lock")
    snapshot = seen.run.snapshot()
    assert [finding.rule for finding in snapshot.findings if finding.rule == "deadlock"] == []
    (holder,), (waiter,) = lock(snapshot, "lock").holders, lock(snapshot, "lock").waiters
    assert holder.thread != waiter.thread
    seen.run.signal(snapshot.processes[0].key, signal.SIGKILL)
    seen.end(status=None)


FORKED = """
    import multiprocessing as mp
    import sys
    import threading

    if __name__ == "__main__":
        lock = threading.Lock()
        lock.acquire()
        child = mp.get_context("fork").Process(target=lock.acquire, name="child")
        child.start()
        child.join()
"""


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="the kernel does not say where a thread is")
@pytest.mark.parametrize("version", every_version())
def test_a_lock_held_during_a_fork_keeps_its_holder(version: str, see: See) -> None:
    seen = see(version, FORKED)
    seen.until(
        lambda snapshot: any(process.name == "child" and process.idle == FOR_A_THREAD for process in snapshot.processes)
    )
    seen.run.signal_all(signal.SIGKILL)  # also one that has just begun
    marks = seen.end(status=None).marks.since(0)[1]
    assert [mark.text for mark in marks if mark.kind == "signal"] == ["SIGKILL", "SIGKILL"]
