"""Which processes may have an object that they have not used yet."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import event_never_set

from tests.observer.findings.worlds import Invented, found


@pytest.mark.parametrize(
    ("how", "verdicts"),
    [("other", ["certain"]), ("given", []), ("unexamined", ["suspected"]), ("starting", ["suspected"])],
)
def test_a_spawned_process_has_what_it_was_passed(how: str, verdicts: list[str]) -> None:
    """One that has not been examined yet may have been passed any object inside of others."""
    program = Invented()
    main = program.process("main", parent=None)
    early = program.process("early", start_method="spawn", ran=True)
    late = program.process("late", start_method="spawn", ran=how != "starting")
    done = program.lock("done", "Event")
    program.world.access[done.key].given.add(early.key)
    if how == "given":
        program.world.access[done.key].given.add(late.key)
    if how == "unexamined":
        program.world.unexamined.add(late.key)
    program.waits(early, "wait", done)
    program.waits(main, "join", early)
    assert [each.verdict for each in found(event_never_set.RULE, program.world)] == verdicts
