"""Other threads wait only briefly for the observer's lock, however busy the observer is."""

from __future__ import annotations

import threading
from pathlib import Path

from rockproc.observer.run.fair_lock import FairLock
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.observer.conftest import PATIENCE_SECONDS


def test_the_busiest_holder_yields_the_lock() -> None:
    lock, rounds, done = FairLock(), 0, threading.Event()

    def hold() -> None:
        nonlocal rounds
        while not done.is_set():
            lock.give_way()
            with lock:
                rounds += 1
                sum(range(200_000))  # without letting go of the interpreter

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        for _ in range(10):
            before = rounds
            with lock:
                assert rounds <= before + 1
    finally:
        done.set()
        holder.join()


def test_the_fair_lock_is_recursive() -> None:
    lock = FairLock()
    acquired = threading.Event()

    def acquire() -> None:
        with lock:
            acquired.set()

    with lock, lock:
        pass
    threading.Thread(target=acquire, daemon=True).start()
    assert acquired.wait(PATIENCE_SECONDS), "the thread that has left it twice still holds it"


def test_a_snapshot_does_not_wait_for_the_current_poll(tmp_path: Path) -> None:
    script = tmp_path / "sleeper.py"
    script.write_text("import time\ntime.sleep(60)\n")
    run = Run(Launch(str(script)))
    run.start()
    try:
        looked = run.snapshot().now
        while run.snapshot().now == looked:
            assert not run.ended.wait(0.01)
        answers: list[int] = []
        with run._lock:
            asking = threading.Thread(target=lambda: answers.append(len(run.snapshot().processes)), daemon=True)
            asking.start()
            asking.join(20)
            assert answers == [1]
    finally:
        run.stop()
