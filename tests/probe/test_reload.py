"""A module that the program reloads must have its taps again."""

from __future__ import annotations

import pytest

from tests.probe.conftest import Ways, edges

PROGRAM = """
    import importlib
    import multiprocessing.queues
    import multiprocessing.synchronize

    if __name__ == "__main__":
        importlib.reload(multiprocessing.synchronize)
        importlib.reload(multiprocessing.queues)
        context = multiprocessing.get_context("fork")
        queue, lock = context.Queue(), context.Lock()
        with lock:
            queue.put(1)
        print(queue.get(), multiprocessing.queues.__spec__, multiprocessing.queues.__loader__.name)
"""


@pytest.mark.parametrize("version", edges(2))
def test_counts_are_complete_after_a_reload(version: str, run: Ways) -> None:
    program = str(run.write(PROGRAM))
    bare, observed = run.bare(version, program), run.observed(version, program)
    assert (observed.stderr, observed.status) == (bare.stderr, bare.status)
    assert observed.stdout.split(" object at ")[0] == bare.stdout.split(" object at ")[0]
    report = observed.report
    assert report is not None
    assert report["faults"] == []
    assert [(channel["name"], channel["put"], channel["got"]) for channel in report["channels"]] == [("queue", 1, 1)]
    assert [(lock["name"], lock["acquired"]) for lock in report["locks"]] == [("lock", 1)]
