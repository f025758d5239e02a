"""Programs in which everybody waits. What a real one does is in tests/probe/test_findings.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rockproc.observer.findings import standstill
from rockproc.observer.model import Finding, Hold, Site, State, Wait, Worker

from tests.observer.findings.worlds import NOW, SCRIPT, Invented


def stands() -> Invented:
    """Since four seconds a child waits for a notification, and main for the child."""
    there = Invented()
    main = there.process("main", parent=None)
    child = there.process("child")
    there.waits(child, "wait", there.lock("changed", "Condition"), line=12)
    there.waits(main, "join", child, line=30)
    there.world.still = NOW - 4
    return there


def found(there: Invented) -> list[Finding]:
    return list(standstill.find(there.world))


def test_a_standstill() -> None:
    (finding,) = found(stands())
    assert (finding.severity, finding.verdict) == ("error", "certain")
    assert (finding.site, finding.processes) == (Site(SCRIPT, 12), (1, 2))
    assert finding.message == (
        "child waits in changed.wait(), and nobody is left to call notify(); main waits for child to end"
    )


def test_not_before_the_operating_system_says_so_for_a_while() -> None:
    there = stands()
    there.world.still = None
    assert found(there) == []
    there.world.still = NOW - 0.5
    assert found(there) == []


def test_not_when_something_has_happened_since() -> None:
    there = stands()
    there.process("ended", State.ZOMBIE, ended=NOW - 1)
    assert found(there) == []

    there = stands()
    there.waits(there.process("young", started=NOW - 1), "get", there.channel("items"))
    assert found(there) == []

    there = stands()
    child = there.world.processes[2]
    child.waits = (replace(child.waits[0], since=NOW - 1),)
    assert found(there) == []


@pytest.mark.parametrize("state", [State.RUNNING, State.STOPPED])
def test_not_when_one_may_go_on(state: State) -> None:
    there = stands()
    there.process("other", state)
    assert found(there) == []


def test_helpers_wake_nobody() -> None:
    there = stands()
    there.process("forkserver", role="forkserver")
    there.process("resource tracker", role="resource tracker", probed=False)
    assert len(found(there)) == 1


def test_what_another_rule_explains() -> None:
    """A deadlock of two, for which the third waits in vain."""
    there = stands()
    one, two = there.process("one"), there.process("two")
    left, right = there.lock("left"), there.lock("right")
    left.holders, right.holders = (Hold(one.key, 1, 1.0, None),), (Hold(two.key, 1, 1.0, None),)
    there.waits(one, "acquire", right)
    there.waits(two, "acquire", left)
    assert found(there) == []


def test_a_lock_of_the_dead_explains_it_where_somebody_waits_for_it() -> None:
    there = stands()
    dead = there.process("dead", State.JOINED, ended=1.0)
    key = there.lock("key")
    key.holders = (Hold(dead.key, 1, 0.5, None),)
    assert len(found(there)) == 1
    there.waits(there.process("heir"), "acquire", key)
    assert found(there) == []


def test_who_wants_what_a_waiting_one_has_is_no_reason() -> None:
    there = stands()
    lock = there.lock("lock")
    lock.holders = (Hold(2, 1, 1.0, None),)
    there.waits(there.process("other"), "acquire", lock)
    (finding,) = found(there)
    assert finding.objects == (200,)
    assert finding.message == (
        "child waits in changed.wait(), and nobody is free to call notify(); other waits for lock, which child holds "
        "meanwhile; main waits for child to end"
    )
    assert finding.advice == "Release lock before you wait for changed: who would end that wait needs it"


def test_a_lock_that_somebody_else_holds_shuts_nobody_out() -> None:
    there = stands()
    lock = there.lock("lock", holders=(Hold(1, 1, 1.0, None),))
    there.waits(there.process("other"), "acquire", lock)
    (finding,) = found(there)
    assert "nobody is left to call notify()" in finding.message


def test_both_ends_of_a_pipe_wait() -> None:
    there = Invented()
    pipe = there.channel("here ⇄ there", "Pipe", ends=("here", "there"))
    for name in pipe.ends or ():
        process = there.waits(there.process(name), "recv", pipe)
        process.waits = (replace(process.waits[0], object=name),)
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert finding.advice == "Answer every message, also after an error: each end waits for the other"


def test_the_key_of_a_lock_may_be_that_of_a_process() -> None:
    there = stands()
    changed = there.world.locks.pop(200)
    child = there.world.processes[2]
    there.world.locks[1] = replace(changed, key=1)
    child.waits = (replace(child.waits[0], key=1),)
    assert len(found(there)) == 1


def test_an_event_may_be_set_by_the_handler_of_a_signal() -> None:
    there = Invented()
    there.waits(there.process("main"), "wait", there.lock("over", "Event"))
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert (finding.verdict, finding.message) == (
        "suspected",
        "main waits in over.wait(), and nobody is left to call set()",
    )


def test_who_idles_is_named_last() -> None:
    there = Invented()
    tasks = there.channel("tasks", "JoinableQueue", put=3, got=2)
    there.waits(there.process("worker"), "get", there.channel("other"))
    there.waits(there.process("main"), "join", tasks, line=9)
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert finding.message.startswith("main waits in tasks.join() until every item was done, and an item will never be")
    assert finding.site == Site(SCRIPT, 9)


def test_an_item_that_was_lost_is_never_done() -> None:
    there = Invented()
    there.waits(there.process("main"), "join", there.channel("tasks", "JoinableQueue", put=3, got=2, lost=1))
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert "an item could not be pickled" in finding.message


def test_a_queue_with_something_in_it() -> None:
    there = Invented()
    there.waits(there.process("main"), "get", there.channel("tasks", put=3, got=1))
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert "though 2 items lie there" in finding.message


def test_who_wakes_one_that_was_ended() -> None:
    there = Invented()
    start = there.lock("start", "Event")
    there.waits(there.process("runner"), "wait", start)
    there.waits(there.process("main"), "set", start, line=9)
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert (finding.verdict, finding.site) == ("certain", Site(SCRIPT, 9))
    assert finding.message == (
        "main waits in start.set() for the answer of one that waited there, and was ended before it woke"
    )


def test_a_worker_with_a_task_that_waits_is_the_reason_and_not_its_pool() -> None:
    there = Invented()
    main = there.process("main", parent=None)
    worker = there.process("worker", pool=77, task=Worker(2, "worker"))
    main.waits = (Wait("result", "p", 77, NOW - 5, Site(SCRIPT, 8), 1),)
    main.state = State.WAITING
    there.waits(worker, "wait", there.lock("ready", "Event"), line=3)
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert (finding.site, finding.verdict) == (Site(SCRIPT, 3), "suspected")
    assert finding.message == (
        "worker waits in ready.wait(), and nobody is left to call set(); main waits for a result of p"
    )


def test_a_semaphore_that_went_with_its_holder() -> None:
    there = Invented()
    main = there.process("main", parent=None)
    gone = there.process("gone", State.JOINED, ended=NOW - 6)
    there.waits(main, "acquire", there.lock("slots", "Semaphore", holders=(Hold(gone.key, 1, NOW - 7, None),)))
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert "gone ended without release()" in finding.message
    assert "with slots:" in (finding.advice or "")


def test_both_ends_of_a_pipe_send_first() -> None:
    there = Invented()
    main, child = there.process("main", parent=None), there.process("child")
    pipe = there.channel("a ⇄ b", "Pipe", ends=("a", "b"), duplex=True)
    for process, end in ((main, "a"), (child, "b")):
        process.waits = (Wait("send", end, pipe.key, NOW - 5, Site(SCRIPT, 6), 1),)
        process.state = State.WAITING
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert "main waits in a.send(): the pipe of a is full, and nobody is left to receive at b" in finding.message
    assert "nobody is left to receive at a" in finding.message
    assert (finding.advice or "").startswith("Let somebody receive at b")


def test_a_get_after_a_kill_may_have_met_half_an_item() -> None:
    there = Invented()
    main = there.process("main", parent=None)
    there.process("putter", State.JOINED, ended=NOW - 6, signal="SIGKILL")
    there.waits(main, "get", there.channel("q", put=1, got=1))
    there.world.still = NOW - 4
    (finding,) = found(there)
    assert "nothing whole is left (putter was ended by a signal, perhaps in the midst of a put())" in finding.message


def test_who_has_failed_before_is_named() -> None:
    there = stands()
    there.process("failed", State.JOINED, ended=NOW - 9, exitcode=1)
    (finding,) = found(there)
    assert finding.message.endswith("main waits for child to end; failed had ended with exit 1")
