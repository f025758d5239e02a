"""A process may have objects that it has not used yet."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import event_never_set, manager_wait
from rockproc.observer.model import Access, Channel, ManagedObject, Manager, ThreadState, Wait
from rockproc.observer.model.keys import ChannelKey, ManagedKey, ManagerKey
from rockproc.observer.model.thread_state import Blocked

from tests.observer.findings.worlds import NOW, Invented, found


@pytest.mark.parametrize(
    ("how", "verdicts"),
    [("other", ["certain"]), ("given", []), ("unexamined", ["suspected"])],
)
def test_a_spawned_process_has_what_it_was_passed(how: str, verdicts: list[str]) -> None:
    """One that has not been examined yet may have been passed any object inside of others."""
    program = Invented()
    main = program.process("main", parent=None)
    early = program.process("early", start_method="spawn", ran=True)
    late = program.process("late", start_method="spawn", ran=True)
    done = program.lock("done", "Event")
    program.world.access[done.key].given.add(early.key)
    if how == "given":
        program.world.access[done.key].given.add(late.key)
    if how == "unexamined":
        program.world.examined.remove(late.key)
    program.waits(early, "wait", done)
    program.waits(main, "join", early)
    assert [each.verdict for each in found(event_never_set.RULE, program.world)] == verdicts


@pytest.mark.parametrize(("kind", "verdicts"), [("SimpleQueue", ["suspected"]), ("Connection", [])])
def test_a_thread_of_a_pool_is_not_meant_to_end_a_wait_for_a_managed_object(kind: str, verdicts: list[str]) -> None:
    """A thread that has used a connection of a manager may do more."""
    program = Invented()
    main = program.process("main", parent=None)
    server = program.process("SyncManager-1")
    worker = program.process("worker")
    key, gate = ManagerKey(400), ManagedKey(500)
    program.world.managers[key] = Manager(key, "SyncManager", "manager", server.key, alive=True)
    program.world.managed[gate] = ManagedObject(gate, key, "Event", "gate", calls=1, last_at=NOW - 6)
    results = Channel(ChannelKey(600), kind, "results", internal=True)
    program.world.channels[results.key] = results
    program.world.access[results.key] = Access(users={(main.key, 2)})
    main.other_threads = (ThreadState(99, 2, Blocked.NO, NOW - 5),)
    worker.waits = (Wait("wait", "gate", gate, NOW - 5, None, 1, timed=False),)
    program.waits(main, "join", worker)
    assert [each.verdict for each in found(manager_wait.RULE, program.world)] == verdicts
