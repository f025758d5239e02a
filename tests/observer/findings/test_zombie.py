"""Children that have ended, and that nobody has joined."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import FindingTracker, zombie
from rockproc.observer.model import Finding, Phase, Process, Severity, State, Verdict
from rockproc.observer.model.keys import ProcessKey

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


def test_a_zombie_beside_an_error_that_names_it_is_no_finding() -> None:
    program, _ = ended()
    error = Finding(
        "polls-in-vain", Severity.ERROR, Verdict.SUSPECTED, "", NOW, processes=(ProcessKey(1), ProcessKey(2))
    )
    program.world.findings[error.key] = error
    assert findings_of(zombie.RULE, program.world) == []


@pytest.mark.parametrize(
    ("state", "phase", "at_exit", "left"),
    [
        (State.RUNNING, Phase.RUN, False, False),
        (State.GONE, Phase.EXITING, False, False),
        (State.GONE, Phase.EXITING, True, True),
    ],
    ids=["joined later", "joined just before the end", "never joined by the program"],
)
def test_only_a_zombie_that_the_program_has_never_joined_stays(
    state: State, phase: Phase, at_exit: bool, left: bool
) -> None:
    program, main = ended()
    tracker = FindingTracker(program.world)
    tracker.look()
    worker = program.world.processes[ProcessKey(2)]
    worker.state, worker.joined, worker.joined_at_exit = State.JOINED, NOW, at_exit
    main.state, main.phase = state, phase
    tracker.look()
    found = [finding.message for finding in program.world.findings.values()]
    assert found == (
        ["worker had ended, and main did not join it before it ended itself: its pid and exit status were kept for 3 s"]
        if left
        else []
    )
