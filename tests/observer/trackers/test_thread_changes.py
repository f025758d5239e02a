"""The history of threads beside the main thread: what they wait for, hold and compute."""

from __future__ import annotations

from rockproc.observer.model import Hold, Lock, Process, Site, State, ThreadCpu, ThreadState, Wait, World
from rockproc.observer.model.keys import LockKey, ProcessKey
from rockproc.observer.model.thread_state import Blocked
from rockproc.observer.trackers.thread_changes import ThreadChanges

ONE, LOCK = ProcessKey(5), LockKey(9)
SITE = Site("work.py", 3)
MAIN, OTHER = 100, 200
"""Idents of threads."""


def program() -> tuple[World, Process, ThreadChanges]:
    world = World()
    process = Process(ONE, "one", pid=7, state=State.RUNNING, main_thread=MAIN, threads=2)
    world.processes[ONE] = process
    world.locks[LOCK] = Lock(LOCK, "Lock", "door")
    return world, process, ThreadChanges(world)


def changes(world: World) -> list[tuple[int, float, State, str]]:
    return [(item.thread, item.at, item.state, item.text) for item in world.thread_changes.since(0)[1]]


def wait(thread: int, since: float, site: Site | None = SITE) -> Wait:
    return Wait("acquire", "door", LOCK, since, site, thread)


def test_a_thread_waits_then_holds_a_lock_then_is_unknown() -> None:
    world, process, tracker = program()
    process.waits = (wait(MAIN, 0.5), wait(OTHER, 1.0))
    tracker.look(1.1)
    tracker.look(1.2)
    process.waits = ()
    world.locks[LOCK].holders = (Hold(ONE, OTHER, 2.0, SITE), Hold(ONE, MAIN, 2.0, SITE))
    tracker.look(2.1)
    world.locks[LOCK].holders = ()
    tracker.look(3.0)
    assert changes(world) == [
        (OTHER, 1.0, State.WAITING, "acquire door"),
        (OTHER, 2.0, State.RUNNING, ""),
        (OTHER, 3.0, State.GONE, ""),
    ]


def test_another_wait_for_the_same_object_is_another_change() -> None:
    world, process, tracker = program()
    for since in (1.0, 1.5):
        process.waits = (wait(OTHER, since),)
        tracker.look(since + 0.1)
    assert [at for _, at, _, _ in changes(world)] == [1.0, 1.5]


def test_threads_of_libraries_have_no_history() -> None:
    world, process, tracker = program()
    process.waits = (wait(OTHER, 1.0, None),)
    tracker.look(1.1)
    process.waits = (wait(OTHER, 1.0),)
    world.locks[LOCK].internal = True
    tracker.look(1.2)
    assert changes(world) == []


def test_a_computing_thread_has_its_number_as_key_until_its_ident_is_known() -> None:
    world, process, tracker = program()
    process.cpu = 100.0
    process.thread_cpu = (ThreadCpu(7, "x", 1.0, 50.0, 0.0), ThreadCpu(8, "x", 0.5, 50.0, 0.2))
    tracker.look(1.0)
    assert changes(world) == [(-8, 0.2, State.RUNNING, "")]
    process.other_threads = (ThreadState(8, OTHER, Blocked.NO, 0.0),)
    tracker.look(1.5)
    assert changes(world)[1:] == [(OTHER, 0.2, State.RUNNING, ""), (-8, 1.0, State.GONE, "")]


def test_a_computing_thread_is_gone_after_its_last_sample() -> None:
    world, process, tracker = program()
    process.cpu = 100.0
    process.thread_cpu = (ThreadCpu(8, "x", 0.5, 50.0, 0.2),)
    tracker.look(1.0)
    process.thread_cpu = ()
    tracker.look(1.9)
    assert changes(world)[-1] == (-8, 1.0, State.GONE, "")


def test_the_end_of_a_process_ends_its_threads() -> None:
    world, process, tracker = program()
    process.waits = (wait(OTHER, 1.0),)
    tracker.look(1.1)
    process.state, process.ended = State.ZOMBIE, 1.7
    tracker.look(2.0)
    tracker.look(2.5)
    assert changes(world)[1:] == [(OTHER, 1.7, State.GONE, "")]
