"""The observer must poll rarely in an idle run, and still see everything that happens."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from rockproc.observer.journals.reader import Record
from rockproc.observer.model import State
from rockproc.observer.run import poll_schedule
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch
from rockproc.probe.layout import CellKind
from rockproc.probe.records import File

from tests.observer.conftest import wait_until
from tests.observer.journals import Invented

PROGRAM = """\
import os, time
from multiprocessing import Process

def child():
    time.sleep(6)
    os._exit(3)

if __name__ == "__main__":
    Process(target=child).start()
    time.sleep(4)
    print("late", flush=True)
    time.sleep(60)
"""


@pytest.mark.early
def test_an_exit_or_output_or_the_user_ends_the_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_schedule, "_QUIET", poll_schedule._Looks(0.1, 1e9, 100.0))
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script), start_method="fork"))  # so that the child is a zombie of main
    run.start()
    try:
        wait_until(lambda: run.snapshot().output.total)
        wait_until(lambda: any(process.state is State.ZOMBIE for process in run.snapshot().processes))
        wait_until(lambda: run._schedule.rest > 1)
        main = run.snapshot().processes[0].key
        run.signal(main, signal.SIGSTOP)
        wait_until(lambda: run.snapshot().processes[0].state is State.STOPPED)
    finally:
        run.stop()


def test_await_news_notifies_once(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    go = tmp_path / "go"
    os.mkfifo(go)
    wait = f"open({str(go)!r}).read()"
    script.write_text(f"{wait}\nprint('late', flush=True)\n{wait}")
    run = Run(Launch(str(script)))
    notified: list[int] = []
    run.start()
    try:
        wait_until(lambda: run._observer.quiet)
        run.await_news(run.snapshot(), lambda: notified.append(run.snapshot().output.total))
        assert notified == []
        go.write_text("")
        wait_until(lambda: notified)
        known = run.snapshot()
        run.signal(known.processes[0].key, 9)
        wait_until(run.ended.is_set)
        assert notified == [1]
        run.await_news(known, lambda: notified.append(-1))
        assert notified == [1, -1]
        run.await_news(run.snapshot(), lambda: notified.append(-2))
        assert notified == [1, -1]
    finally:
        run.stop()


def test_counts_are_never_older_than_records_of_the_same_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This must hold for a process, too, that had done nothing when its counts were read."""
    program = Invented(tmp_path)
    one = program.process(100)
    program.look()
    other = program.process(101)
    for _ in range(10):
        program.look()
    first, second = (source.journal for source in program.observer._sources)
    assert not first.may_have_records()
    read = second.records

    def records(**more: bool) -> list[Record]:
        one.cell(0, 7, CellKind.CHANNEL, first=5)
        return read(**more)

    monkeypatch.setattr(second, "records", records)
    other.record(File(2, b"/lab/other.py"))
    program.look()
    assert [cell.first for cell in first.latest_cells] == [5]
