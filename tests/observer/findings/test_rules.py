"""Each rule must find its problem, but not too early, and not if the program has handled it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from rockproc.observer.findings import Facts, FindingTracker, Rule
from rockproc.observer.findings.registry import RuleSource, rule_sources
from rockproc.observer.model import (
    Access,
    Finding,
    Hold,
    Pool,
    Process,
    RepeatedRead,
    SharedValue,
    SignalHandler,
    Site,
    State,
    ThreadCpu,
    Wait,
    Worker,
    World,
)
from rockproc.observer.model.keys import PoolKey, ProcessKey, ValueKey
from rockproc.probe.layout import POOL as POOL_KEY

from tests.observer.findings.worlds import NOW, SCRIPT, Invented

LONG = 3.0
"""Seconds: longer than any of these rules waits."""
POOL, SEGMENT = PoolKey(900), ValueKey(800)


def rules(world: World) -> list[tuple[str, str]]:
    """Return the rule and the severity of each finding."""
    FindingTracker(world).look()
    return sorted((str(found.rule), str(found.severity)) for found in world.findings.values() if found.active)


def segment(**more: Any) -> tuple[Invented, SharedValue]:
    """Return a segment that main has made and closed."""
    program = Invented()
    main = program.process("main", parent=None)
    fields: dict[str, Any] = {"closed": NOW - LONG, "opened_by": (main.key,), **more}
    value = SharedValue(SEGMENT, "SharedMemory", "memory", "", segment="psm_1", owner=main.key, size=8, **fields)
    program.world.values[SEGMENT] = value
    return program, value


def test_shared_memory_that_nobody_unlinks_is_found() -> None:
    assert rules(segment()[0].world) == [("not-unlinked", "warning")]


@pytest.mark.parametrize(
    "more",
    [{"closed": NOW - 0.1}, {"open_by": (1,)}, {"unlinked": NOW - LONG, "unlinked_by": 1}],
    ids=["it was closed just now", "it is open", "it was unlinked"],
)
def test_shared_memory_in_use_or_unlinked_is_no_finding(more: dict[str, Any]) -> None:
    assert rules(segment(**more)[0].world) == []


def test_shared_memory_left_by_an_ended_program_is_found_at_once() -> None:
    """After the program has ended no process can open it again, so the rule need not wait."""
    program, _ = segment(closed=NOW - 0.1)
    program.world.processes[ProcessKey(1)].state, program.world.processes[ProcessKey(1)].ended = State.JOINED, NOW - 0.1
    assert rules(program.world) == [("not-unlinked", "warning")]
    program.world.processes[ProcessKey(1)].signal = "SIGKILL"
    assert rules(program.world) == [("not-unlinked", "info")]
    program.world.values[SEGMENT].unlinked, program.world.values[SEGMENT].unlinked_by = NOW - 0.1, ProcessKey(1)
    assert rules(program.world) == []


def test_shared_memory_unlinked_by_a_tracker_during_use_is_found() -> None:
    program, value = segment(unlinked=NOW - 1.0)
    user = program.process("user")
    value.bereft, value.open_by = (user.key,), (user.key,)
    assert rules(program.world) == [("unlinked-in-use", "warning")]


def pool(kind: str = "Pool", **more: Any) -> tuple[Invented, Pool]:
    """Return a pool of two workers, one of which has ended."""
    program = Invented()
    main, alive = program.process("main", parent=None), program.process("worker-2")
    ended = program.process("worker-1", State.JOINED, ended=NOW - LONG, signal="SIGKILL", exitcode=-9)
    workers = (
        Worker(ended.key, ended.name, alive=False, running=1, task="bake('nut')"),
        Worker(alive.key, alive.name),
    )
    fields: dict[str, Any] = {"owner": main.key, "size": 2, "workers": workers, "submitted": 3, "taken_up": 1, **more}
    program.world.pools[POOL] = Pool(POOL, kind, "oven", **fields)
    return program, program.world.pools[POOL]


def test_a_task_lost_with_a_worker_for_want_of_memory_says_so() -> None:
    program = pool()[0]
    for process in program.world.processes.values():
        process.out_of_memory = process.signal == "SIGKILL"
    rules(program.world)
    assert ["because memory ran out" in found.message for found in program.world.findings.values()] == [True]


def test_a_task_lost_with_its_worker_is_found() -> None:
    assert rules(pool()[0].world) == [("task-lost", "warning")]


def test_a_worker_that_ends_between_two_tasks_loses_none() -> None:
    program, oven = pool()
    oven.workers = oven.workers[1:]
    assert rules(program.world) == []


def test_a_broken_executor_is_found() -> None:
    program, oven = pool("ProcessPoolExecutor", ended="broken")
    oven.broken_by = (oven.workers[0].process,)
    assert rules(program.world) == [("executor-broken", "warning")]


def test_an_executor_that_broke_for_an_unknown_reason_names_none() -> None:
    """CPython 3.14 breaks one also when it cannot start a worker."""
    program, _oven = pool("ProcessPoolExecutor", ended="broken")
    rules(program.world)
    (found,) = [each for each in program.world.findings.values() if each.rule == "executor-broken"]
    assert "although none of its workers had ended unexpectedly" in found.message


def test_workers_that_can_get_no_task_are_one_finding() -> None:
    program = Invented()
    main, killed = program.process("main", parent=None), program.process("worker-1", State.JOINED, ended=NOW - LONG)
    killed.signal = "SIGKILL"
    tasks = program.channel("oven._inqueue", "SimpleQueue", internal=True, put=4)
    program.world.access[tasks.key].died_inside[killed.key] = "get"
    key = PoolKey(POOL_KEY | tasks.key)
    workers = tuple(
        Worker(program.waits(program.process(name, pool=key), "get", tasks).key, name)
        for name in ("worker-2", "worker-3")
    )
    program.world.pools[key] = Pool(key, "Pool", "oven", owner=main.key, size=2, workers=workers, submitted=4)
    assert rules(program.world) == [("pool-stuck", "error")]


@pytest.mark.parametrize(("since", "found"), [(NOW - LONG, [("pool-stuck", "error")]), (NOW - 0.1, []), (None, [])])
def test_a_pool_whose_workers_get_no_tasks_is_found_after_a_while(
    since: float | None, found: list[tuple[str, str]]
) -> None:
    program, oven = pool(stalled=since)
    oven.read_by, oven.workers = (oven.workers[0].process,), oven.workers[1:]
    assert rules(program.world) == found


@pytest.mark.parametrize(
    ("ended", "exitcode", "taken_up", "found"),
    [
        (3, 1, 0, [("workers-never-begin", "error")]),
        (2, 1, 0, []),
        (3, 1, 1, []),
        (3, -9, 0, []),
    ],
    ids=["more than there are to be", "as many", "one has run a task", "killed"],
)
def test_workers_that_end_before_their_first_task_are_found(
    ended: int, exitcode: int, taken_up: int, found: list[tuple[str, str]]
) -> None:
    program = Invented()
    main = program.process("main", parent=None)
    for number in range(ended):
        program.process(f"worker-{number}", State.JOINED, ended=NOW - LONG, exitcode=exitcode, pool=POOL)
    program.world.pools[POOL] = Pool(POOL, "Pool", "oven", owner=main.key, size=2, submitted=1, taken_up=taken_up)
    assert rules(program.world) == found


@pytest.mark.parametrize(("ended", "since", "found"), [(3, LONG, True), (2, LONG, False), (3, 0.5, False)])
def test_workers_that_end_beside_waiting_tasks_are_found_from_outside(ended: int, since: float, found: bool) -> None:
    program = Invented()
    main = program.process("main", parent=None)
    oven = program.world.pools[POOL] = Pool(POOL, "Pool", "oven", owner=main.key, size=2, submitted=4)
    oven.ended_without_task, oven.untouched = ended, NOW - since
    tracker = FindingTracker(program.world, has_history=False)
    for settled in (True, False):
        tracker.look(settled=settled)
        assert [each.rule for each in program.world.findings.values()] == (["workers-never-begin"] if found else [])


def test_a_reading_during_which_processes_begin_leaves_other_findings_as_they_are() -> None:
    program, oven = pool(stalled=NOW - LONG)
    oven.read_by, oven.workers = (oven.workers[0].process,), oven.workers[1:]
    tracker = FindingTracker(program.world)
    tracker.look(settled=False)
    assert not program.world.findings
    tracker.look()
    oven.read_by = ()
    tracker.look(settled=False)
    assert [finding.active for finding in program.world.findings.values()] == [True]
    tracker.look()
    assert [finding.active for finding in program.world.findings.values()] == [False]


def test_items_lost_with_the_process_that_put_them_are_found() -> None:
    program = Invented()
    program.process("main", parent=None)
    producer = program.process("producer", State.JOINED, ended=NOW - LONG, exitcode=0)
    channel = program.channel("tasks", died=2, died_with=(producer.key,))
    assert rules(program.world) == [("lost-with-process", "warning")]
    channel.died = 0
    assert rules(program.world) == []


@pytest.mark.parametrize("why", ["", "main lives", "ended by the program", "another reader"])
def test_items_left_by_a_daemon_that_ended_with_main_are_a_hint(why: str) -> None:
    program = Invented()
    main = program.process("main", State.JOINED, parent=None, ended=NOW - 0.1, exitcode=0)
    daemon = program.process(
        "saver", State.JOINED, daemon=True, ended=NOW - 0.2, signal="SIGTERM", terminated=NOW - 0.3
    )
    queue = program.channel("rows", put=5, got=2)
    program.world.access[queue.key].readers.add((daemon.key, 1))
    if why == "main lives":
        main.ended, main.state = None, State.RUNNING
    elif why == "ended by the program":
        daemon.signal = "SIGKILL"
    elif why == "another reader":
        program.world.access[queue.key].readers.add((main.key, 1))
    assert rules(program.world) == ([] if why else [("lost-with-process", "info")])


def test_lost_items_for_which_somebody_waits_for_ever_are_one_finding() -> None:
    program = Invented()
    main = program.process("main", parent=None)
    producer = program.process("producer", State.JOINED, ended=NOW - 1, exitcode=0)
    channel = program.channel("tasks", died=2, died_with=(producer.key,), put=2)
    program.waits(main, "get", channel)
    assert rules(program.world) == [("starved-get", "error")]
    program.process("helper")
    assert rules(program.world) == [], "it may still be put by another one"
    main.waits = ()
    assert rules(program.world) == [("lost-with-process", "warning")]


def test_a_get_that_never_returns_after_empty_was_asked_has_its_own_advice() -> None:
    program = Invented()
    main, queue = program.process("main", parent=None), program.channel("tasks", put=2, got=2)
    program.waits(main, "get", queue)
    program.world.access[queue.key].gets_after_empty.add(Site("/lab/invented.py", 7))
    FindingTracker(program.world).look()
    assert ["Between empty() and get()" in found.advice for found in program.world.findings.values()] == [True]


@pytest.mark.parametrize(("put", "advice"), [(0, "Check which process is to put"), (2, "When everything has been put")])
def test_a_get_from_a_queue_to_which_nothing_was_put_has_its_own_advice(put: int, advice: str) -> None:
    program = Invented()
    main, queue = program.process("main", parent=None), program.channel("tasks", put=put, got=put)
    program.waits(main, "get", queue)
    FindingTracker(program.world).look()
    assert [found.advice[: len(advice)] for found in program.world.findings.values()] == [advice]


def test_an_internal_error_is_a_finding() -> None:
    program = Invented()
    program.process("main", parent=None)
    program.world.fault = "ValueError: no"
    assert rules(program.world) == [("internal-error", "warning")]


def unobserved(**more: Any) -> World:
    main = Process(ProcessKey(1), "main", pid=1, state=State.RUNNING, started=0.0, main_thread=1)
    for name, value in more.items():
        setattr(main, name, value)
    return World(now=NOW, processes={main.key: main}, main=main.key)


def test_a_program_without_the_probe_is_a_finding() -> None:
    world = unobserved()
    assert ("not-observed", "error") in rules(world)
    world = unobserved(started=NOW - 0.5)
    assert rules(world) == [], "its interpreter may not have come to the probe yet"


def test_a_zombie_is_found_after_a_while() -> None:
    program = Invented()
    main = program.process("main", parent=None)
    child = program.process("child", State.ZOMBIE, parent=main.pid, ended=NOW - LONG, exitcode=0)
    assert rules(program.world) == [("zombie", "info")]
    child.ended = NOW - 0.1
    assert rules(program.world) == []


def test_a_failing_rule_does_not_affect_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of another package may have faults, which must not hide the findings of other rules."""

    def fail(facts: Facts) -> Iterator[Finding]:
        raise KeyError(facts.world.now)

    broken = Rule("broken", "", "", "", fail)
    sources = [RuleSource(lambda: broken, lambda _: True), *rule_sources()]
    monkeypatch.setattr("rockproc.observer.findings.tracker.rule_sources", lambda: sources)
    world = segment()[0].world
    assert rules(world) == [("internal-error", "warning"), ("not-unlinked", "warning")]
    assert world.fault == f"the rule broken failed: KeyError: {NOW}"


def test_a_wait_for_several_objects_is_dead_when_each_of_them_is() -> None:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    pipe = program.channel("pipe", "Pipe")
    program.waits(main, "wait", pipe)
    main.waits = (replace(main.waits[0], object="any of pipe, child", key=0, keys=(pipe.key, child.key)),)
    assert rules(program.world) == []
    program.waits(child, "recv", pipe)
    assert [rule for rule, _ in rules(program.world)] == ["nothing-ready"]


def test_a_child_that_was_given_the_other_end_of_a_pipe_may_still_send() -> None:
    """A spawned child can reach only its arguments, and it has not used them yet."""
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child", start_method="spawn")
    pipe = program.channel("pipe", "Pipe")
    here, other = program.world.access[pipe.key], Access(made=0.0, maker=main.key, given={child.key})
    other_end = pipe.key + 50
    here.peer, other.peer, program.world.access[other_end] = other_end, pipe.key, other
    program.waits(main, "recv", pipe)
    assert rules(program.world) == []
    other.given.clear()
    assert [rule for rule, _ in rules(program.world)] == ["no-eof"]


@pytest.mark.parametrize("duplex", [False, True])
def test_a_message_that_is_in_a_pipe_will_be_received(duplex: bool) -> None:
    """On a busy machine the sender may have ended before the receiver comes to run."""
    program = Invented()
    main = program.process("main", parent=None)
    child = program.process("child", State.JOINED, ended=NOW - 0.2)
    pipe = program.channel("pipe", "Pipe", put=1)
    access = program.world.access[pipe.key]
    if duplex:
        access.peer = pipe.key + 50
        program.world.access[access.peer] = Access(made=0.0, maker=main.key, peer=pipe.key, writers={(child.key, 1)})
    else:
        access.writers.add((child.key, 1))
    program.waits(main, "recv", pipe)
    assert rules(program.world) == []
    pipe.got = 1
    assert [rule for rule, _ in rules(program.world)] == ["no-eof"]


def test_a_process_that_got_an_end_of_a_pipe_in_a_message_may_send() -> None:
    """It was started before the Pipe was made, so that it has not inherited what the kernel shows that it has open."""
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    pipe = program.channel("pipe", "Pipe")
    program.world.access[pipe.key].made = 3.0
    program.waits(main, "recv", pipe)
    main.waits = (replace(main.waits[0], end=pipe.key),)
    program.world.open_ends = {pipe.key: {main.key: (True, True), child.key: (False, True)}}
    assert rules(program.world) == []
    program.world.open_ends[pipe.key][child.key] = False, False
    assert [rule for rule, _ in rules(program.world)] == ["no-eof"]


@pytest.mark.parametrize(("times", "expected"), [(20_000, [("busy-polling", "info")]), (500, [])])
def test_polls_in_a_busy_loop(times: int, expected: list[tuple[str, str]]) -> None:
    program = Invented()
    main, queue = program.process("main", parent=None), program.channel("results")
    tracker, gave_up = FindingTracker(program.world), program.world.access[queue.key].gave_up
    gave_up[main.key, 1], line = 1, Site("/lab/invented.py", 5)
    program.world.access[queue.key].gave_up_at[main.key, 1] = line
    tracker.look()
    program.world.now, gave_up[main.key, 1] = NOW + 2, times
    assert rules_of(tracker, program.world) == expected
    assert [found.site for found in program.world.findings.values()] == [line] * len(expected)


def test_polls_with_short_time_outs_are_found_whenever_the_program_is_looked_at() -> None:
    """Each of the waits may be younger than what says that a thread without a time-out is blocked."""
    program = Invented()
    main, queue = program.process("main", parent=None), program.channel("tasks")
    child = program.process("child", State.JOINED, ended=NOW - 1, exitcode=1)
    program.world.access[queue.key].writers.add((child.key, 1))
    program.waits(main, "get", queue)
    tracker, gave_up = FindingTracker(program.world), program.world.access[queue.key].gave_up
    gave_up[main.key, 1] = 1
    tracker.look()
    program.world.now, gave_up[main.key, 1] = NOW + 6, 60
    main.waits = (replace(main.waits[0], timed=True, since=NOW + 5.9),)
    assert rules_of(tracker, program.world) == [("polls-in-vain", "error")]


@pytest.mark.parametrize(("asks", "expected"), [("commands", []), ("tasks", [("polls-in-vain", "error")])])
def test_polls_while_another_process_looks_for_something_between_two_steps(
    asks: str, expected: list[tuple[str, str]]
) -> None:
    """A process that waits for something else with a time-out goes on after that, and may then answer."""
    program = Invented()
    main, tasks, commands = program.process("main", parent=None), program.channel("tasks"), program.channel("commands")
    worker = program.process("worker")
    ended = program.process("ended", State.JOINED, ended=NOW - 1, exitcode=1)
    program.world.access[tasks.key].writers |= {(ended.key, 1), (worker.key, 1)}
    other = tasks if asks == "tasks" else commands
    program.waits(main, "get", tasks)
    program.waits(worker, "get", other)
    for process in main, worker:
        process.waits = (replace(process.waits[0], timed=True),)
    tracker, access = FindingTracker(program.world), program.world.access
    for moment, times in (NOW, 1), (NOW + 6, 9):
        program.world.now = moment
        access[tasks.key].gave_up[main.key, 1] = access[other.key].gave_up[worker.key, 1] = times
        tracker.look()
    assert rules_of(tracker, program.world)[:1] == expected


@pytest.mark.parametrize("main_does", ["join", "join for a time", "work"])
def test_polls_while_the_only_other_process_waits_for_this_one(main_does: str) -> None:
    program = Invented()
    main, queue = program.process("main", parent=None), program.channel("tasks")
    child = program.process("child", handlers=(SignalHandler("SIGTERM", "stop", Site(SCRIPT, 2)),))
    program.waits(child, "get", queue)
    child.waits = (replace(child.waits[0], timed=True),)
    if main_does != "work":
        program.waits(main, "join", child)
        main.waits = (replace(main.waits[0], timed=main_does != "join"),)
    tracker, gave_up = FindingTracker(program.world), program.world.access[queue.key].gave_up
    gave_up[child.key, 1] = 1
    tracker.look()
    program.world.now, gave_up[child.key, 1] = NOW + 6, 9
    expected = [("polls-in-vain", "error")] if main_does == "join" else []
    assert rules_of(tracker, program.world) == expected
    for finding in program.world.findings.values():
        assert "has timed out 8 times in 6 s" in finding.message
        assert finding.message.endswith(
            ", unless the SIGTERM handler at invented.py:2 ends the loop: main waits for child to end (invented.py:7)"
        )
        assert finding.advice.startswith("Let main answer before it waits")


@pytest.mark.parametrize(
    "case",
    [
        "failed",
        "killed",
        "wrote",
        "ended well",
        "alive",
        "joins main",
        "just now",
        "handler",
        "handler ends it",
        "another thread",
        "work",
    ],
)
def test_a_loop_over_a_value_that_nobody_is_left_to_write(case: str) -> None:
    program, line = Invented(), Site("/lab/invented.py", 11)
    main = program.process("main", parent=None, threads=1)
    state = State.RUNNING if case == "alive" else State.JOINED
    child = program.process("child", state, ended=NOW - 6 if state is State.JOINED else None, exitcode=1)
    value = SharedValue(SEGMENT, "Value", "ready", "int", site=line)
    program.world.values[value.key] = value
    if case in ("wrote", "ended well", "alive"):
        child.exitcode = 0 if state is State.JOINED else None
        value.writer = child.key if case == "wrote" else None
    elif case == "killed":
        child.signal, child.exitcode = "SIGKILL", -9
    elif case == "joins main":
        program.waits(program.process("other"), "join", main)
    elif case == "just now":
        child.ended = NOW - 1
    elif case in ("handler", "handler ends it"):
        main.handlers = (SignalHandler("SIGTERM", "stop", None),)
    elif case == "another thread":
        main.threads, main.other_threads = 2, None
    program.world.repeated_reads[main.key] = RepeatedRead(
        (main.key, 1), value.key, line, 1.0, 5000, only_waits=case != "work", handler_may_end=case == "handler ends it"
    )
    found = ("failed", "killed", "wrote", "joins main", "handler")
    expected = [("polls-in-vain", "error")] if case in found else []
    assert rules(program.world) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("failed", True),
        ("asks empty", True),
        ("waits for main", True),
        ("alive", False),
        ("item", False),
        ("just now", False),
    ],
)
def test_a_loop_over_a_queue_into_which_nobody_is_left_to_put(case: str, expected: bool) -> None:
    program, line = Invented(), Site("/lab/invented.py", 11)
    main = program.process("main", parent=None, threads=1)
    queue = program.channel("results", put=case == "item")
    child = program.process("child", State.JOINED, ended=NOW - (1 if case == "just now" else 6), exitcode=1)
    program.world.access[queue.key].given.add(child.key)
    if case in ("waits for main", "alive"):
        other = program.process("other")
        program.world.access[queue.key].given.add(other.key)
        if case == "waits for main":
            program.waits(other, "join", main)
    # A loop that does not pause is seen inside of an attempt.
    attempt = Wait("get", queue.name, queue.key, NOW, line, 1, timed=True)
    main.waits = (attempt,) if case == "failed" else ()
    method = "empty" if case == "asks empty" else ""
    program.world.repeated_reads[main.key] = RepeatedRead(
        (main.key, 1), queue.key, line, 1.0, 90, only_waits=True, method=method
    )
    assert (("polls-in-vain", "error") in rules(program.world)) is expected
    finding = next((each for each in program.world.findings.values() if each.rule == "polls-in-vain"), None)
    call = method or "get_nowait"
    assert finding is None or f"main has asked results.{call}() 90 times" in finding.message


@pytest.mark.parametrize(
    ("kind", "case", "expected"),
    [
        ("Lock", "failed", "holder-died"),
        ("Semaphore", "failed", "polls-in-vain"),
        ("RLock", "waits for main", "polls-in-vain"),
        ("Lock", "alive", ""),
        ("Semaphore", "alive", ""),
        ("Lock", "just now", ""),
        ("Lock", "work", ""),
    ],
)
def test_a_loop_that_tries_to_acquire_what_nobody_is_left_to_release(kind: str, case: str, expected: str) -> None:
    program, line = Invented(), Site("/lab/invented.py", 11)
    main = program.process("main", parent=None, threads=1)
    state = State.RUNNING if case in ("alive", "waits for main") else State.JOINED
    ended = None if state is State.RUNNING else NOW - (1 if case == "just now" else 6)
    child = program.process("child", state, ended=ended, exitcode=None if ended is None else 1)
    lock = program.lock("lock", kind, holders=(Hold(child.key, 1, 1.0, None),), value=0)
    if case == "waits for main":
        program.waits(child, "join", main)
    program.world.repeated_reads[main.key] = RepeatedRead(
        (main.key, 1), lock.key, line, 1.0, 90, only_waits=case != "work", method="acquire"
    )
    assert [rule for rule, severity in rules(program.world) if severity == "error"] == [expected] * bool(expected)


def rules_of(tracker: FindingTracker, world: World) -> list[tuple[str, str]]:
    """Return the rule and the severity of each finding of a tracker, which may have searched before."""
    tracker.look()
    return [(found.rule, str(found.severity)) for found in world.findings.values() if found.active]


@pytest.mark.parametrize(("waiting", "times", "expected"), [(3, 90, True), (1, 90, False), (3, 5, False)])
def test_processes_that_wait_for_one_lock_all_the_time(waiting: int, times: int, expected: bool) -> None:
    program = Invented()
    processes = [program.process(f"child {number}") for number in range(4)]
    holds = [Hold(process.key, 1, NOW, None) for process in processes]
    lock = program.lock("lock", holders=(holds[0],), waiters=tuple(holds[1 : waiting + 1]))
    tracker = FindingTracker(program.world)
    for look in range(9):
        program.world.now, lock.acquired = NOW + look / 2, times * look // 8
        tracker.look()
    assert (("lock-convoy", "info") in rules_of(tracker, program.world)) is expected


@pytest.mark.parametrize(("count", "cores", "expected"), [(5, 2, True), (4, 2, False), (5, 0, False)])
def test_more_processes_compute_than_there_are_cores(count: int, cores: int, expected: bool) -> None:
    program = Invented()
    program.world.cores = cores
    for number in range(count):
        program.process(f"child {number}", computes_since=NOW - 4)
    program.process("waits")
    program.process("has begun", computes_since=NOW - 1)
    assert (("oversubscription", "info") in rules(program.world)) is expected


def test_busy_threads_of_each_process_count() -> None:
    program = Invented()
    program.world.cores = 2
    busy = tuple(ThreadCpu(number, "blas", 1.0, 20.0) for number in range(3))
    for number in range(2):
        program.process(f"child {number}", computes_since=NOW - 4, thread_cpu=busy)
    rules(program.world)
    (finding,) = (found for found in program.world.findings.values() if found.rule == "oversubscription")
    assert finding.message.startswith("6 threads of 2 processes have computed at the same time on 2 cores for 4 s")


@pytest.mark.parametrize(
    ("balance", "gave_up", "expected"),
    [
        ({1: 1, 2: 0}, {1: 1}, True),
        ({1: 1}, {}, False),
        ({1: 1, 2: 1}, {1: 1}, False),
        ({1: 0, 2: -1}, {1: 3}, False),
    ],
    ids=["after a failure", "a signal", "another one signals", "in balance"],
)
def test_a_lock_released_after_a_failed_acquire(
    balance: dict[int, int], gave_up: dict[int, int], expected: bool
) -> None:
    program = Invented()
    for name in ("main", "child"):
        program.process(name, parent=None if name == "main" else 1)
    lock = program.lock("lock")
    access = program.world.access[lock.key]
    access.balance = {(ProcessKey(process), 1): times for process, times in balance.items()}
    access.gave_up = {(ProcessKey(process), 1): times for process, times in gave_up.items()}
    assert (("released-unheld", "warning") in rules(program.world)) is expected
