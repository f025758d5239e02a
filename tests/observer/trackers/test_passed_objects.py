"""The kernel is asked which objects a process was passed deep inside of its arguments."""

from __future__ import annotations

import mmap
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from rockproc.observer.model import Access, Process, State, Wait, World
from rockproc.observer.model.keys import LockKey, ProcessKey
from rockproc.observer.trackers.coverage import semaphore_key
from rockproc.observer.trackers.passed_objects import PassedObjectTracker

OWNER = LockKey(7)
"""The key of the Event that the semaphore is a part of."""


@pytest.fixture
def pipe() -> Iterator[int]:
    """Return the inode of a pipe that this process has open."""
    ends = os.pipe()
    yield os.fstat(ends[0]).st_ino
    for end in ends:
        os.close(end)


@pytest.fixture
def semaphore() -> Iterator[LockKey]:
    """Return the key of a semaphore that this process has mapped by its name, as a spawned child has."""
    lock = multiprocessing.get_context("spawn").Lock()
    name = lock.__dict__["_semlock"].name.removeprefix("/")
    with Path(f"/dev/shm/sem.{name}").open("r+b") as file, mmap.mmap(file.fileno(), 0):
        yield semaphore_key(name)


def world_with(objects: tuple[int, ...], **more: object) -> tuple[World, Process]:
    """Return a world in which this process is a child that knows nothing of some objects, and waits."""
    world = World(now=10.0)
    process = Process(ProcessKey(1), "child", pid=os.getpid(), state=State.RUNNING, probed=True)
    process.start_method, process.ran = "spawn", True
    process.waits = (Wait("get", "tasks", 3, 5.0, None, 1),)
    for name, value in more.items():
        setattr(process, name, value)
    world.processes[process.key] = process
    for key in objects:
        world.access[key] = Access(made=0.0, maker=ProcessKey(9))
    return world, process


def tracker(world: World, part: LockKey | None = None) -> PassedObjectTracker:
    return PassedObjectTracker(world, lambda key: OWNER if key == part else key)


def test_a_process_was_given_what_it_has_open(pipe: int, semaphore: LockKey) -> None:
    world, process = world_with((pipe, OWNER, 11))
    tracker(world, semaphore).look(10.0)
    assert {key for key, access in world.access.items() if process.key in access.given} == {pipe, OWNER}
    assert world.examined == {process.key}


def test_a_process_is_not_examined_before_its_run_begins(pipe: int) -> None:
    world, process = world_with((pipe,), ran=False)
    examining = tracker(world)
    examining.look(10.0)
    assert (world.access[pipe].given, world.examined) == (set(), set())
    process.ran = True
    examining.look(10.5)
    assert (world.access[pipe].given, world.examined) == ({process.key}, {process.key})


def test_a_fork_has_not_been_given_what_it_inherits(pipe: int) -> None:
    world, _ = world_with((pipe,), start_method="fork")
    tracker(world).look(10.0)
    assert (world.access[pipe].given, world.examined) == (set(), set())
