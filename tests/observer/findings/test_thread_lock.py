"""A thread that waits for a lock of its own process, as the kernel's samples show it."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import starved_get, thread_lock
from rockproc.observer.model import Blocked, BlockedPlace, Site, State, ThreadState

from tests.observer.findings.worlds import NOW, SCRIPT, Invented, found


@pytest.mark.parametrize("confirmed", [False, True])
def test_one_sample_of_a_wait_is_no_evidence(confirmed: bool) -> None:
    """A tap may announce the wait a moment after the sample, and no later sample may follow."""
    program = Invented()
    program.process("main", parent=None)
    worker = program.process("worker", state=State.WAITING)
    worker.other_threads = (ThreadState(worker.key, 1, Blocked.THREAD, NOW - 5, confirmed),)
    assert len(found(thread_lock.RULE, program.world)) == confirmed


def test_forked_children_that_wait_at_one_line_are_one_finding() -> None:
    program = Invented()
    main = program.process("main", parent=None)
    for name in ("first", "second", "third"):
        child = program.process(name, parent=main.pid)
        child.other_threads = (ThreadState(child.key, 1, Blocked.THREAD, NOW - 5, confirmed=True),)
        program.world.blocked_places[child.key, 1] = BlockedPlace(Site(SCRIPT, 3))
    (finding,) = found(thread_lock.RULE, program.world)
    assert finding.message.startswith("first, second and third wait for a lock")


@pytest.mark.parametrize("feeds", [True, False])
def test_a_feeder_thread_that_waits_for_an_import_writes_no_item(feeds: bool) -> None:
    program = Invented()
    main = program.process("main", parent=None)
    queue = program.channel("settings", put=1, buffered=1)
    program.waits(main, "get", queue)
    main.other_threads = (ThreadState(9, None, Blocked.THREAD, NOW - 5, confirmed=True),)
    program.world.blocked_places[main.key, -9] = BlockedPlace(None, feeds_in_import=feeds)
    assert [finding.verdict for finding in found(starved_get.RULE, program.world)] == (["certain"] if feeds else [])
