"""Items that were put and will never arrive."""

from __future__ import annotations

from typing import Any

from rockproc.observer.findings import FindingTracker, unpicklable
from rockproc.observer.model import Site, State
from rockproc.observer.model.keys import ChannelKey, ProcessKey

from tests.observer.findings.worlds import NOW, SCRIPT, Invented
from tests.observer.findings.worlds import found as findings_of


def lost(count: int, because: str = "PicklingError: no", **more: Any) -> Invented:
    program = Invented()
    producer = program.process("producer")
    program.channel("q", lost=count, lost_because=because, lost_by=producer.key, lost_site=Site(SCRIPT, 4), **more)
    return program


def test_the_message_counts_unpicklable_items() -> None:
    (found,) = findings_of(unpicklable.RULE, lost(1).world)
    assert found.message == (
        "an item that producer has put into q at invented.py:4 could not be pickled, and it will never be received: "
        "PicklingError: no"
    )
    assert found.site == Site(SCRIPT, 4)
    (found,) = findings_of(unpicklable.RULE, lost(3).world)
    assert found.message.startswith(
        "3 items could not be pickled, the first of which producer has put into q at invented.py:4"
    )


def test_a_wait_for_an_unpicklable_item_is_one_finding() -> None:
    program = lost(1, put=1)
    main, producer = program.process("main", parent=None), program.world.processes[ProcessKey(1)]
    tracker = FindingTracker(program.world)
    tracker.look()
    assert {finding.rule for finding in program.world.findings.values()} == {"unpicklable"}
    producer.state, producer.ended, producer.exitcode = State.JOINED, NOW - 6, 0
    program.waits(main, "get", program.world.channels[ChannelKey(100)])
    tracker.look()
    (found,) = program.world.findings.values()
    assert found.rule == "starved-get"
    assert "(an item could not be pickled: PicklingError: no at invented.py:4)" in found.message


def test_a_broken_pipe_is_not_reported_as_unpicklable() -> None:
    (found,) = findings_of(unpicklable.RULE, lost(1, "BrokenPipeError: [Errno 32] Broken pipe").world)
    assert "could not be sent" in found.message


def test_unpicklable_tasks_of_an_executor_are_not_reported() -> None:
    assert list(findings_of(unpicklable.RULE, lost(1, internal=True).world)) == []
    assert list(findings_of(unpicklable.RULE, lost(0).world)) == []
