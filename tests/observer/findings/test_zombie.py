"""Children that have ended, and that nobody has joined."""

from __future__ import annotations

from rockproc.observer.findings import FindingTracker, zombie
from rockproc.observer.model import Process, State

from tests.observer.findings.worlds import NOW, Invented
from tests.observer.findings.worlds import found as findings_of


def ended() -> tuple[Invented, Process]:
    program = Invented()
    main = program.process("main", parent=None)
    program.process("worker", State.ZOMBIE, parent=main.pid, ended=NOW - 3)
    return program, main


def test_a_zombie_is_found() -> None:
    program, _ = ended()
    (found,) = findings_of(zombie.RULE, program.world)
    assert found.message.startswith("worker has ended, and main has not joined it")


def test_a_parent_that_joins_another_child_may_join_the_zombie_next() -> None:
    program, main = ended()
    program.waits(main, "join", program.process("other"))
    assert list(findings_of(zombie.RULE, program.world)) == []


def test_joining_a_queue_is_not_joining_a_process() -> None:
    program, main = ended()
    program.waits(main, "join", program.channel("tasks", "JoinableQueue"))
    program.process("busy")
    assert [found.rule for found in findings_of(zombie.RULE, program.world)] == ["zombie"]


def test_many_zombies_of_one_line_are_one_finding_that_grows() -> None:
    program, main = ended()
    tracker = FindingTracker(program.world)
    tracker.look()
    for name in ("second", "third"):
        program.process(name, State.ZOMBIE, parent=main.pid, ended=NOW - 2)
    tracker.look()
    (found,) = program.world.findings.values()
    assert found.active
    assert found.message.startswith("worker, second and third have ended, and main has not joined them")


def test_a_parent_that_can_never_join_has_another_finding() -> None:
    program, main = ended()
    program.waits(main, "get", program.channel("tasks"))
    assert findings_of(zombie.RULE, program.world) == []
