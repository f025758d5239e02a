"""Conclusions from the source may be drawn only about processes that have run that source."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Pool, Process, Site, State, World
from rockproc.observer.model.keys import PoolKey, ProcessKey
from rockproc.observer.trackers.unshared import UnsharedTracker

PROGRAM = """\
n = 0
names = []
def work():
    global n
    n += 1
def task(name):
    names.append(name)
if __name__ == "__main__":
    p = Process(target=work)
    p.start()
    p.join()
    with Pool() as pool:
        pool.map(task, "abc")
    print(n, names)
"""
CHILD = ProcessKey(2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    child = Process(CHILD, "child", pid=2, parent=1, state=State.JOINED, started=0.0, probed=True, ran=True)
    child.target, child.site, child.ended, child.exitcode = "work", Site(str(script), 9), 1.0, 0
    return World(processes={ProcessKey(1): Process(ProcessKey(1), "main", pid=1, probed=True), CHILD: child})


def names(world: World, functions: set[str] | None = None) -> list[str]:
    UnsharedTracker(world, {CHILD: functions or set()}).look()
    return [change.name for change in world.unshared.values()]


def test_a_child_that_has_run_the_function_is_noted(world: World) -> None:
    assert names(world) == ["n"]
    (change,) = world.unshared.values()
    assert (change.parent, change.processes) == (ProcessKey(1), [CHILD])


@pytest.mark.parametrize(
    ("attribute", "content"),
    [("target", "other"), ("exitcode", 1), ("ran", False), ("probed", False), ("site", Site("/lab/none.py", 9))],
)
def test_a_child_that_may_not_have_run_it_is_not_noted(world: World, attribute: str, content: object) -> None:
    setattr(world.processes[CHILD], attribute, content)
    assert names(world) == []


@pytest.mark.parametrize("daemon", [True, False])
def test_a_daemon_does_not_need_a_flag_to_end(world: World, daemon: bool, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "n = 0\ndef work():\n    while not n: sleep(1)\nif __name__ == '__main__':\n    p = Process(target=work)\n"
        "    p.start()\n    n = 1\n    p.join()\n"
    )
    child = world.processes[CHILD]
    child.site, child.ended, child.exitcode, child.daemon = Site(str(script), 5), None, None, daemon
    assert names(world) == ([] if daemon else ["n"])


def test_a_child_that_still_runs_is_noted_when_it_has_ended(world: World) -> None:
    child = world.processes[CHILD]
    child.ended = child.exitcode = None
    tracker = UnsharedTracker(world, {})
    tracker.look()
    assert not world.unshared
    child.ended, child.exitcode = 1.0, 0
    tracker.look()
    assert world.unshared


def test_functions_that_a_worker_of_a_pool_has_run_are_noted(world: World) -> None:
    child = world.processes[CHILD]
    child.pool = PoolKey(7)
    world.pools[child.pool] = Pool(child.pool, "Pool", "pool", child.site)
    assert names(world) == []
    assert names(world, {"task"}) == ["names"]
