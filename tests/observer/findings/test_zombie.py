"""Children that have ended, and that nobody has joined."""

from __future__ import annotations

from rockproc.observer.findings import FindingTracker, zombie
from rockproc.observer.model import Process, State

from tests.observer.findings.worlds import NOW, Invented
from tests.observer.findings.worlds import found as findings_of


def ended() -> tuple[Invented, Process]:
    there = Invented()
    main = there.process("main", parent=None)
    there.process("worker", State.ZOMBIE, parent=main.pid, ended=NOW - 3)
    return there, main


def test_a_zombie() -> None:
    there, _ = ended()
    (found,) = findings_of(zombie.RULE, there.world)
    assert found.message.startswith("worker has ended, and main has not joined it")


def test_who_joins_another_one_may_come_to_it() -> None:
    there, main = ended()
    there.waits(main, "join", there.process("other"))
    assert list(findings_of(zombie.RULE, there.world)) == []


def test_to_join_a_queue_is_to_join_no_process() -> None:
    there, main = ended()
    there.waits(main, "join", there.channel("tasks", "JoinableQueue"))
    there.process("busy")
    assert [found.rule for found in findings_of(zombie.RULE, there.world)] == ["zombie"]


def test_many_zombies_of_one_line_are_one_finding_that_grows() -> None:
    there, main = ended()
    tracker = FindingTracker(there.world)
    tracker.look()
    for name in ("second", "third"):
        there.process(name, State.ZOMBIE, parent=main.pid, ended=NOW - 2)
    tracker.look()
    (found,) = there.world.findings.values()
    assert found.active
    assert found.message.startswith("worker, second and third have ended, and main has not joined them")


def test_a_parent_that_can_never_come_to_join_is_the_matter_of_another_finding() -> None:
    there, main = ended()
    there.waits(main, "get", there.channel("tasks"))
    assert findings_of(zombie.RULE, there.world) == []
