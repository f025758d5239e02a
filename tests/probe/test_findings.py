"""Problems of programs that really have them."""

from __future__ import annotations

import pytest
from rockproc.observer.world import Finding, Site, Snapshot

from .conftest import EDGES, See


def finding(snapshot: Snapshot, rule: str) -> Finding | None:
    return next((each for each in snapshot.findings if each.rule == rule and each.active), None)


JOINS_FIRST = """
    import multiprocessing as mp

    def work(results):
        for number in range(20):
            results.put(bytes(20_000))

    if __name__ == "__main__":
        results = mp.Queue()
        workers = [mp.Process(target=work, args=(results,), name=f"worker-{n}") for n in (1, 2, 3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()  # joins
        for number in range(60):
            results.get()
"""


@pytest.mark.parametrize("version", EDGES)
def test_several_are_joined_before_their_queue_is_read(version: str, see: See) -> None:
    seen = see(version, JOINS_FIRST)
    snapshot = seen.until(
        lambda snapshot: (found := finding(snapshot, "join-before-get")) and "nor can 2 others" in found.message
    )
    (found,) = (each for each in snapshot.findings if each.severity == "error")
    assert found.verdict == "certain"
    assert found.message.startswith("main waits for worker-1 to end, and worker-1 cannot, nor can 2 others: ")
    assert found.site == Site(seen.run.launch.script, seen.line("joins"))
