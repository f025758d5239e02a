"""Threads that wait for another thread of their process: their lines are read from its memory."""

from __future__ import annotations

import pytest
from rockproc.observer.model import Finding, Site, Snapshot

from tests.probe.conftest import EDGE_VERSIONS, See

LOGS_INTO_ITSELF = """
    import logging
    import multiprocessing as mp
    from logging.handlers import QueueHandler

    def work(records):
        logger = mp.get_logger()
        logger.addHandler(QueueHandler(records))
        logger.setLevel(logging.DEBUG)
        logger.info("ready")  # waits

    if __name__ == "__main__":
        records = mp.Queue()
        process = mp.Process(target=work, args=(records,), name="worker")
        process.start()
        process.join()
"""
HELD_AT_THE_FORK = """
    import multiprocessing as mp
    import threading

    lock, held = threading.Lock(), threading.Event()

    def hold():
        with lock:
            held.set()
            threading.Event().wait()

    def work():
        with lock:  # waits
            pass

    if __name__ == "__main__":
        threading.Thread(target=hold, daemon=True).start()
        held.wait()
        process = mp.get_context("fork").Process(target=work, name="worker")
        process.start()
        process.join()
"""


def thread_lock(snapshot: Snapshot) -> Finding | None:
    """Return the finding, once the line has been read."""
    return next(
        (finding for finding in snapshot.findings if finding.rule == "thread-lock" and finding.active and finding.site),
        None,
    )


@pytest.mark.parametrize("version", EDGE_VERSIONS)
def test_a_put_inside_of_a_put_is_named(version: str, see: See) -> None:
    seen = see(version, LOGS_INTO_ITSELF, method="fork")

    def nested(snapshot: Snapshot) -> Finding | None:
        found = thread_lock(snapshot)
        return found if found is not None and "inside put() of that Queue" in found.message else None

    found = nested(seen.until(nested))
    assert found is not None
    assert found.site == Site(seen.run.launch.script, seen.line("waits"))
    assert found.message.startswith("worker waits for a lock that it holds itself")


@pytest.mark.parametrize("version", EDGE_VERSIONS)
def test_a_child_that_waits_for_a_lock_held_at_the_fork_has_its_line(version: str, see: See) -> None:
    seen = see(version, HELD_AT_THE_FORK, method="fork")
    line = Site(seen.run.launch.script, seen.line("waits"))
    snapshot = seen.until(lambda snapshot: (found := thread_lock(snapshot)) and found.site == line and snapshot)
    found = thread_lock(snapshot)
    assert found is not None
    assert "worker was forked while main had other threads (" in found.message
    assert "twice" not in found.advice
