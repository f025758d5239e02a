"""The text and the advice of a finding fit the way in which the program went wrong."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.findings import FindingTracker
from rockproc.observer.model import Blocked, Finding, Hold, Phase, Pool, Process, Site, State, ThreadState
from rockproc.observer.model.keys import PoolKey

from tests.observer.findings.worlds import NOW, SCRIPT, Invented

ERROR_SITE = Site(SCRIPT, 3)


def only(program: Invented) -> Finding:
    """Return the only finding about a world."""
    FindingTracker(program.world).look()
    (finding,) = program.world.findings.values()
    return finding


def failed(program: Invented, name: str = "worker") -> Process:
    return program.process(name, State.JOINED, ended=NOW - 4, exitcode=1, error="KeyError: 'b'", error_site=ERROR_SITE)


def joined_queue(*, error: str) -> Invented:
    """Return a world in which a worker that got two of four items has ended after the first `task_done()`."""
    program = Invented()
    main = program.process("main", parent=None)
    worker = failed(program)
    worker.error = error
    queue = program.channel("tasks", "JoinableQueue", put=4, got=2)
    access = program.world.access[queue.key]
    access.readers.add((worker.key, 1))
    access.completed[worker.key, 1], access.task_done[worker.key, 1] = 2, 1
    program.waits(main, "join", queue)
    return program


def test_items_of_a_worker_that_has_failed_will_never_be_done() -> None:
    finding = only(joined_queue(error="KeyError: 'b'"))
    assert finding.message.endswith(
        "and 3 items will never be done: worker, which got items, ended (exit 1, KeyError: 'b' at invented.py:3)"
    )
    assert finding.advice.startswith("Catch the exception inside the loop")


def test_items_of_a_worker_that_left_its_loop_need_no_exception_handler() -> None:
    assert "Catch" not in only(joined_queue(error="")).advice


def full_queue(kind: str) -> Invented:
    """Return a world in which main joins a child whose `put()` finds no room."""
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    channel = program.channel("here ⇄ there" if kind == "Pipe" else "results", kind, put=9, maxsize=9)
    program.waits(child, "put", channel)
    program.waits(main, "join", child, line=12)
    return program


def test_a_queue_that_fills_before_a_join_is_to_be_emptied_first() -> None:
    assert only(full_queue("Queue")).advice.endswith("before join() (invented.py:12), or let another process get them")


def test_a_lock_that_is_taken_twice_has_both_lines() -> None:
    program = Invented()
    main = program.process("main", parent=None)
    lock = program.lock("lock", "Lock", holders=(Hold(main.key, 1, NOW - 6, Site(SCRIPT, 4)),))
    program.waits(main, "acquire", lock)
    assert "main waits for lock (invented.py:7), which it holds itself since invented.py:4" in only(program).message


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("PicklingError: Can't pickle <function <lambda>>: not found", "A lambda or nested function"),
        ("AttributeError: Can't pickle local object 'f.<locals>.g'", "A lambda or nested function"),
        ("TypeError: cannot pickle '_thread.lock' object", "Give tasks only arguments"),
        ("KeyError: '<lambda>'", "Call result()"),
    ],
)
def test_tasks_that_cannot_be_pickled_have_their_own_advice(error: str, advice: str) -> None:
    program = Invented()
    main = program.process("main", State.GONE, parent=None, ended=NOW - 1, exitcode=0)
    key = PoolKey(900)
    program.world.pools[key] = Pool(
        key, "ProcessPoolExecutor", "ex", owner=main.key, submitted=3, failed=3, error=error
    )
    assert only(program).advice.startswith(advice)


def short_barrier(*, fails: bool) -> Invented:
    """Return a world in which one of two parties of a Barrier is missing."""
    program = Invented()
    main = program.process("main", parent=None)
    barrier = program.lock("phase", "Barrier", value=2, site=Site(SCRIPT, 2))
    if fails:
        program.world.access[barrier.key].users.add((failed(program).key, 1))
    program.waits(main, "wait", barrier)
    return program


def test_a_barrier_with_too_many_parties_has_the_line_that_made_it() -> None:
    finding = only(short_barrier(fails=False))
    assert "phase was made at invented.py:2 for 2 processes or threads, and only 1 has used it" in finding.message
    assert finding.advice.startswith("Create phase with the number of processes")


def test_a_barrier_whose_party_has_failed_needs_no_other_number() -> None:
    finding = only(short_barrier(fails=True))
    assert "was made" not in finding.message
    assert finding.advice.startswith("Find out why worker failed; or call phase.abort()")


def test_a_notification_that_came_too_early_has_its_line() -> None:
    program = Invented()
    main = program.process("main", parent=None)
    condition = program.lock("changed", "Condition", acquired=1)
    program.world.access[condition.key].notified = main.key, Site(SCRIPT, 5)
    program.waits(main, "wait", condition)
    assert "(notify() or notify_all() was called once, by main at invented.py:5, before" in only(program).message


@pytest.mark.parametrize(
    ("exitcode", "phase", "error", "how"),
    [
        (0, Phase.RUN, "", "worker ended (exit 0, by os._exit() or the like)"),
        (0, Phase.EXITING, "", "worker ended (exit 0)"),
        (None, Phase.RUN, "", "worker ended by os._exit() or a signal"),
        (1, Phase.RUN, "KeyError: 'b'", "worker ended (exit 1, KeyError: 'b')"),
    ],
)
def test_a_process_that_was_cut_off_is_said_to_be(exitcode: int | None, phase: Phase, error: str, how: str) -> None:
    program = Invented()
    main, queue = program.process("main", parent=None), program.channel("tasks", put=2, died=2)
    worker = program.process("worker", State.JOINED, ended=NOW - 4, exitcode=exitcode, phase=phase, error=error)
    program.world.access[queue.key].writers.add((worker.key, 1))
    queue.died_with = (worker.key,)
    program.waits(main, "get", queue)
    finding = only(program)
    assert "(2 items were lost with worker before they were written into the pipe)" in finding.message
    assert finding.message.endswith(how)


def unset_event(case: str) -> Invented:
    """Return a world in which a child waits for an Event, and main cannot set it any more."""
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    event = program.lock("ready", "Event")
    if case == "failed":
        program.world.access[event.key].users.add((failed(program).key, 1))
    program.waits(child, "wait", event)
    if case == "event loop":
        main.other_threads = (
            ThreadState(main.key, 1, Blocked.FILES, NOW - 5, confirmed=True),
            ThreadState(99, None, Blocked.THREAD, NOW - 5, confirmed=True),
        )
    else:
        program.waits(main, "join", child, line=12)
    return program


@pytest.mark.parametrize(
    ("case", "advice"),
    [
        ("join", "Call ready.set() before main waits (invented.py:12) for the process or task that waits for ready"),
        ("event loop", "Call ready.set() before main waits for the process or task that waits for ready"),
        ("failed", "Find out why worker failed. Call ready.set() in a finally block"),
    ],
)
def test_an_event_is_to_be_set_before_its_setter_waits(case: str, advice: str) -> None:
    finding = only(unset_event(case))
    assert finding.advice.startswith(advice)
    assert "a thread of main" not in finding.message


def polls_in_vain(polls: str, kind: str, error: str) -> Finding:
    """Return the finding about a poll that two children of main could have ended: both have."""
    program = Invented()
    main = program.process("main", parent=None)
    poller = main if polls == "main" else program.process("reader")
    thing = program.lock("ready", "Event") if kind == "Event" else program.channel("tasks")
    for name in ("one", "two"):
        child = program.process(name, State.JOINED, ended=NOW - 4, exitcode=1 if error else 0, error=error)
        child.phase, child.error_site = Phase.RUN if error else Phase.EXITING, ERROR_SITE if error else None
        program.world.access[thing.key].users.add((child.key, 1))
        program.world.access[thing.key].writers.add((child.key, 1))
    program.waits(poller, "wait" if kind == "Event" else "get", thing)
    poller.waits = (replace(poller.waits[0], timed=True),)
    if poller is not main:
        program.waits(main, "join", poller, line=12)
    tracker, gave_up = FindingTracker(program.world), program.world.access[thing.key].gave_up
    gave_up[poller.key, 1] = 1
    tracker.look()
    program.world.now, gave_up[poller.key, 1] = NOW + 6, 9
    tracker.look()
    (finding,) = [found for found in program.world.findings.values() if found.rule == "polls-in-vain"]
    return finding


@pytest.mark.parametrize(
    ("polls", "kind", "error", "advice"),
    [
        (
            "main",
            "Queue",
            "",
            "In the loop, stop with an error when a process has failed (its exitcode is neither None",
        ),
        ("main", "Event", "KeyError: 1", "Find out why one failed (invented.py:3). In the loop, stop with an error"),
        ("reader", "Queue", "", "Only main can see that one and two have ended (join(), exitcode): let it then put a"),
        ("reader", "Event", "", "Only main can see that one and two have ended (join(), exitcode): let it then tell"),
    ],
)
def test_a_loop_is_to_end_when_those_that_could_answer_have_ended(
    polls: str, kind: str, error: str, advice: str
) -> None:
    """An advice to check that the others are alive would break a program in which one answers and then ends."""
    finding = polls_in_vain(polls, kind, error)
    assert finding.advice.startswith(advice)
    assert ("after that has timed out (one may have answered" in finding.advice) is (polls == "main")
    ends = f"one and two ended (exit {'1, KeyError: 1 at invented.py:3' if error else '0'})"
    also = "" if polls == "main" else "; main waits for reader to end (invented.py:12)"
    assert finding.message.endswith(f"any more: {ends}{also}")
