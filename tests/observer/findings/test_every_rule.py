"""Each rule finds an invented world that it is made for, and is silent where somebody can still end the wait."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from rockproc.observer.findings import FindingTracker, Rule
from rockproc.observer.findings.registry import RULES
from rockproc.observer.model import (
    ChangedCopy,
    Hold,
    LockOrder,
    ManagedObject,
    Phase,
    Pool,
    Process,
    Section,
    Severity,
    SignalHandler,
    Site,
    State,
    UnobservedReason,
    Verdict,
    Wait,
    World,
)
from rockproc.observer.model.keys import ChannelKey, LockKey, ManagedKey, ManagerKey, PoolKey, ProcessKey

from tests.observer.findings.worlds import NOW, SCRIPT, Invented

ELSEWHERE = {
    "busy-polling",
    "deadlock",
    "errors-never-fetched",
    "executor-broken",
    "holder-died",
    "join-before-get",
    "lost-update",
    "lost-with-process",
    "no-eof",
    "not-observed",
    "not-unlinked",
    "nothing-ready",
    "polls-in-vain",
    "pool-stuck",
    "task-lost",
    "thread-lock",
    "unlinked-in-use",
    "unpicklable",
    "workers-never-begin",
    "zombie",
}
"""Rules that other files test with invented worlds or with programs; `polls-in-vain` needs a program of some time."""
POOL = PoolKey(900)


def active(world: World) -> list[str]:
    """Return the names of the rules that find something."""
    FindingTracker(world).look()
    return sorted(finding.rule for finding in world.findings.values() if finding.active)


def main_waits(op: str, kind: str, **more: object) -> Invented:
    """Return a world in which the only process waits at a lock or a channel of this kind."""
    there = Invented()
    main = there.process("main", parent=None)
    is_lock = kind in ("Event", "Condition", "Barrier", "Semaphore")
    thing = there.lock("thing", kind, **more) if is_lock else there.channel("thing", kind, **more)
    there.waits(main, op, thing)
    return there


def ended(there: Invented, name: str = "helper") -> Process:
    return there.process(name, State.JOINED, ended=NOW - 4, exitcode=-9, signal="SIGKILL")


def permits_lost() -> Invented:
    there = main_waits("acquire", "Semaphore", value=0)
    there.world.locks[LockKey(200)].holders = (Hold(ended(there).key, 1, 1.0, None),)
    return there


def waiter_died() -> Invented:
    there = main_waits("set", "Event")
    there.world.access[200].died_inside[ended(there).key] = "wait"
    return there


def result_never_comes() -> Invented:
    there = Invented()
    main = there.process("main", State.WAITING, parent=None)
    there.world.pools[POOL] = Pool(
        POOL, "Pool", "pool", owner=main.key, size=1, submitted=2, taken=1, ended="terminated"
    )
    main.waits = (Wait("result", "pool", POOL, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
    return there


def sigterm_ignored() -> Invented:
    there = Invented()
    main, child = there.process("main", parent=None), there.process("child", terminated=NOW - 3)
    child.handlers = (SignalHandler("SIGTERM", "handle", Site(SCRIPT, 3)),)
    there.waits(child, "get", there.channel("tasks"))
    there.waits(main, "join", child)
    return there


def overlapping_sends() -> Invented:
    there = Invented()
    main, child = there.process("main", parent=None), there.process("child")
    pipe = there.channel("left ⇄ right", "Pipe", put=10, bytes=100_000)
    there.world.access[pipe.key].overlapping = {(main.key, 1), (child.key, 1)}
    return there


def overlapping_receives() -> Invented:
    there = Invented()
    main, child = there.process("main", parent=None), there.process("child")
    pipe = there.channel("left ⇄ right", "Pipe", put=1)
    there.world.access[pipe.key].receiving = {(main.key, 1), (child.key, 1)}
    return there


def lock_order() -> Invented:
    there = Invented()
    main, child = there.process("main", parent=None), there.process("child")
    a, b = there.lock("a"), there.lock("b")
    for process, first, second, begin in ((main, a, b, 3.0), (child, b, a, 5.0)):
        key = (process.key, 1), first.key, second.key
        section = Section(begin, alone_since=0.0, end=begin + 1)
        there.world.lock_orders[key] = LockOrder(*key, Site(SCRIPT, 3), Site(SCRIPT, 4), frozenset(), [section])
    return there


def ended_inside() -> Invented:
    there = Invented()
    main = there.process("main", parent=None)
    event = there.lock("event", "Event")
    there.world.access[event.key].users.add((main.key, 1))
    there.world.access[event.key].died_inside[ended(there).key] = "wait"
    return there


def serial_processes() -> Invented:
    there = Invented()
    there.process("main", parent=None)
    for begin in (1.0, 3.0, 5.0):
        more = {"started": begin, "ended": begin + 1, "joined": begin + 1.5, "exitcode": 0, "site": Site(SCRIPT, 3)}
        there.process(f"child-{begin}", State.JOINED, **more)
    return there


def orphans() -> Invented:
    there = Invented()
    there.process("main", parent=None)
    service = there.process("service", State.JOINED, ended=NOW - 4, exitcode=-9, signal="SIGKILL")
    there.process("worker", parent=service.pid)
    return there


def changed_copy() -> Invented:
    there = Invented()
    there.process("main", parent=None)
    groups = ManagedObject(ManagedKey(500), ManagerKey(400), "dict", "groups", value="{'a': [1]}")
    groups.changed_copies = (ChangedCopy(Site(SCRIPT, 5), "groups['a'].append(…)"),)
    there.world.managed[groups.key] = groups
    return there


def queue_grows() -> Invented:
    there = Invented()
    there.process("main", parent=None)
    there.channel("tasks", put=3000, got=1000, bytes=10_000, depths=tuple(range(1000, 2000, 50)))
    return there


def large_messages() -> Invented:
    there = Invented()
    there.process("main", parent=None)
    there.channel("arrays", put=200, got=200, bytes=1 << 30)
    return there


def exit_code_ignored() -> Invented:
    there = Invented()
    there.process("main", State.GONE, parent=None, ended=NOW - 1, exitcode=0)
    there.process("child", State.JOINED, ended=NOW - 2, exitcode=1, error="KeyError: 'b'")
    return there


def lost_track() -> Invented:
    there = Invented()
    there.process("main", parent=None, unobserved=UnobservedReason.DAMAGED_JOURNAL)
    return there


def failed_tap() -> Invented:
    there = Invented()
    there.process("main", parent=None, failed_taps=("Queue.put",), python="3.12.1")
    return there


def internal_error() -> Invented:
    there = Invented()
    there.process("main", parent=None, faults=1, fault="KeyError: 3")
    return there


WAITS: dict[str, Callable[[], Invented]] = {
    "starved-get": lambda: main_waits("get", "Queue"),
    "pipe-full": lambda: main_waits("put", "Queue", put=1, maxsize=1),
    "tasks-not-done": lambda: main_waits("join", "JoinableQueue", put=1, got=1),
    "event-never-set": lambda: main_waits("wait", "Event"),
    "never-notified": lambda: main_waits("wait", "Condition"),
    "barrier-short": lambda: main_waits("wait", "Barrier", value=2),
}
"""Waits that another process could end if there was one."""
OTHERS: dict[str, Callable[[], Invented]] = {
    "permits-lost": permits_lost,
    "waiter-died": waiter_died,
    "result-never-comes": result_never_comes,
    "sigterm-ignored": sigterm_ignored,
    "overlapping-sends": overlapping_sends,
    "overlapping-receives": overlapping_receives,
    "exit-code-ignored": exit_code_ignored,
    "lock-order": lock_order,
    "ended-inside": ended_inside,
    "orphans": orphans,
    "serial-processes": serial_processes,
    "queue-grows": queue_grows,
    "changed-copy": changed_copy,
    "large-messages": large_messages,
    "lost-track": lost_track,
    "failed-tap": failed_tap,
    "rockproc": internal_error,
}


@pytest.mark.parametrize("name", [*WAITS, *OTHERS])
def test_the_rule_finds_the_world_that_it_is_made_for(name: str) -> None:
    there = {**WAITS, **OTHERS}[name]()
    assert active(there.world) == [name]


@pytest.mark.parametrize("name", WAITS)
def test_a_running_child_may_still_end_the_wait(name: str) -> None:
    there = WAITS[name]()
    there.process("busy")
    assert active(there.world) == []


def test_a_wait_that_has_only_begun_is_not_judged() -> None:
    there = main_waits("get", "Queue")
    main = there.world.processes[ProcessKey(1)]
    main.waits = (Wait("get", "thing", 100, NOW - 0.1, None, 1, timed=False),)
    assert active(there.world) == []


def test_set_in_a_signal_handler_during_wait() -> None:
    there = main_waits("set", "Event")
    assert active(there.world) == []
    main = there.world.processes[ProcessKey(1)]
    main.waits = (replace(main.waits[0], nested=True),)
    there.process("busy")
    assert active(there.world) == ["waiter-died"]


def test_a_failure_that_the_parent_has_looked_at_is_no_finding() -> None:
    there = exit_code_ignored()
    there.world.processes[ProcessKey(2)].exitcode_read = True
    assert active(there.world) == []


def test_a_process_that_failed_before_its_run_began() -> None:
    there = exit_code_ignored()
    child = there.world.processes[ProcessKey(2)]
    child.error, child.start_method, child.ran = "", "spawn", True
    assert active(there.world) == []
    child.ran = False
    assert active(there.world) == ["exit-code-ignored"]


def test_a_process_that_is_about_to_end_after_terminate_is_no_finding() -> None:
    there = sigterm_ignored()
    there.world.processes[ProcessKey(2)].handlers = ()
    assert "sigterm-ignored" not in active(there.world)


def test_sends_of_one_thread_do_not_overlap() -> None:
    there = overlapping_sends()
    there.world.access[100].overlapping = {(ProcessKey(1), 1)}
    assert active(there.world) == []


def test_those_that_only_wait_for_the_end_of_a_pipe_take_no_message() -> None:
    there = overlapping_receives()
    there.world.channels[ChannelKey(100)].put = 0
    assert active(there.world) == []


@pytest.mark.parametrize("why", ["gate", "order", "same process", "signal", "records lost"])
def test_locks_in_opposite_order_that_cannot_meet_are_no_finding(why: str) -> None:
    there = lock_order()
    main, child = there.world.processes.values()
    one, other = there.world.lock_orders.values()
    if why == "gate":
        one.gates = other.gates = frozenset({LockKey(300)})
    elif why == "order":
        other.sections[0].alone_since = 4.5
    elif why == "same process":
        other.thread = (main.key, 2)
    elif why == "signal":
        there.world.access[one.first].released_for_others.add(child.key)
    else:
        child.dropped = 1
    assert active(there.world) == []


def test_locks_in_opposite_order_whose_sections_met_are_a_warning() -> None:
    there = lock_order()
    for order in there.world.lock_orders.values():
        order.sections = [Section(3.0, alone_since=3.0, end=4.0)]
    FindingTracker(there.world).look()
    assert [str(found.severity) for found in there.world.findings.values()] == ["warning"]


def test_a_circle_of_three_locks_is_one_finding() -> None:
    there = Invented()
    locks = [there.lock(name) for name in "abc"]
    for number, first in enumerate(locks):
        process = there.process(f"Process-{number}", parent=1 if number else None)
        key = (process.key, 1), first.key, locks[(number + 1) % 3].key
        section = Section(3.0, alone_since=3.0, end=4.0)
        there.world.lock_orders[key] = LockOrder(*key, None, None, frozenset(), [section])
    assert active(there.world) == ["lock-order"]


@pytest.mark.parametrize(
    ("joined", "exitcode"), [(3.5, 0), (2.5, 1)], ids=["started before the join", "started again after a failure"]
)
def test_processes_that_are_not_serial_for_nothing(joined: float, exitcode: int) -> None:
    there = serial_processes()
    there.world.processes[ProcessKey(2)].joined, there.world.processes[ProcessKey(2)].exitcode = joined, exitcode
    assert active(there.world) == []


@pytest.mark.parametrize("how", ["young", "in order", "another child with its pid", "a bare fork"])
def test_children_that_are_no_orphans(how: str) -> None:
    there = orphans()
    _, service, worker = there.world.processes.values()
    if how == "young":
        service.ended = NOW - 1
    elif how == "in order":
        service.signal, service.phase = None, Phase.EXITING
    elif how == "a bare fork":
        worker.role = "fork"
    else:
        worker.started = NOW - 2
    assert active(there.world) == []


def test_children_are_orphans_at_once_when_the_program_has_ended() -> None:
    there = orphans()
    main, service, _ = there.world.processes.values()
    main.state, main.ended, service.ended = State.GONE, NOW - 0.9, NOW - 1
    assert active(there.world) == ["orphans"]


def test_a_queue_that_once_did_not_grow() -> None:
    there = queue_grows()
    channel = there.world.channels[ChannelKey(100)]
    channel.depths = (*channel.depths[:-2], 1000, 1950)
    assert active(there.world) == []
    channel.depths, channel.maxsize = tuple(range(1000, 2000, 50)), 5000
    assert active(there.world) == []


def test_many_small_messages() -> None:
    there = large_messages()
    there.world.channels[ChannelKey(100)].got = 100_000
    assert active(there.world) == []


def test_nobody_is_left_who_would_use_an_object_inside_of_which_a_process_was_ended() -> None:
    there = ended_inside()
    there.world.access[200].users.clear()
    assert active(there.world) == []


def test_every_rule_has_a_unit_test() -> None:
    assert {rule.name for rule in RULES} == ELSEWHERE | WAITS.keys() | OTHERS.keys()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_texts_of_rules_are_whole_sentences_with_fields(rule: Rule) -> None:
    """A template that is one field holds no words that could be translated or compared."""
    for template in (rule.template, *rule.variants, rule.advice, *rule.advice_variants):
        assert not re.fullmatch(r"\{\w+\}", template)
    assert rule.explanation


def test_a_rule_uses_only_the_templates_that_it_lists() -> None:
    rule = Rule("invented", "", "{a}, and so on", "", lambda _facts: iter(()), variants=("{a} again",))
    world = World(now=NOW)
    found = rule.finding(world, Severity.INFO, Verdict.CERTAIN, {"a": "x"}, template="{a} again")
    assert found.message == "x again"
    with pytest.raises(ValueError, match="invented does not list"):
        rule.finding(world, Severity.INFO, Verdict.CERTAIN, {"a": "x"}, template="{a} once")
    with pytest.raises(ValueError, match="invented does not list"):
        rule.finding(world, Severity.INFO, Verdict.CERTAIN, {"a": "x"}, advice="do")
