"""A thread that waits for a lock of its own process, as the kernel's samples show it."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import event_never_set, starved_get, thread_lock
from rockproc.observer.findings.pool_results import POOL
from rockproc.observer.model import Blocked, BlockedPlace, Pool, Process, Site, State, ThreadState, Wait
from rockproc.observer.model.keys import PoolKey

from tests.observer.findings.worlds import NOW, SCRIPT, Invented, found


@pytest.mark.parametrize("confirmed", [False, True])
def test_one_sample_of_a_wait_is_no_evidence(confirmed: bool) -> None:
    """A tap may announce the wait a moment after the sample, and no later sample may follow."""
    program = Invented()
    program.process("main", parent=None)
    worker = program.process("worker", state=State.WAITING)
    worker.other_threads = (ThreadState(worker.key, 1, Blocked.THREAD, NOW - 5, confirmed),)
    assert len(found(thread_lock.RULE, program.world)) == confirmed


@pytest.mark.parametrize("bare", [False, True])
def test_forked_children_that_wait_at_one_line_are_one_finding(bare: bool) -> None:
    program = Invented()
    main = program.process("main", parent=None)
    for name in ("first", "second", "third"):
        child = program.process(name, parent=main.pid)
        if bare:
            child.start_method, child.role = None, "fork"
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


def in_an_event_loop() -> tuple[Invented, Process]:
    program = Invented()
    main = program.process("main", parent=None)
    main.other_threads = (
        ThreadState(main.key, 1, Blocked.FILES, NOW - 5, confirmed=True),
        ThreadState(99, None, Blocked.THREAD, NOW - 5, confirmed=True),
    )
    return program, main


def verdicts(program: Invented) -> list[str]:
    return [
        finding.verdict for rule in (event_never_set.RULE, thread_lock.RULE) for finding in found(rule, program.world)
    ]


def test_an_event_loop_waits_for_what_other_processes_send() -> None:
    program, _ = in_an_event_loop()
    (loop,) = found(thread_lock.RULE, program.world)
    assert (
        loop.message
        == "main waits in its event loop, and no other thread of main and no other process can end this wait"
    )
    worker = program.process("worker")
    assert verdicts(program) == [], "it computes, and may send its result into a pipe"
    program.waits(worker, "wait", program.lock("go", "Event"))
    (waiting,) = found(event_never_set.RULE, program.world)
    assert waiting.message == (
        "worker waits in go.wait() (invented.py:7), and no process can call set() any more: "
        "main waits in its event loop"
    ), "a thread that only serves the loop is not worth a word"


def test_a_worker_without_a_task_sends_nothing_into_an_event_loop() -> None:
    program, main = in_an_event_loop()
    worker = program.process("worker", pool=PoolKey(POOL | 900))
    program.world.pools[PoolKey(POOL | 900)] = Pool(PoolKey(POOL | 900), "ProcessPoolExecutor", "pool", owner=main.key)
    worker.waits = (Wait("get", "tasks", 900, NOW - 5, None, 1, timed=False),)
    assert verdicts(program) == ["certain"]


@pytest.mark.parametrize("happened", ["", "end", "wait"])
def test_a_sample_that_is_older_than_what_happened_is_no_evidence(happened: str) -> None:
    program, main = in_an_event_loop()
    program.world.threads_seen_at[main.key] = NOW - 3
    worker = program.process("worker", State.JOINED, ended=NOW - 6, exitcode=0)
    if happened == "end":
        worker.ended = NOW - 1
    elif happened == "wait":
        other = program.process("other")
        other.waits = (Wait("join", "main", main.key, NOW - 1, None, 1, timed=False),)
    assert verdicts(program) == ([] if happened else ["certain"])


@pytest.mark.parametrize(
    ("is_over", "in_child", "expected"), [(True, False, ["suspected"]), (False, False, []), (True, True, [])]
)
def test_a_main_thread_that_has_ended_its_code_is_unlikely_to_put_an_item(
    is_over: bool, in_child: bool, expected: list[str]
) -> None:
    """The main thread waits for its threads: `asyncio.run()` waits five minutes for its executor (CPython 3.12+)."""
    program = Invented()
    main = program.process("main", parent=None)
    queue = program.channel("events", put=3, got=3)
    waiting = program.process("child", start_method="fork") if in_child else main
    program.waits(waiting, "get", queue, thread=1 if in_child else 2)
    main.other_threads = (ThreadState(main.key, 1, Blocked.NO, 0.0),)
    program.world.blocked_places[main.key, 1] = BlockedPlace(None, is_over=is_over)
    assert [finding.verdict for finding in found(starved_get.RULE, program.world)] == expected
