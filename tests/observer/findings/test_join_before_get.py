"""A child that is joined before its Queue was read."""

from __future__ import annotations

from rockproc.observer.findings import join_before_get
from rockproc.observer.model import Channel, Process, Site

from tests.observer.findings.worlds import SCRIPT, Invented
from tests.observer.findings.worlds import found as findings_of


def joined(workers: int) -> tuple[Invented, Process, Channel]:
    """Main joins the first of some that cannot bring what they have put into a pipe."""
    there = Invented()
    main = there.process("main", parent=None)
    results = there.channel("results", put=60, got=0, buffered=48)
    people = [there.process(f"worker-{number}") for number in range(1, workers + 1)]
    for process in people:
        there.waits(process, "flush", results)
    there.waits(main, "join", people[0], line=21)
    return there, main, results


def test_one_child() -> None:
    there, *_ = joined(1)
    (found,) = findings_of(join_before_get.RULE, there.world)
    assert (found.verdict, found.site) == ("certain", Site(SCRIPT, 21))
    assert found.message == (
        "main waits for worker-1 to end, and worker-1 cannot: 48 items of results found no room in "
        "its pipe, and nobody gets from it"
    )


def test_those_who_put_into_the_same_queue_get_nothing_from_it() -> None:
    for workers, told in ((2, "nor can another one: 48 items"), (5, "nor can 4 others: 48 items")):
        there, main, results = joined(workers)
        (found,) = findings_of(join_before_get.RULE, there.world)
        assert told in found.message
        assert (found.verdict, found.processes, found.objects) == ("certain", (main.key, 2), (results.key,))


def test_a_process_that_ends_gets_nothing() -> None:
    there, *_ = joined(2)
    there.waits(there.process("logger"), "flush", there.channel("log", buffered=3))
    (found,) = findings_of(join_before_get.RULE, there.world)
    assert found.verdict == "certain"


def test_somebody_may_yet_get() -> None:
    there, *_ = joined(2)
    there.process("busy")
    assert list(findings_of(join_before_get.RULE, there.world)) == []

    there, _, results = joined(2)
    there.waits(there.process("reader"), "get", results)
    assert list(findings_of(join_before_get.RULE, there.world)) == []

    there, main, results = joined(2)
    there.waits(main, "get", results, thread=2)
    assert list(findings_of(join_before_get.RULE, there.world)) == []

    there, *_ = joined(2)
    there.waits(there.process("boss"), "join", there.process("short"))
    assert list(findings_of(join_before_get.RULE, there.world)) == []


def test_who_joins_one_that_joins_is_stuck_too() -> None:
    there, main, _ = joined(2)
    there.waits(there.process("boss"), "join", main)
    (found,) = findings_of(join_before_get.RULE, there.world)
    assert found.verdict == "certain"
