from __future__ import annotations

import sys
import threading
import time
from os import getpid

import pytest
from rockproc.observer.kernel import thread_times
from rockproc.observer.kernel.thread_times import ThreadTimes

from tests.observer.conftest import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads are read from /proc")


def test_cpu_time_is_assigned_to_the_computing_thread() -> None:
    numbers: list[int] = []
    done = threading.Event()

    def compute() -> None:
        numbers.append(threading.get_native_id())
        while not done.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute)
    thread.start()
    times = ThreadTimes()
    try:
        wait_until(lambda: bool(numbers))
        first = {thread.number: thread for thread in times.sample(getpid(), time.monotonic())}
        assert first[numbers[0]].percent is None

        def has_computed() -> bool:
            now = {thread.number: thread for thread in times.sample(getpid(), time.monotonic())}[numbers[0]]
            return now.seconds > first[numbers[0]].seconds and (now.percent or 0) > 0

        wait_until(has_computed)
    finally:
        done.set()
        thread.join()


def test_an_ended_process_or_one_with_too_many_threads_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ThreadTimes().sample(1 << 30, 0.0) == ()
    monkeypatch.setattr(thread_times, "MAX_THREADS", 0)
    assert ThreadTimes().sample(getpid(), 0.0) == ()
