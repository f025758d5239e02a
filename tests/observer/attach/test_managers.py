"""Managers must be read from outside: the server, its objects, and the calls that wait for an answer."""

from __future__ import annotations

import sys

import pytest
from rockproc.observer.model import Snapshot

from tests.observer.attach.conftest import Start, look_until, start

__all__ = ["start"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="attach reads /proc")

PROGRAM = """
    def take(jobs, done, lock):
        with lock:
            done["begun"] = True
            jobs.get()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        manager = mp.Manager()
        jobs, done, lock = manager.Queue(), manager.dict(), manager.Lock()
        mp.Process(target=take, args=(jobs, done, lock), name="first").start()
        while not len(done):
            time.sleep(0.1)
        mp.Process(target=take, args=(jobs, done, lock), name="second").start()
        time.sleep(1000)
"""


@pytest.mark.parametrize(("version", "method"), [("3.8", "fork"), ("3.11", "spawn"), ("3.15", "forkserver")])
def test_a_manager_its_objects_and_the_calls_to_it(version: str, method: str, start: Start) -> None:
    def calls(snapshot: Snapshot) -> list[tuple[str, str, str, int]]:
        return sorted(
            (process.name, wait.op, wait.object, wait.site.line if wait.site is not None else 0)
            for process in snapshot.processes
            for wait in process.waits
        )

    expected = [("first", "get", "jobs", 6), ("second", "acquire", "lock", 4)]
    snapshot = look_until(  # a connection that is being made can still look like a Pipe
        start(PROGRAM, version, method), lambda seen: calls(seen) == expected and not seen.channels
    )
    (manager,) = snapshot.managers
    assert (manager.cls, manager.name, manager.alive, manager.extended) == ("SyncManager", "manager", True, False)
    assert [process.name for process in snapshot.processes if process.pid == manager.pid] == ["SyncManager-1"]
    objects = {managed.name: (managed.type, managed.value, managed.uncounted) for managed in snapshot.managed}
    assert objects == {
        "jobs": ("Queue", "0 items", True),
        "done": ("dict", "1 item", True),
        "lock": ("Lock", "", True),
    }
    assert {managed.manager for managed in snapshot.managed} == {manager.key}
    assert snapshot.findings == ()
