"""Children that have ended, and that nobody has joined."""

from __future__ import annotations

from rockproc.observer.findings import zombie
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
    assert [found.rule for found in findings_of(zombie.RULE, there.world)] == ["zombie"]
