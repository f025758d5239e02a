"""A wait for a pool that nobody serves any more, and one that only lasts until its workers have ended."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import result_never_comes
from rockproc.observer.model import Pool, Site, State, Wait, Worker
from rockproc.observer.model.keys import PoolKey

from tests.observer.findings.worlds import NOW, SCRIPT, Invented, found

POOL = PoolKey(300)


@pytest.mark.parametrize("ending", [False, True])
def test_a_join_lasts_as_long_as_a_worker_needs_to_end(ending: bool) -> None:
    """On a busy machine that may take seconds, while no task is left."""
    program = Invented()
    main = program.process("main", parent=None)
    worker = program.process("worker", pool=POOL)
    pool = Pool(POOL, "ProcessPoolExecutor", "pool", size=1, submitted=3, taken_up=3, done=3, ended="closed")
    pool.workers = (Worker(worker.key, "worker", done=3),)
    program.world.pools[POOL] = pool
    main.waits = (Wait("join", "pool", POOL, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
    main.state, main.timed = State.WAITING, False
    if not ending:
        program.waits(worker, "get", program.channel("calls"))
    assert len(found(result_never_comes.RULE, program.world)) == (not ending)


@pytest.mark.parametrize(
    ("by_callback", "words"),
    [
        (True, "a callback raised KeyError: 0 at invented.py:3"),
        (False, "hands over results has ended with KeyError: 0"),
    ],
)
def test_the_exception_that_kept_a_result_is_named(by_callback: bool, words: str) -> None:
    program = Invented()
    main = program.process("main", State.WAITING, parent=None)
    pool = Pool(POOL, "Pool", "pool", size=1, submitted=1, taken_up=1, done=1, handover_error="KeyError: 0")
    pool.callback_raised, pool.handover_site = by_callback, Site(SCRIPT, 3)
    program.world.pools[POOL] = pool
    main.waits = (Wait("result", "pool", POOL, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
    (finding,) = found(result_never_comes.RULE, program.world)
    assert words in finding.message
