"""Each rule must report an invented world with its problem, and be silent if a thread can still end the wait."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from rockproc.observer.findings import FindingTracker, Rule
from rockproc.observer.findings.polls import Polls
from rockproc.observer.findings.registry import own_rules
from rockproc.observer.model import (
    Access,
    Blocked,
    ChangedCopy,
    Finding,
    Hold,
    LockOrder,
    ManagedObject,
    Manager,
    Phase,
    Pool,
    Process,
    Section,
    Severity,
    SignalHandler,
    Site,
    State,
    ThreadState,
    UnobservedReason,
    UnsharedChange,
    UnsharedKind,
    Verdict,
    Wait,
    World,
)
from rockproc.observer.model.calls import ANYTHING, RAISES
from rockproc.observer.model.keys import ChannelKey, LockKey, ManagedKey, ManagerKey, PoolKey, ProcessKey
from rockproc.observer.report.text import site_suffix

from tests.observer.findings.worlds import NOW, SCRIPT, Invented

ELSEWHERE = {
    "busy-polling",
    "deadlock",
    "errors-never-fetched",
    "executor-broken",
    "holder-died",
    "join-before-get",
    "lock-convoy",
    "lost-update",
    "lost-with-process",
    "no-eof",
    "not-observed",
    "not-unlinked",
    "nothing-ready",
    "oversubscription",
    "polls-in-vain",
    "pool-stuck",
    "released-unheld",
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
    program = Invented()
    main = program.process("main", parent=None)
    is_lock = kind in ("Event", "Condition", "Barrier", "Semaphore")
    thing = program.lock("thing", kind, **more) if is_lock else program.channel("thing", kind, **more)
    program.waits(main, op, thing)
    return program


WHAT_MAY_END_IT = {
    "it sets another one": ("other.set", False),
    "it sets one that is not known": ("self_made.set", True),
    "it sets it": ("thing.set", True),
    "it notifies": ("thing.notify", False),
}


@pytest.mark.parametrize(("call", "ends"), WHAT_MAY_END_IT.values(), ids=WHAT_MAY_END_IT)
@pytest.mark.parametrize("by", ["handler", "thread"])
def test_a_handler_or_a_thread_is_meant_to_end_a_wait(by: str, call: str, ends: bool) -> None:
    program = main_waits("wait", "Event")
    main = program.world.processes[ProcessKey(1)]
    program.lock("other", "Event")
    if by == "handler":
        main.handlers = (SignalHandler("SIGTERM", "stop", Site(SCRIPT, 3), (call,)),)
    else:
        main.other_threads = (ThreadState(5, 2, Blocked.NO, 1.0),)
        program.world.thread_calls[main.key, 2] = frozenset({call})
    program.world.now = NOW + 5
    assert active(program.world) == ([] if ends else ["event-never-set"])


@pytest.mark.parametrize(
    ("last_line", "calls", "verdict"),
    [
        (8, (), Verdict.CERTAIN),
        (6, (), Verdict.SUSPECTED),
        (0, (), Verdict.SUSPECTED),
        (8, (RAISES,), Verdict.SUSPECTED),
        (8, (ANYTHING,), Verdict.SUSPECTED),
    ],
)
def test_a_handler_cannot_end_a_wait_inside_of_itself(last_line: int, calls: tuple[str, ...], verdict: Verdict) -> None:
    program = main_waits("put", "Queue", put=1, maxsize=1)
    handler = SignalHandler("SIGUSR1", "tick", Site(SCRIPT, 3), calls, last_line)
    program.world.processes[ProcessKey(1)].handlers = (handler,)
    program.world.now = NOW + 5
    assert active(program.world) == ["pipe-full"]
    (finding,) = program.world.findings.values()
    assert finding.verdict is verdict
    assert (", unless the SIGUSR1 handler" in finding.message) is (verdict is Verdict.SUSPECTED)


def test_the_source_of_a_thread_is_not_known() -> None:
    program = main_waits("wait", "Event")
    main = program.world.processes[ProcessKey(1)]
    main.other_threads = (ThreadState(5, 2, Blocked.NO, 1.0),)
    program.world.thread_calls[main.key, 2] = frozenset({ANYTHING})
    program.world.now = NOW + 5
    assert active(program.world) == []


@pytest.mark.parametrize(("name", "ends"), [("SIGALRM", True), ("SIGTERM", False)])
def test_an_alarm_that_raises_ends_any_wait(name: str, ends: bool) -> None:
    program = main_waits("get", "Queue")
    handler = SignalHandler(name, "late", Site(SCRIPT, 3), (RAISES,))
    program.world.processes[ProcessKey(1)].handlers = (handler,)
    program.world.now = NOW + 5
    assert active(program.world) == ([] if ends else ["starved-get"])


def ended(program: Invented, name: str = "helper") -> Process:
    return program.process(name, State.JOINED, ended=NOW - 4, exitcode=-9, signal="SIGKILL")


def permits_lost() -> Invented:
    program = main_waits("acquire", "Semaphore", value=0)
    program.world.locks[LockKey(200)].holders = (Hold(ended(program).key, 1, 1.0, None),)
    return program


def waiter_died() -> Invented:
    program = main_waits("set", "Event")
    program.world.access[200].died_inside[ended(program).key] = "wait"
    return program


def result_never_comes() -> Invented:
    program = Invented()
    main = program.process("main", State.WAITING, parent=None)
    program.world.pools[POOL] = Pool(
        POOL, "Pool", "pool", owner=main.key, size=1, submitted=2, taken_up=1, ended="terminated"
    )
    main.waits = (Wait("result", "pool", POOL, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
    return program


def sigterm_ignored() -> Invented:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child", terminated=NOW - 3)
    child.handlers = (SignalHandler("SIGTERM", "handle", Site(SCRIPT, 3)),)
    program.waits(child, "get", program.channel("tasks"))
    program.waits(main, "join", child)
    return program


def overlapping_sends() -> Invented:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    pipe = program.channel("left ⇄ right", "Pipe", put=10, bytes=100_000)
    program.world.access[pipe.key].overlapping = {(main.key, 1), (child.key, 1)}
    return program


def overlapping_receives() -> Invented:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    pipe = program.channel("left ⇄ right", "Pipe", put=1)
    program.world.access[pipe.key].receiving = {(main.key, 1), (child.key, 1)}
    return program


def lock_order() -> Invented:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    a, b = program.lock("a"), program.lock("b")
    for process, first, second, begin in ((main, a, b, 3.0), (child, b, a, 5.0)):
        key = (process.key, 1), first.key, second.key
        section = Section(begin, alone_since=0.0, end=begin + 1)
        program.world.lock_orders[key] = LockOrder(*key, Site(SCRIPT, 3), Site(SCRIPT, 4), frozenset(), [section])
    return program


def ended_inside() -> Invented:
    program = Invented()
    main = program.process("main", parent=None)
    event = program.lock("event", "Event")
    program.world.access[event.key].users.add((main.key, 1))
    program.world.access[event.key].died_inside[ended(program).key] = "wait"
    return program


def serial_processes() -> Invented:
    program = Invented()
    program.process("main", parent=None)
    for begin in (1.0, 3.0, 5.0):
        child = program.process(f"child-{begin}", State.JOINED, exitcode=0, site=Site(SCRIPT, 3))
        child.started, child.ended, child.joined = begin, begin + 1, begin + 1.5
    return program


def manager_died() -> Invented:
    program = Invented()
    program.process("main", parent=None)
    server = program.process("SyncManager-1", State.JOINED, ended=NOW - 4, exitcode=-9, signal="SIGKILL")
    key = ManagerKey(400)
    program.world.managers[key] = Manager(key, "SyncManager", "manager", server.pid or 0, alive=False)
    program.world.managed[ManagedKey(500)] = ManagedObject(ManagedKey(500), key, "dict", "results")
    return program


def orphans() -> Invented:
    program = Invented()
    program.process("main", parent=None)
    service = program.process("service", State.JOINED, ended=NOW - 4, exitcode=-9, signal="SIGKILL")
    program.process("worker", parent=service.pid)
    return program


def changed_copy() -> Invented:
    program = Invented()
    program.process("main", parent=None)
    groups = ManagedObject(ManagedKey(500), ManagerKey(400), "dict", "groups", value="{'a': [1]}")
    groups.changed_copies = (ChangedCopy(Site(SCRIPT, 5), "groups['a'].append(…)"),)
    program.world.managed[groups.key] = groups
    return program


def not_shared(kind: UnsharedKind = UnsharedKind.GLOBAL) -> Invented:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child")
    change = UnsharedChange(kind, "counter", Site(SCRIPT, 5), Site(SCRIPT, 9), False, False, main.key, [child.key])
    if kind is UnsharedKind.FLAG:
        main.waits = (Wait("join", "child", child.key, NOW - 3, Site(SCRIPT, 12), 1, timed=False),)
    program.world.unshared["counter",] = change
    return program


def manager_wait(type_name: str = "Queue", op: str = "get") -> Invented:
    """Return a world in which main waits at an object of a manager, and the only other process has failed."""
    program = Invented()
    main = program.process("main", State.WAITING, parent=None)
    server = program.process("SyncManager-1", other_threads=None)
    program.process("child", State.JOINED, ended=NOW - 4, exitcode=1, error="KeyError: 'b'")
    key = ManagerKey(400)
    program.world.managers[key] = Manager(key, "SyncManager", "manager", server.key, alive=True)
    thing = ManagedObject(ManagedKey(500), key, type_name, "thing", calls=1, last_at=NOW - 6)
    program.world.managed[thing.key] = thing
    main.waits = (Wait(op, "thing", thing.key, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
    return program


def queue_grows() -> Invented:
    program = Invented()
    program.process("main", parent=None)
    program.channel("tasks", put=3000, got=1000, bytes=10_000, depths=tuple(range(1000, 2000, 50)))
    return program


def never_received() -> Invented:
    program = Invented()
    program.process("main", State.GONE, parent=None, ended=NOW - 1, exitcode=0)
    program.process("child", State.JOINED, role="process", ended=NOW - 2, exitcode=0)
    program.channel("results", put=7, got=2, until_empty=Site(SCRIPT, 4))
    return program


def large_messages() -> Invented:
    program = Invented()
    program.process("main", parent=None)
    program.channel("arrays", put=200, got=200, bytes=1 << 30)
    return program


def exit_code_ignored() -> Invented:
    program = Invented()
    program.process("main", State.GONE, parent=None, ended=NOW - 1, exitcode=0)
    program.process("child", State.JOINED, ended=NOW - 2, exitcode=1, error="KeyError: 'b'")
    return program


def no_main_guard() -> Invented:
    program = exit_code_ignored()
    child = program.world.processes[ProcessKey(2)]
    child.error, child.start_method = "", "spawn"
    inner = program.process("child-1", State.CREATED, parent=child.pid, phase=Phase.STARTING, site=Site(SCRIPT, 3))
    inner.pid = None
    return program


def lost_track() -> Invented:
    program = Invented()
    program.process("main", parent=None, unobserved=UnobservedReason.DAMAGED_JOURNAL)
    return program


def failed_tap() -> Invented:
    program = Invented()
    program.process("main", parent=None, failed_taps=("Queue.put",), python="3.12.1")
    return program


def internal_error() -> Invented:
    program = Invented()
    program.process("main", parent=None, faults=1, fault="KeyError: 3")
    return program


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
    "no-main-guard": no_main_guard,
    "lock-order": lock_order,
    "ended-inside": ended_inside,
    "manager-died": manager_died,
    "orphans": orphans,
    "serial-processes": serial_processes,
    "queue-grows": queue_grows,
    "never-received": never_received,
    "changed-copy": changed_copy,
    "not-shared": not_shared,
    "manager-wait": manager_wait,
    "large-messages": large_messages,
    "lost-track": lost_track,
    "failed-tap": failed_tap,
    "internal-error": internal_error,
}


@pytest.mark.parametrize("name", [*WAITS, *OTHERS])
def test_the_rule_finds_the_world_that_it_is_made_for(name: str) -> None:
    program = {**WAITS, **OTHERS}[name]()
    assert active(program.world) == [name]


@pytest.mark.parametrize("name", [*WAITS, *OTHERS])
def test_the_message_says_what_the_line_of_the_finding_is(name: str) -> None:
    program = {**WAITS, **OTHERS}[name]()
    world = program.world
    for things in (world.processes, world.locks, world.pools, world.managers, world.managed):
        for line, thing in enumerate(things.values(), 40):
            thing.site = thing.site or Site(SCRIPT, line)
    FindingTracker(world).look()
    for finding in world.findings.values():
        if finding.site is not None:
            assert site_suffix(str(finding.site), finding.message) == "", finding.message


@pytest.mark.parametrize("name", WAITS)
def test_a_running_child_may_still_end_the_wait(name: str) -> None:
    program = WAITS[name]()
    program.process("busy")
    assert active(program.world) == []


def test_a_wait_that_has_only_begun_is_not_judged() -> None:
    program = main_waits("get", "Queue")
    main = program.world.processes[ProcessKey(1)]
    main.waits = (Wait("get", "thing", 100, NOW - 0.1, None, 1, timed=False),)
    assert active(program.world) == []


def test_set_in_a_signal_handler_during_wait_is_found() -> None:
    program = main_waits("set", "Event")
    assert active(program.world) == []
    main = program.world.processes[ProcessKey(1)]
    main.waits = (replace(main.waits[0], nested=True),)
    program.process("busy")
    assert active(program.world) == ["waiter-died"]


@pytest.mark.parametrize(("handlers", "verdict"), [(1, "certain"), (2, "suspected")])
def test_a_handler_cannot_end_the_set_that_it_has_begun(handlers: int, verdict: str) -> None:
    program = main_waits("set", "Event")
    main = program.world.processes[ProcessKey(1)]
    main.waits = (replace(main.waits[0], nested=True),)
    main.handlers = tuple(SignalHandler(f"SIGUSR{number}", "on_signal", None) for number in range(1, handlers + 1))
    FindingTracker(program.world).look()
    (finding,) = program.world.findings.values()
    assert finding.verdict == verdict
    assert (", unless the SIGUSR1 handler" in finding.message) is (verdict == "suspected")


def test_an_exit_code_without_an_exception_gives_a_hint() -> None:
    program = exit_code_ignored()
    child = program.world.processes[ProcessKey(2)]
    child.error, child.exitcode = "", 3
    assert active(program.world) == ["exit-code-ignored"]
    (found,) = program.world.findings.values()
    assert (found.severity, found.message) == (
        "info",
        "child ended with exit code 3, and its exit code was never checked",
    )


def test_a_failure_that_the_parent_has_looked_at_is_no_finding() -> None:
    program = exit_code_ignored()
    program.world.processes[ProcessKey(2)].exitcode_read = True
    assert active(program.world) == []


def test_processes_that_failed_alike_are_one_finding_with_the_barriers_that_broke() -> None:
    program = exit_code_ignored()
    for name, error in (("other", "KeyError: 'b'"), ("waiter", "threading.BrokenBarrierError")):
        program.process(name, State.JOINED, ended=NOW - 2, exitcode=1, error=error)
    assert active(program.world) == ["exit-code-ignored"]
    (finding,) = program.world.findings.values()
    assert finding.message == (
        "child and other ended with KeyError: 'b' (exit 1); waiter ended with BrokenBarrierError, "
        "and their exit codes were never checked"
    )


def test_a_process_that_failed_before_its_run_began_is_named() -> None:
    program = exit_code_ignored()
    child = program.world.processes[ProcessKey(2)]
    child.error, child.start_method, child.ran = "", "spawn", True
    messages: list[str] = []
    for child.ran in (True, False):
        assert active(program.world) == ["exit-code-ignored"]
        messages += [finding.message for finding in program.world.findings.values()]
    assert ["before its run() began" in message for message in messages] == [False, True]


@pytest.mark.parametrize("why", ["not started", "its run() began", "fork", "of another process", "ended well"])
def test_a_process_that_fails_for_another_reason_has_a_main_guard(why: str) -> None:
    program = no_main_guard()
    _, child, inner = program.world.processes.values()
    if why == "not started":
        inner.phase = Phase.NONE
    elif why == "its run() began":
        child.ran = True
    elif why == "fork":
        child.start_method = "fork"
    elif why == "of another process":
        inner.parent = 1
    else:
        child.exitcode = 0
    assert "no-main-guard" not in active(program.world)


def test_a_process_that_is_about_to_end_after_terminate_is_no_finding() -> None:
    program = sigterm_ignored()
    program.world.processes[ProcessKey(2)].handlers = ()
    assert "sigterm-ignored" not in active(program.world)


def a_terminated_process_that_ignores_sigterm(*, timed: bool = False) -> Invented:
    program = Invented()
    main, child = program.process("main", parent=None), program.process("child", terminated=NOW - 6)
    child.ignores_sigterm = True
    main.waits = (Wait("join", child.name, child.key, NOW - 6, Site(SCRIPT, 7), 1, timed=timed),)
    return program


def test_a_process_that_ignores_sigterm_is_joined_in_spite_of_terminate() -> None:
    program = a_terminated_process_that_ignores_sigterm()
    assert active(program.world) == ["sigterm-ignored"]
    (finding,) = program.world.findings.values()
    assert finding.verdict is Verdict.SUSPECTED
    assert "child ignores SIGTERM (SIG_IGN)" in finding.message


@pytest.mark.parametrize("inherited", [True, False])
def test_a_process_with_an_inherited_handler_is_joined_in_spite_of_terminate(inherited: bool) -> None:
    program = a_terminated_process_that_ignores_sigterm()
    main, child = program.world.processes.values()
    child.ignores_sigterm, child.daemon, main.phase = False, True, Phase.EXITING
    child.handlers = (SignalHandler("SIGTERM", "stop", Site(SCRIPT, 3)),)
    main.handlers = child.handlers if inherited else ()
    assert active(program.world) == (["sigterm-ignored"] if inherited else [])
    if inherited:
        (finding,) = program.world.findings.values()
        assert "the SIGTERM that it is sent as a daemon when its parent ends did not end it" in finding.message
        assert "a handler that it has inherited (invented.py:3)" in finding.message


def test_a_handler_that_the_child_has_set_is_not_said_to_be_inherited() -> None:
    program = sigterm_ignored()
    program.world.now = NOW + 5
    assert active(program.world) == ["sigterm-ignored"]
    (finding,) = program.world.findings.values()
    assert finding.message.endswith(
        "by the handler at invented.py:3; after the handler, tasks.get() (invented.py:7) goes on to wait, so that "
        "nothing looks at what the handler has set"
    )
    assert finding.advice.startswith("Let the handler (invented.py:3) call sys.exit()")


def test_a_join_with_a_time_out_after_terminate_is_no_finding() -> None:
    assert active(a_terminated_process_that_ignores_sigterm(timed=True).world) == []


def test_sends_of_one_thread_do_not_overlap() -> None:
    program = overlapping_sends()
    program.world.access[100].overlapping = {(ProcessKey(1), 1)}
    assert active(program.world) == []


def test_receivers_that_only_wait_for_the_end_of_a_pipe_do_not_overlap() -> None:
    program = overlapping_receives()
    program.world.channels[ChannelKey(100)].put = 0
    assert active(program.world) == []


@pytest.mark.parametrize("why", ["gate", "order", "same process", "signal", "records lost"])
def test_locks_in_opposite_order_that_cannot_meet_are_no_finding(why: str) -> None:
    program = lock_order()
    main, child = program.world.processes.values()
    one, other = program.world.lock_orders.values()
    if why == "gate":
        one.gates = other.gates = frozenset({LockKey(300)})
    elif why == "order":
        other.sections[0].alone_since = 4.5
    elif why == "same process":
        other.thread = (main.key, 2)
    elif why == "signal":
        program.world.access[one.first].released_for_others.add(child.key)
    else:
        child.dropped = 1
    assert active(program.world) == []


def test_locks_in_opposite_order_whose_sections_met_are_a_warning() -> None:
    program = lock_order()
    for order in program.world.lock_orders.values():
        order.sections = [Section(3.0, alone_since=3.0, end=4.0)]
    FindingTracker(program.world).look()
    assert [str(found.severity) for found in program.world.findings.values()] == ["warning"]


def test_a_cycle_of_three_locks_is_one_finding() -> None:
    program = Invented()
    locks = [program.lock(name) for name in "abc"]
    for number, first in enumerate(locks):
        process = program.process(f"Process-{number}", parent=1 if number else None)
        key = (process.key, 1), first.key, locks[(number + 1) % 3].key
        section = Section(3.0, alone_since=3.0, end=4.0)
        program.world.lock_orders[key] = LockOrder(*key, None, None, frozenset(), [section])
    assert active(program.world) == ["lock-order"]


@pytest.mark.parametrize(
    ("joined", "exitcode"), [(3.5, 0), (2.5, 1)], ids=["started before the join", "started again after a failure"]
)
def test_processes_that_must_run_one_after_another_are_no_finding(joined: float, exitcode: int) -> None:
    program = serial_processes()
    program.world.processes[ProcessKey(2)].joined, program.world.processes[ProcessKey(2)].exitcode = joined, exitcode
    assert active(program.world) == []


@pytest.mark.parametrize("how", ["shutdown", "end of the program", "no object"])
def test_a_manager_whose_end_is_no_problem(how: str) -> None:
    program = manager_died()
    main, server = program.world.processes.values()
    if how == "shutdown":
        server.signal = "SIGTERM"
    elif how == "no object":
        program.world.managed.clear()
    else:
        main.phase = Phase.EXITING
    assert active(program.world) == []


@pytest.mark.parametrize("seen_after", [-0.05, 0.1])
@pytest.mark.parametrize("error", ["EOFError", "BrokenPipeError: [Errno 32] Broken pipe", "KeyError: 'first'"])
def test_a_manager_whose_death_ends_the_program(error: str, seen_after: float) -> None:
    """The main process may fail at the same time. The rule must report the manager if the other errors fit that."""
    program = manager_died()
    main, server = program.world.processes.values()
    main.state, main.ended, main.exitcode = State.GONE, NOW - 3.9, 1
    guest = program.process("guest", State.GONE, ended=NOW - 4 - seen_after, exitcode=1)
    guest.error = error
    active(program.world)
    found = [finding for finding in program.world.findings.values() if finding.rule == "manager-died"]
    if error.startswith("KeyError"):
        assert found == []
        return
    (finding,) = found
    assert finding.message.endswith("raises ConnectionRefusedError, EOFError or BrokenPipeError. "
                                    "guest failed with such an error")  # fmt: skip
    assert finding.processes == (server.key,)


@pytest.mark.parametrize("how", ["young", "in order", "another child with its pid", "a bare fork"])
def test_children_that_are_no_orphans(how: str) -> None:
    program = orphans()
    _, service, worker = program.world.processes.values()
    if how == "young":
        service.ended = NOW - 1
    elif how == "in order":
        service.signal, service.phase = None, Phase.EXITING
    elif how == "a bare fork":
        worker.role = "fork"
    else:
        worker.started = NOW - 2
    assert active(program.world) == []


def test_children_are_orphans_at_once_when_the_program_has_ended() -> None:
    program = orphans()
    main, service, _ = program.world.processes.values()
    main.state, main.ended, service.ended = State.GONE, NOW - 0.9, NOW - 1
    assert active(program.world) == ["orphans"]


def test_a_queue_that_stopped_growing_once_is_no_finding() -> None:
    program = queue_grows()
    channel = program.world.channels[ChannelKey(100)]
    channel.depths = (*channel.depths[:-2], 1000, 1950)
    assert active(program.world) == []
    channel.depths, channel.maxsize = tuple(range(1000, 2000, 50)), 5000
    assert active(program.world) == []


@pytest.mark.parametrize(("got", "severity"), [(0, Severity.WARNING), (2, Severity.INFO)])
def test_items_of_which_none_was_received_are_a_warning(got: int, severity: Severity) -> None:
    program = never_received()
    program.world.channels[ChannelKey(100)].got = got
    active(program.world)
    (finding,) = program.world.findings.values()
    assert finding.severity is severity
    assert finding.message.startswith(f"{7 - got} items of results were never received: the loop at invented.py:4 ends")


@pytest.mark.parametrize(
    "change",
    [
        {"exitcode": 1},
        {"exitcode": -15, "terminated": NOW - 3},
        {"exitcode": 0, "terminated": NOW - 3},
    ],
)
def test_items_left_by_a_program_that_stopped_a_process_are_no_finding(change: dict[str, object]) -> None:
    program = never_received()
    child = program.world.processes[ProcessKey(2)]
    for name, value in change.items():
        setattr(child, name, value)
    assert "never-received" not in active(program.world)


def test_items_that_are_left_while_the_program_runs_are_no_finding() -> None:
    program = never_received()
    program.world.processes[ProcessKey(1)].ended = None
    assert active(program.world) == []


def test_many_small_messages_are_no_finding() -> None:
    program = large_messages()
    program.world.channels[ChannelKey(100)].got = 100_000
    assert active(program.world) == []


def test_an_interrupted_operation_on_an_object_without_users_is_no_finding() -> None:
    program = ended_inside()
    program.world.access[200].users.clear()
    assert active(program.world) == []


def test_every_rule_has_a_unit_test() -> None:
    assert {rule.name for rule in own_rules()} == ELSEWHERE | WAITS.keys() | OTHERS.keys()


@pytest.mark.parametrize("rule", own_rules(), ids=lambda rule: rule.name)
def test_texts_of_rules_are_whole_sentences_with_fields(rule: Rule) -> None:
    """A template that consists of one field has no words that could be translated or compared."""
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


@pytest.mark.parametrize(
    ("type_name", "op", "answer"),
    [
        ("Queue", "put", "get() anything from there"),
        ("JoinableQueue", "join", "call task_done()"),
        ("Semaphore", "acquire", "call release()"),
        ("Event", "wait", "call set()"),
        ("Condition", "wait", "call notify()"),
        ("Barrier", "wait", "arrive there"),
    ],
)
def test_a_wait_at_an_object_of_a_manager_says_what_would_end_it(type_name: str, op: str, answer: str) -> None:
    program = manager_wait(type_name, op)
    assert active(program.world) == ["manager-wait"]
    (finding,) = program.world.findings.values()
    assert f"no process can {answer} any more: child ended (exit 1, KeyError: 'b')" in finding.message
    assert finding.verdict is Verdict.ORPHANED


@pytest.mark.parametrize(
    "why", ["child lives", "time-out", "just called", "just ended", "own class", "own address", "a dict", "a thread"]
)
def test_a_wait_at_an_object_of_a_manager_that_may_end_is_no_finding(why: str) -> None:
    program = manager_wait()
    main, _, child = program.world.processes.values()
    (thing,) = program.world.managed.values()
    (manager,) = program.world.managers.values()
    if why == "child lives":
        child.state, child.ended, child.exitcode = State.RUNNING, None, None
    elif why == "time-out":
        main.waits = (replace(main.waits[0], timed=True),)
    elif why == "just called":
        thing.last_at = NOW - 1
    elif why == "just ended":
        child.ended = NOW - 1
    elif why == "own class":
        manager.cls = "Manager"
    elif why == "own address":
        manager.extended = True
    elif why == "a dict":
        thing.type = "dict"
    else:
        main.other_threads = (ThreadState(77, 2, Blocked.NO, 0.0),)
        program.world.access[500] = Access(users={(main.key, 2)})
    assert active(program.world) == []


@pytest.mark.parametrize("kind", UnsharedKind)
def test_the_text_about_a_variable_names_both_lines_and_both_processes(kind: UnsharedKind) -> None:
    program = not_shared(kind)
    assert active(program.world) == ["not-shared"]
    (finding,) = program.world.findings.values()
    assert all(word in finding.message for word in ("main", "child", "counter", "invented.py:5", "invented.py:9"))
    assert finding.severity is Severity.WARNING


def test_a_variable_that_may_be_meant_for_one_process_is_only_a_hint() -> None:
    program = not_shared()
    program.world.unshared["counter",].private = True
    assert active(program.world) == ["not-shared"]
    assert [finding.severity for finding in program.world.findings.values()] == [Severity.INFO]


def test_several_variables_of_the_same_processes_are_one_finding() -> None:
    program = not_shared()
    child = program.world.unshared["counter",].processes
    other = UnsharedChange(
        UnsharedKind.GLOBAL, "names", Site(SCRIPT, 6), Site(SCRIPT, 9), False, False, ProcessKey(1), child
    )
    program.world.unshared["names",] = other
    assert active(program.world) == ["not-shared"]
    (finding,) = program.world.findings.values()
    assert finding.message.endswith("; nor does it share names (invented.py:6)")


def test_a_change_under_a_condition_is_not_said_to_have_happened() -> None:
    program = not_shared()
    program.world.unshared["counter",].conditional = True
    assert active(program.world) == ["not-shared"]
    assert "child may change its own copy" in next(iter(program.world.findings.values())).message


@pytest.mark.parametrize("line", [None, 3])
def test_a_flag_counts_when_the_parent_has_changed_it_and_waits_for_the_child(line: int | None) -> None:
    program = not_shared(UnsharedKind.FLAG)
    main = program.world.processes[ProcessKey(1)]
    main.waits = () if line is None else (replace(main.waits[0], site=Site(SCRIPT, line)),)
    assert active(program.world) == []


def test_a_child_that_has_ended_does_not_wait_for_a_global() -> None:
    program = not_shared(UnsharedKind.FLAG)
    program.world.processes[ProcessKey(2)].ended = NOW
    assert active(program.world) == []


def test_a_queue_that_grows_and_holds_few_items_is_no_finding() -> None:
    program = queue_grows()
    program.world.channels[ChannelKey(100)].depths = tuple(range(20))
    assert active(program.world) == []


def test_a_finding_about_polls_ends_when_a_poll_succeeds() -> None:
    program = Invented()
    main, queue = program.process("main", parent=None), program.channel("results")
    polls, world, access = Polls(), program.world, program.world.access[queue.key]
    access.gave_up[main.key, 1] = 3
    polls.look(world)
    found = Finding("invented", Severity.INFO, Verdict.CERTAIN, "", at=world.now)
    polls.found[(main.key, 1), queue.key] = found
    polls.look(world)
    assert list(polls.active(world)) == [found]
    access.completed[main.key, 1] = 1
    polls.look(world)
    assert list(polls.active(world)) == []
