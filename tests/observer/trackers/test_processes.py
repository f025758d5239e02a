from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from msgspec.structs import replace
from rockproc.observer.kernel.idle import ASLEEP
from rockproc.observer.kernel.process_stats import ProcessStats
from rockproc.observer.model import TRANSITIONS, Process, State, UnobservedReason, Wait, World
from rockproc.observer.model.coverage import is_unobserved
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.trackers.intervals import StateIntervals
from rockproc.observer.trackers.processes import ProcessTracker
from rockproc.probe.layout import CellKind, Op
from rockproc.probe.records import Bootstrap, Exit, Handle, Launched, Reaped, Started

from tests.observer.journals import Invented

OURS = "python program.py"


def stats(pid: int, command: str, parent: int = 1) -> ProcessStats:
    return ProcessStats(pid, 1.0, parent, "sleeping", None, None, 1, command)


@pytest.mark.parametrize(
    ("command", "role", "name"),
    [
        (
            "python -c 'from multiprocessing.resource_tracker import main;main(5)'",
            "resource tracker",
            "resource tracker",
        ),
        ("python -c 'from multiprocessing.forkserver import main; main(8, 9)'", "forkserver", "forkserver"),
        ("python -c 'from billiard.semaphore_tracker import main;main(5)'", "resource tracker", "resource tracker"),
        ("sleep 100", "program", "sleep 100"),
        (OURS, "program", OURS),
    ],
)
def test_a_process_seen_before_its_exec_gets_its_new_name(command: str, role: str, name: str) -> None:
    world = World()
    tracker = ProcessTracker(world)
    tracker.samples.apply({7: stats(7, OURS)}, 0.1, 0.1)
    (process,) = world.processes.values()
    assert (process.role, process.name) == ("program", OURS)
    tracker.samples.apply({7: stats(7, command)}, 0.2, 0.2)
    assert (process.role, process.name) == (role, name)


def test_a_fork_that_executes_another_program_gets_its_name() -> None:
    world = World()
    tracker = ProcessTracker(world)
    tracker.main_started(6, 0.0, "main")
    tracker.samples.apply({6: stats(6, OURS), 7: stats(7, OURS, 6), 8: stats(8, OURS, 6)}, 0.1, 0.1)
    forks = [process for process in world.processes.values() if process.pid != 6]
    for process in forks:
        process.role, process.name = "fork", "fork of main"
    tracker.samples.apply({6: stats(6, OURS), 7: stats(7, "sleep 100", 6), 8: stats(8, OURS, 6)}, 0.2, 0.2)
    assert [process.name for process in forks] == ["sleep 100", "fork of main"]
    tracker.samples.apply({6: stats(6, OURS), 7: stats(7, "", 6), 8: stats(8, OURS, 6)}, 0.3, 0.3)
    assert [process.command for process in forks] == ["sleep 100", OURS]


def test_a_child_that_may_be_seen_before_its_exec_is_sampled_again_while_it_is_young() -> None:
    tracker = ProcessTracker(World())
    tracker.main_started(6, 0.0, "main")
    tracker.samples.apply({6: stats(6, OURS), 7: stats(7, OURS, 6)}, 0.1, 0.1)
    assert tracker.samples.awaits_exec
    tracker.samples.apply({6: stats(6, OURS), 7: stats(7, OURS, 6)}, 2.0, 2.0)
    assert not tracker.samples.awaits_exec
    tracker.samples.apply({6: stats(6, OURS), 8: stats(8, "sleep 100", 6)}, 2.1, 2.1)
    assert not tracker.samples.awaits_exec


@pytest.mark.parametrize("sampled_first", [True, False])
def test_a_resource_tracker_is_known_before_its_exec(tmp_path: Path, *, sampled_first: bool) -> None:
    """A run can end before a sample has its command line."""
    main = (program := Invented(tmp_path)).process(100)
    program.look()
    samples = program.observer.process_tracker.samples
    seen = {100: stats(100, OURS), 7: stats(7, OURS, 100)}
    if sampled_first:
        samples.apply(seen, 0.1, 0.1)
    main.record(Launched(7, False, ("-c", "from m.resource_tracker import main;main(5)")))
    program.look()
    samples.apply(seen, 0.2, 0.2)
    (tracker,) = [process for process in program.observer.world.processes.values() if process.pid == 7]
    assert (tracker.role, tracker.name, tracker.parent) == ("resource tracker", "resource tracker", 100)
    assert not is_unobserved(tracker)


def test_a_fork_that_executes_a_resource_tracker_counts_as_one() -> None:
    """Releases of loky before 3.5 (joblib 1.4) start their trackers by `os.fork`, in which the probe begins."""
    world = World()
    tracker = ProcessTracker(world)
    tracker.main_started(6, 0.0, "main")
    tracker.samples.apply({6: stats(6, OURS), 7: stats(7, OURS, 6)}, 0.1, 0.1)
    child = next(process for process in world.processes.values() if process.pid == 7)
    child.role, child.name, child.probed = "fork", "fork of main", True
    loky = "python -c 'from joblib.externals.loky.backend.resource_tracker import main; main(3, False)'"
    tracker.samples.apply({6: stats(6, OURS), 7: stats(7, loky, 6)}, 0.2, 0.2)
    assert (child.role, child.name) == ("resource tracker", "resource tracker")
    child.unobserved = UnobservedReason.EXEC
    assert not is_unobserved(child)


def test_the_call_of_a_proxy_is_the_outermost_wait(tmp_path: Path) -> None:
    """This must hold also if the poll began before the call and read it later, and the Pipe's wait has no time."""
    main = (program := Invented(tmp_path)).process(100)
    main.cell(0, 7, CellKind.CHANNEL, op=Op.RECV)
    main.cell(1, 9, CellKind.MANAGED, op=Op.ACQUIRE, since=0.06)
    for _ in range(3):
        program.look()
        (process,) = program.observer.world.processes.values()
        assert process.main_wait is not None
        assert process.main_wait.op == "call", program.now


def test_an_announced_exit_code_is_used_after_the_end(tmp_path: Path) -> None:
    """This must hold also if no other code is reported, and if the announcement is read after the end."""
    program = Invented(tmp_path)
    for pid, late in (100, False), (101, True):
        child = program.process(pid)
        child.record(Bootstrap("child"), pid)
        if not late:
            child.record(Exit(3), pid)
        program.look()
        process = program.observer.world.processes[ProcessKey(pid)]
        assert (process.exitcode, process.ended) == (None, None)
        program.observer.process_tracker.died(pid, None, program.now)
        if late:
            child.record(Exit(3), pid)
            program.look()
        assert (process.exitcode, process.signal) == (3, None)


def test_a_process_killed_during_its_exit_does_not_have_its_announced_code(tmp_path: Path) -> None:
    child = (program := Invented(tmp_path)).process(100)
    child.record(Bootstrap("child"), 100)
    child.record(Exit(0), 100)
    program.look()
    program.observer.process_tracker.died(100, 9, program.now)
    process = program.observer.world.processes[ProcessKey(100)]
    assert (process.exitcode, process.signal) == (-9, "SIGKILL")


def test_a_process_seen_before_its_journal_has_a_birth_mark(tmp_path: Path) -> None:
    main = (program := Invented(tmp_path)).process(100)
    tracker = program.observer.process_tracker
    tracker.main_started(100, 0.0, "main")
    program.look()
    tracker.samples.apply({100: stats(100, OURS), 101: stats(101, OURS, 100)}, 0.06, 0.06)
    child = program.process(101, 100, "fork")
    program.look()
    for at in (0.2, 0.4, 0.6):
        tracker.samples.apply({100: stats(100, OURS), 101: stats(101, OURS, 100)}, at, at)
    world = program.observer.world
    (fork,) = (process for process in world.processes.values() if process.role == "fork")
    assert [(mark.kind, mark.process) for mark in world.marks.since(0)[1]] == [("started", fork.key)]
    main.close()
    child.close()


def test_a_child_that_was_taken_for_a_forkserver_becomes_its_handle(tmp_path: Path) -> None:
    """The child was seen with its parent's command line, and `start()` returned before the probe began in it."""
    main = (program := Invented(tmp_path)).process(100)
    tracker = program.observer.process_tracker
    tracker.main_started(100, 0.0, "main")
    server = "python -c 'from multiprocessing.forkserver import main; main(8, 9)'"
    tracker.samples.apply({100: stats(100, OURS), 101: stats(101, server, 100), 102: stats(102, server, 101)}, 0.1, 0.1)
    key = 100 << 32
    main.record(Handle(False, "child", "Process", "", "", "forkserver"), key)
    main.record(Started(102, "forkserver"), key)
    program.look()
    processes = program.observer.world.processes.values()
    assert [(process.name, process.pid) for process in processes if process.pid != 100] == [
        ("forkserver", 101),
        ("child", 102),
    ]


def test_a_process_that_ends_during_a_poll_has_one_entry(tmp_path: Path) -> None:
    """The journal of the process is found at the next poll, and begins after the poll that saw it as a zombie."""
    main = (program := Invented(tmp_path)).process(100)
    tracker = program.observer.process_tracker
    tracker.main_started(100, 0.0, "main")
    main.record(Handle(False, "child", "Process", "work", "", "fork"), 7)
    main.record(Started(101, "fork"), 7)
    program.look()
    program.now += 0.01
    child = program.process(101, 100, "fork")
    child.record(Bootstrap("child"), 7)
    ended = replace(stats(101, OURS, 100), status="zombie", exit_status=0)
    tracker.samples.apply({100: stats(100, OURS), 101: ended}, program.now - 0.01, program.now + 0.01)
    program.look()
    world = program.observer.world
    assert [(process.name, process.role, process.state) for process in world.processes.values()] == [
        ("main", "main", State.RUNNING),
        ("child", "process", State.ZOMBIE),
    ]
    main.close()
    child.close()


def killed(tmp_path: Path, after: float, *, beside: bool = False) -> Process:
    """Return a child that was killed before it has written anything.

    Args:
        tmp_path: the folder of the journals.
        after: the time between its start and its end.
        beside: True if a sibling has written.
    """
    main = (program := Invented(tmp_path)).process(100)
    program.observer.process_tracker.main_started(100, 0.0, "main")
    if beside:
        main.record(Handle(False, "sibling", "Process", "work", "", "spawn"), 6)
        main.record(Started(102, "spawn"), 6)
        sibling = program.process(102, 100, "exec")
        sibling.record(Bootstrap("sibling"), 6)
        program.look()
        sibling.close()
    main.record(Handle(False, "child", "Process", "work", "", "spawn"), 7)
    main.record(Started(101, "spawn"), 7)
    program.look()
    program.look(after)
    main.record(Reaped(101, -15))
    program.look()
    main.close()
    return program.observer.world.processes[ProcessKey(7)]


def test_a_child_killed_at_its_start_does_not_make_counts_incomplete(tmp_path: Path) -> None:
    child = killed(tmp_path, 0.1)
    assert (child.state, child.unobserved) == (State.JOINED, UnobservedReason.KILLED_AT_START)
    assert not is_unobserved(child)


def test_a_child_killed_at_a_slow_start_does_not_make_counts_incomplete_where_others_carry_the_probe(
    tmp_path: Path,
) -> None:
    assert killed(tmp_path, 3.0, beside=True).unobserved is UnobservedReason.KILLED_AT_START
    other = tmp_path / "other"
    other.mkdir()
    assert killed(other, 6.0, beside=True).unobserved is None


def test_an_unobserved_child_that_has_run_makes_counts_incomplete(tmp_path: Path) -> None:
    child = killed(tmp_path, 3.0)
    assert (child.state, child.unobserved) == (State.JOINED, None)
    assert is_unobserved(child)


ENDED = (State.ZOMBIE, State.JOINED, State.GONE)


def test_an_ended_process_never_becomes_alive() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(TRANSITIONS[state] <= set(ENDED) for state in ENDED)
    assert all(TRANSITIONS[state] >= set(ENDED) for state in State if state.alive)
    assert not any(State.CREATED in following for following in TRANSITIONS.values())


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_a_process_changes_its_state_as_the_table_allows(before: State, after: State) -> None:
    process = Process(ProcessKey(7), "child", state=before)
    intervals = StateIntervals(world := World())
    intervals.begin(process, 1.0)
    intervals.become(process, 2.0, after)
    assert process.state is (after if after in TRANSITIONS[before] else before)
    assert world.spans[ProcessKey(7)].since(0)[1][0].end == (2.0 if after in TRANSITIONS[before] else None)


def lane(world: World) -> list[tuple[float, float | None, State, str]]:
    assert world.main is not None
    return [(span.begin, span.end, span.state, span.text) for span in world.spans[world.main].since(0)[1]]


@pytest.fixture
def waiter() -> tuple[World, ProcessTracker, Process]:
    """Return a main process that has waited in `get tasks` since 1 s."""
    tracker = ProcessTracker(world := World())
    tracker.main_started(6, 0.0, "main")
    (main,) = world.processes.values()
    main.probed, main.main_thread = True, 1
    tracker.activity.set_waits(main, [Wait("get", "tasks", 9, 1.0, None, 1)], 1.05)
    return world, tracker, main


def test_two_waits_for_one_object_are_two_intervals(waiter: tuple[World, ProcessTracker, Process]) -> None:
    world, tracker, main = waiter
    for since in (1.0, 2.0, 2.01, 3.0):
        tracker.activity.set_waits(main, [Wait("get", "tasks", 9, since, None, 1)], since + 0.05)
    assert lane(world)[1:] == [
        (1.0, 2.0, State.WAITING, "get tasks"),
        (2.0, 3.0, State.WAITING, "get tasks"),
        (3.0, None, State.WAITING, "get tasks"),
    ]


def test_a_stop_during_a_wait_is_kept(waiter: tuple[World, ProcessTracker, Process]) -> None:
    world, tracker, main = waiter
    tracker.samples.apply({6: replace(stats(6, OURS), status="stopped")}, 2.0, 2.0)
    tracker.samples.apply({6: stats(6, OURS)}, 3.0, 3.0)
    tracker.activity.set_waits(main, [Wait("get", "tasks", 9, 1.0, None, 1)], 3.05)
    assert [interval for interval in lane(world)[1:] if interval[0] != interval[1]] == [
        (1.0, 2.0, State.WAITING, "get tasks"),
        (2.0, 3.0, State.STOPPED, ""),
        (3.0, None, State.WAITING, "get tasks"),
    ]


def test_a_sleeping_process_is_waiting_until_its_next_operation(
    waiter: tuple[World, ProcessTracker, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, tracker, main = waiter
    monkeypatch.setattr("rockproc.observer.trackers.process_activity.idle", Mock(return_value=ASLEEP))
    tracker.activity.set_waits(main, [], 2.0)
    tracker.samples.apply({6: stats(6, OURS)}, 3.0, 3.0)
    for at in (3.05, 3.5, 4.0):
        tracker.activity.set_waits(main, [], at - 0.02)
        tracker.activity.look(at - 0.01)
    tracker.samples.apply({6: stats(6, OURS)}, 4.0, 4.0)
    assert main.state is State.WAITING
    main.operations += 1
    tracker.activity.set_waits(main, [], 4.0)
    assert lane(world)[2:] == [
        (2.0, 3.0, State.RUNNING, ""),
        (3.0, 4.0, State.WAITING, ASLEEP),
        (4.0, None, State.RUNNING, ""),
    ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list of the pids for which the system is asked. Each answer is a sleep, or a wait without time-out."""
    pids: list[int] = []

    def idle(pid: int, **_more: object) -> str:
        pids.append(pid)
        return ASLEEP

    def ends_by_itself(pid: int) -> bool:
        pids.append(pid)
        return False

    monkeypatch.setattr("rockproc.observer.trackers.process_activity.idle", idle)
    monkeypatch.setattr("rockproc.observer.trackers.process_samples.ends_by_itself", ends_by_itself)
    return pids


def test_hundreds_of_sleeping_processes_are_checked_in_turn(asked: list[int]) -> None:
    tracker = ProcessTracker(world := World())
    samples = {pid: replace(stats(pid, OURS), cpu=0.0) for pid in range(100, 300)}
    tracker.samples.apply(samples, 1.0, 1.0)
    for process in world.processes.values():
        process.probed, process.main_thread, process.idle = True, 1, ""
    tracker.samples.apply(samples, 2.0, 2.0)
    assert sorted(asked) == list(range(100, 300))
    asked.clear()
    samples[250] = replace(samples[250], cpu=0.5)
    tracker.samples.apply(samples, 3.0, 3.0)
    assert 250 in asked
    assert len(asked) < 20
    for at in range(4, 17):
        tracker.samples.apply(samples, float(at), float(at))
    assert set(asked) == set(range(100, 300))


def test_each_wait_is_checked_for_a_timeout(waiter: tuple[World, ProcessTracker, Process], asked: list[int]) -> None:
    _, tracker, main = waiter
    assert main.timed is None
    tracker.samples.apply({6: stats(6, OURS)}, 2.0, 2.0)
    assert (asked, main.timed) == ([6], False)
    tracker.samples.apply({6: replace(stats(6, OURS), status="stopped")}, 2.5, 2.5)
    tracker.activity.set_waits(main, main.waits, 3.0)
    assert main.timed is False
    tracker.activity.set_waits(main, [Wait("get", "tasks", 9, 3.0, None, 1)], 3.05)
    assert main.timed is None


def test_a_thread_whose_wait_has_ended_is_unknown() -> None:
    """The kernel was asked for the other threads while this one was in a wait, so its answer does not contain it."""
    world = World()
    tracker = ProcessTracker(world)
    tracker.main_started(6, 0.0, "main")
    (process,) = world.processes.values()
    wait = Wait("join", "Process-1", 7, 0.1, None, thread=99)
    tracker.activity.set_waits(process, [wait], 0.2)
    process.other_threads = ()
    tracker.activity.set_waits(process, [wait], 0.3)
    assert process.other_threads == ()
    tracker.activity.set_waits(process, [], 0.4)
    assert process.other_threads is None
