"""Pythons in an observed run that carry no probe are inspected from outside: their waits, lines and deadlocks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.cli.conftest import Cli

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are inspected in /proc")
Write = Callable[[str, str], Path]

OUTER = "import subprocess, sys\nsubprocess.run([sys.executable, '-I', 'inner.py'])\n"
"""A program that starts a Python without a probe, whose children carry no probe either."""

CROSSED = """\
import multiprocessing as mp

def take(first, second, barrier):
    with first:
        barrier.wait()
        with second:
            pass

if __name__ == "__main__":
    left, right, barrier = mp.Lock(), mp.Lock(), mp.Barrier(2)
    for first, second in ((left, right), (right, left)):
        mp.Process(target=take, args=(first, second, barrier)).start()
"""

DEAD_HOLDER = """\
import multiprocessing as mp, os, signal

def die(lock):
    lock.acquire()
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    lock = mp.Lock()
    child = mp.Process(target=die, args=(lock,))
    child.start()
    child.join()
    with lock:
        pass
"""

MANAGED = """\
import multiprocessing as mp, os, signal

def die(lock):
    lock.acquire()
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    lock = mp.Manager().Lock()
    child = mp.Process(target=die, args=(lock,))
    child.start()
    child.join()
    with lock:
        pass
"""

MIXED = """\
import multiprocessing as mp
from multiprocessing import spawn

def take(left, right, ready):
    with right:
        ready.set()
        with left:
            pass

if __name__ == "__main__":
    mp.set_start_method("spawn")
    spawn.set_executable("./alone")
    left, right, ready = mp.Lock(), mp.Lock(), mp.Event()
    with left:
        child = mp.Process(target=take, args=(left, right, ready))
        child.start()
        ready.wait()
        with right:
            pass
"""
"""A program whose main process is observed, and its child is not."""

SLEEPER = """\
import multiprocessing as mp, time

def hold(lock, ready):
    with lock:
        ready.set()
        time.sleep(600)

if __name__ == "__main__":
    lock, ready = mp.Lock(), mp.Event()
    mp.Process(target=hold, args=(lock, ready), name="sleeper").start()
    ready.wait()
    lock.acquire()
"""

CORRECT = """\
import multiprocessing as mp, time
from multiprocessing import spawn

def answer(questions, answers, lock):
    for question in iter(questions.get, None):
        with lock:
            answers.put(question)

if __name__ == "__main__":
    mp.set_start_method("spawn")
    spawn.set_executable("./alone")
    questions, answers, lock = mp.Queue(), mp.Queue(), mp.Lock()
    child = mp.Process(target=answer, args=(questions, answers, lock))
    child.start()
    end = time.monotonic() + 6
    while time.monotonic() < end:
        with lock:
            questions.put("?")
        answers.get()
        time.sleep(0.7)  # so that the other one waits for longer than a short moment
    questions.put(None)
    child.join()
"""


@pytest.fixture
def alone(tmp_path: Path) -> None:
    """Return an interpreter that leaves out `site`, and with it the probe."""
    path = tmp_path / "alone"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    path.chmod(0o755)


@pytest.mark.slow
def test_a_deadlock_among_processes_without_the_probe_is_found(cli: Cli, write: Write) -> None:
    write("inner.py", CROSSED)
    done = cli("check", "--timeout", "12", write("outer.py", OUTER))
    assert done.returncode == 1, done.stderr
    assert "outer.py: error: deadlock: Process-" in done.stderr
    assert "waits to acquire right (inner.py:6), which Process-2 holds" in done.stderr
    assert "(inspected from outside): waits in acquire() of left (inner.py:6)" in done.stderr
    assert "1 of 4 processes observed, 3 inspected from outside" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (DEAD_HOLDER, "error: holder-died: A process that is gone (perhaps Process-"),
        (MANAGED, "waits in lock.acquire() (inner.py:12), an object of a manager, and no process can call release()"),
    ],
    ids=["lock", "managed"],
)
def test_a_holder_without_the_probe_that_has_ended_is_found(cli: Cli, write: Write, inner: str, words: str) -> None:
    write("inner.py", inner)
    done = cli("check", "--timeout", "14", write("outer.py", OUTER))
    assert done.returncode == 1, done.stderr
    assert words in done.stderr


@pytest.mark.early
@pytest.mark.usefixtures("alone")
def test_a_deadlock_between_an_observed_process_and_another_one_is_found(cli: Cli, write: Write) -> None:
    done = cli("check", "--timeout", "30", write("mixed.py", MIXED))
    assert done.returncode == 1, done.stderr
    assert "mixed.py: error: deadlock: " in done.stderr
    assert "main waits to acquire right (mixed.py:18), which Process-1 holds" in done.stderr
    assert "Process-1 waits to acquire left (mixed.py:7), which main holds since mixed.py:14" in done.stderr
    assert "could not go on" in done.stderr


@pytest.mark.slow
def test_a_process_that_merely_waits_is_shown_with_its_line_and_no_finding(
    cli: Cli, write: Write, tmp_path: Path
) -> None:
    write("inner.py", SLEEPER)
    outer = write("outer.py", OUTER)
    report = tmp_path / "report.json"
    done = cli("run", "--timeout", "10", "--report", report, outer)
    assert done.returncode == 124, done.stderr
    found = json.loads(report.read_text())
    assert found["findings"] == []
    assert found["coverage"]["inspected"] == 2
    assert all(process["inspected"] for process in found["coverage"]["unobserved"] if process["name"] == "sleeper")
    assert "   inspected from outside: " in done.stderr
    checked = cli("check", "--timeout", "8", outer)
    assert checked.returncode == 4
    assert "(inspected from outside): waits in acquire() of lock (inner.py:12)" in checked.stderr
    assert "cannot tell: the time limit was reached without a finding" in checked.stderr


@pytest.mark.early
@pytest.mark.usefixtures("alone")
def test_a_correct_program_with_such_a_process_has_no_finding(cli: Cli, write: Write) -> None:
    done = cli("check", "--timeout", "60", "--fail-on", "info", write("correct.py", CORRECT))
    assert done.returncode == 4, done.stderr
    assert "correct.py: cannot tell: inspected from outside: Process-1 (isolated, sharing " in done.stderr
    assert "1 of 2 processes observed, 1 inspected from outside" in done.stderr
