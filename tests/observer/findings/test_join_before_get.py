"""A child is joined before its Queue was read."""

from __future__ import annotations

from rockproc.observer.findings import join_before_get
from rockproc.observer.model import Channel, Process, Site

from tests.observer.findings.worlds import SCRIPT, Invented
from tests.observer.findings.worlds import found as findings_of


def joined(workers: int) -> tuple[Invented, Process, Channel]:
    """Return a program in which main joins the first of several workers that cannot write their items into a pipe."""
    program = Invented()
    main = program.process("main", parent=None)
    results = program.channel("results", put=60, got=0, buffered=48)
    people = [program.process(f"worker-{number}") for number in range(1, workers + 1)]
    for process in people:
        program.waits(process, "flush", results)
    program.waits(main, "join", people[0], line=21)
    return program, main, results


def test_one_child_that_is_joined_before_its_queue_is_read_is_found() -> None:
    program, *_ = joined(1)
    (found,) = findings_of(join_before_get.RULE, program.world)
    assert (found.verdict, found.site) == ("certain", Site(SCRIPT, 21))
    assert found.message == (
        "main waits at invented.py:21 for worker-1 to end, and worker-1 cannot: 48 items of results "
        "(made at invented.py:1) found no room in its pipe, and no process reads from it"
    )


def test_producers_do_not_count_as_consumers_of_the_same_queue() -> None:
    for workers, text in ((2, "nor can another one: 48 items"), (5, "nor can 4 others: 48 items")):
        program, main, results = joined(workers)
        (found,) = findings_of(join_before_get.RULE, program.world)
        assert text in found.message
        assert (found.verdict, found.processes, found.objects) == ("certain", (main.key, 2), (results.key,))


def test_an_exiting_process_does_not_count_as_a_consumer() -> None:
    program, *_ = joined(2)
    program.waits(program.process("logger"), "flush", program.channel("log", buffered=3))
    (found,) = findings_of(join_before_get.RULE, program.world)
    assert found.verdict == "certain"


def test_a_possible_consumer_is_no_finding() -> None:
    program, *_ = joined(2)
    program.process("busy")
    assert list(findings_of(join_before_get.RULE, program.world)) == []

    program, _, results = joined(2)
    program.waits(program.process("reader"), "get", results)
    assert list(findings_of(join_before_get.RULE, program.world)) == []

    program, main, results = joined(2)
    program.waits(main, "get", results, thread=2)
    assert list(findings_of(join_before_get.RULE, program.world)) == []

    program, *_ = joined(2)
    program.waits(program.process("boss"), "join", program.process("short"))
    assert list(findings_of(join_before_get.RULE, program.world)) == []


def test_a_process_that_joins_a_blocked_process_is_affected() -> None:
    program, main, _ = joined(2)
    program.waits(program.process("boss"), "join", main)
    (found,) = findings_of(join_before_get.RULE, program.world)
    assert found.verdict == "certain"
