"""A process that only reads one Value, or asks one Event, Pipe or Queue, is known with its line and the count."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rockproc.observer.journals.reader import CellState
from rockproc.observer.model import Channel, SignalHandler, Site, State, World
from rockproc.observer.model.keys import ChannelKey, ProcessKey
from rockproc.observer.trackers.repeated_reads import RepeatedReadTracker
from rockproc.probe.layout import TASKS_BIT, CellKind

LINE, ASKING_LINE = Site("/lab/invented.py", 3), Site("/lab/invented.py", 4)
VALUE, OTHER, EVENT, LOCK, PIPE, QUEUE = 5, 6, 7, 8, 9, 10
KEY = ProcessKey(1)


class Program:
    """A process whose counts a test sets, one second after the other."""

    def __init__(self) -> None:
        process = SimpleNamespace(
            key=KEY, main_thread=1, line=LINE, ended=None, handlers=(), state=State.RUNNING, role="main"
        )
        self.world = World(processes={KEY: process})  # pyright: ignore[reportArgumentType]
        for key, kind in (PIPE, "Pipe"), (QUEUE, "JoinableQueue"):
            self.world.channels[ChannelKey(key)] = Channel(ChannelKey(key), kind, kind)
        self.tracker = RepeatedReadTracker(self.world, ChannelKey)
        self.source: Any = SimpleNamespace(process=process, left=0, site=lambda _site: self.line)  # pyright: ignore[reportUnknownLambdaType]
        self.at, self.line = 0.0, ASKING_LINE

    def look(
        self,
        *,
        reads: int = 0,
        other: int = 0,
        writes: int = 0,
        asked: int = 0,
        polled: int = 0,
        done: int = 0,
        empty: int = 0,
        asked_empty: int = 0,
        acquired: int = 0,
        after: float = 1.0,
    ) -> None:
        self.at += after
        cells = [
            CellState(VALUE, 1, reads, writes, 0, 0, 0, 0, 0, CellKind.VALUE, 0, 0),
            CellState(OTHER, 1, other, 0, 0, 0, 0, 0, 0, CellKind.VALUE, 0, 0),
            CellState(EVENT, 2, 0, 0, 0, asked, 0, 9, 0, CellKind.SIGNAL, 0, 0),
            CellState(PIPE, 2, 0, 0, 0, 0, 0, 9, 0, CellKind.CHANNEL, 0, polled << TASKS_BIT),
            CellState(QUEUE, 2, 0, 0, 0, 0, 0, 9, 0, CellKind.CHANNEL, 0, done << TASKS_BIT | empty),
            CellState(QUEUE, 2, 0, 0, 0, asked_empty, 0, 9, 0, CellKind.SIGNAL, 0, 0),
            CellState(LOCK, 1, acquired, 0, 0, 0, 0, 0, 0, CellKind.LOCK, 0, 0),
        ]
        self.tracker.look(self.source, cells, self.at)


def test_reads_of_a_value_are_counted_from_the_first_look_at_which_they_grow() -> None:
    program = Program()
    for reads in (10, 20, 25):
        program.look(reads=reads)
    read = program.world.repeated_reads[KEY]
    assert (read.thread, read.key, read.site, read.since, read.times) == ((KEY, 1), VALUE, LINE, 2.0, 15)


def test_questions_to_an_event_count_for_the_asking_thread() -> None:
    program = Program()
    program.look(asked=1)
    program.look(asked=3)
    read = program.world.repeated_reads[KEY]
    assert (read.thread, read.key, read.site, read.times) == ((KEY, 2), EVENT, ASKING_LINE, 2)


def test_questions_to_a_pipe_count_for_the_asking_thread() -> None:
    program = Program()
    for polled in (1, 3):
        program.look(polled=polled)
    read = program.world.repeated_reads[KEY]
    assert (read.thread, read.key, read.site, read.times) == ((KEY, 2), PIPE, ASKING_LINE, 2)


@pytest.mark.parametrize("work", ["time.sleep(1)", "compute()"])
def test_questions_whether_a_queue_is_empty_count_for_the_asking_thread(work: str, tmp_path: Path) -> None:
    program, source = Program(), tmp_path / "loop.py"
    source.write_text(f"while q.empty():\n    {work}\n")
    program.line = Site(str(source), 1)
    for asked in (1, 3):
        program.look(asked_empty=asked)
    read = program.world.repeated_reads[KEY]
    assert (read.thread, read.key, read.times, read.method) == ((KEY, 2), QUEUE, 2, "empty")
    assert read.only_waits is (work != "compute()")


def test_calls_of_task_done_are_no_questions() -> None:
    program = Program()
    for done in (1, 3):
        program.look(done=done)
    assert not program.world.repeated_reads


@pytest.mark.parametrize("work", ["continue", "compute()"])
def test_attempts_to_get_an_item_count_in_a_loop_that_only_waits(work: str, tmp_path: Path) -> None:
    program, source = Program(), tmp_path / "loop.py"
    source.write_text(f"while True:\n    try:\n        q.get_nowait()\n    except Empty:\n        {work}\n")
    program.line = Site(str(source), 3)
    for empty in (1, 3):
        program.look(empty=empty)
    found = {read.key: (read.thread, read.times, read.only_waits) for read in program.world.repeated_reads.values()}
    assert found == ({QUEUE: ((KEY, 2), 2, True)} if work == "continue" else {})


def test_a_process_that_does_something_else_is_no_repeated_reader() -> None:
    changes: list[dict[str, Any]] = [{"acquired": 1}, {"writes": 1}, {"other": 1}, {"after": 9.0, "reads": 20}]
    for change in changes:
        program = Program()
        program.look(reads=10)
        program.look(reads=20)
        assert KEY in program.world.repeated_reads
        program.look(**{"reads": 30, **change})
        assert KEY not in program.world.repeated_reads, change


@pytest.mark.parametrize(("does", "expected"), [("print('no')", False), ("event.set()", True)])
def test_a_signal_handler_that_may_end_the_loop_is_noted(does: str, expected: bool, tmp_path: Path) -> None:
    program, source = Program(), tmp_path / "loop.py"
    source.write_text(f"def stop(*_):\n    {does}\n\nwhile not event.is_set():\n    pass\n")
    program.line = Site(str(source), 4)
    program.source.process.handlers = (SignalHandler("SIGTERM", "stop", Site(str(source), 1)),)
    for asked in (1, 3):
        program.look(asked=asked)
    assert program.world.repeated_reads[KEY].handler_may_end is expected


def test_an_ended_or_dropped_process_is_no_repeated_reader() -> None:
    program = Program()
    program.look(reads=10)
    program.look(reads=20)
    program.world.processes.clear()
    program.tracker.forget()
    assert not program.world.repeated_reads
