"""Items that were put, and never to arrive."""

from __future__ import annotations

from typing import Any

from rockproc.observer.findings import unpicklable
from rockproc.observer.model import Site

from tests.observer.findings.worlds import SCRIPT, Invented
from tests.observer.findings.worlds import found as findings_of


def lost(count: int, because: str = "PicklingError: no", **more: Any) -> Invented:
    program = Invented()
    producer = program.process("producer")
    program.channel("q", lost=count, lost_because=because, lost_by=producer.key, lost_site=Site(SCRIPT, 4), **more)
    return program


def test_the_message_counts_unpicklable_items() -> None:
    (found,) = findings_of(unpicklable.RULE, lost(1).world)
    assert found.message == (
        "an item that producer has put into q could not be pickled, and it will never be received: PicklingError: no"
    )
    assert found.site == Site(SCRIPT, 4)
    (found,) = findings_of(unpicklable.RULE, lost(3).world)
    assert found.message.startswith("3 items could not be pickled, the first of which producer has put into q, and")


def test_a_broken_pipe_is_not_reported_as_unpicklable() -> None:
    (found,) = findings_of(unpicklable.RULE, lost(1, "BrokenPipeError: [Errno 32] Broken pipe").world)
    assert "could not be sent" in found.message


def test_unpicklable_tasks_of_an_executor_are_not_reported() -> None:
    assert list(findings_of(unpicklable.RULE, lost(1, internal=True).world)) == []
    assert list(findings_of(unpicklable.RULE, lost(0).world)) == []
