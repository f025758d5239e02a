"""Sentences about processes and threads, with names and errors that look like a part of a sentence."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import overlapping_receives, overlapping_sends, starved_get
from rockproc.observer.findings.rule import Rule
from rockproc.observer.findings.sentences import ended_names, how_it_ended
from rockproc.observer.model import SentSignal, Site, State

from tests.observer.findings.worlds import NOW, SCRIPT, Invented
from tests.observer.findings.worlds import found as findings_of


@pytest.mark.parametrize("rule", [overlapping_receives.RULE, overlapping_sends.RULE], ids=lambda rule: rule.name)
def test_threads_of_a_process_whose_name_has_a_space_are_named(rule: Rule) -> None:
    program = Invented()
    worker = program.process("my worker")
    worker.main_thread = 1
    access = program.world.access[program.channel("pipe", kind="Pipe", put=1, bytes=10).key]
    access.overlapping = {(worker.key, 2), (worker.key, 3)}
    access.receiving = {(worker.key, 2), (worker.key, 3)}
    (found,) = findings_of(rule, program.world)
    assert "several threads of my worker" in found.message


def test_the_text_of_an_exception_stays_as_it_is_in_a_sentence_about_several_processes() -> None:
    program = Invented()
    processes = [program.process(name) for name in ("one", "two")]
    for process in processes:
        process.state, process.ended, process.exitcode = State.JOINED, NOW - 1, 1
        process.error = "ValueError: it was ended"
    keys = [process.key for process in processes]
    assert ended_names(keys, program.world) == "one and two ended (exit 1, ValueError: it was ended)"
    for process in processes:
        process.signal = "SIGKILL"
    assert ended_names(keys, program.world) == "one and two were ended by SIGKILL"
    assert how_it_ended(processes[0]) == "was ended by SIGKILL"


def test_who_sent_the_signal_that_ended_a_process_is_said_where_it_is_known() -> None:
    process = Invented().process("one", State.JOINED, ended=NOW - 1, exitcode=-9, signal="SIGKILL")
    assert how_it_ended(process) == "was ended by SIGKILL"
    for name, moment, sender in (
        ("SIGKILL", NOW - 2, " (kill() by main at invented.py:6)"),
        ("SIGKILL", NOW, ""),
        ("SIGTERM", NOW - 2, ""),
    ):
        process.sent_signal = SentSignal(name, "main", moment, Site(SCRIPT, 6))
        assert how_it_ended(process) == f"was ended by SIGKILL{sender}"
    process.signal, process.sent_signal = "SIGINT", SentSignal("SIGINT", "main", NOW - 2, None)
    assert how_it_ended(process) == "was ended by SIGINT (interrupt() by main)"


def test_a_process_that_is_named_like_a_thread_keeps_its_place_in_a_list() -> None:
    program = Invented()
    queue = program.channel("tasks")
    for process in (program.process("reader", parent=None), program.process("a thread of mine")):
        program.waits(process, "get", queue)
    (found,) = findings_of(starved_get.RULE, program.world)
    assert "reader and a thread of mine wait" in found.message


def test_processes_that_wait_at_different_lines_are_each_named_with_theirs() -> None:
    program = Invented()
    queue = program.channel("queue")
    for name, line in (("one", 7), ("two", 7), ("three", 9)):
        program.waits(program.process(name, parent=None if name == "one" else 1), "get", queue, line)
    (found,) = findings_of(starved_get.RULE, program.world)
    assert "wait in queue.get() (one and two at invented.py:7; three at invented.py:9), where" in found.message
