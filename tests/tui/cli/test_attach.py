"""`rockproc-tui attach` on programs that were started bare."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rockproc.observer.kernel import interrupt
from rockproc.observer.recording.replay import Replay

from tests.observer.attach.conftest import Start, look_until, rules, start
from tests.observer.attach.test_hanging import DEADLOCK
from tests.observer.attach.test_probe import working
from tests.observer.attach.test_waiting import PROGRAMS, settled
from tests.parameters import fast_first

__all__ = ["start"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="attach reads /proc")


def attach(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    code = "import sys; from rockproc.tui.cli.main import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, "attach", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_hanging_program_gives_its_finding_and_status_1(start: Start, tmp_path: Path) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    done = attach(str(pid), "--save", str(tmp_path / "seen.rockproc"))
    assert done.returncode == 1, done.stderr
    assert DEADLOCK.words in done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith("error: deadlock, certain: "))
    assert line.endswith(" to end (program.py:16)"), "the line is named once"
    assert "Take the locks in the same order everywhere." in done.stdout
    assert f"program.py (pid {pid})" in done.stdout
    assert [finding.rule for finding in Replay(tmp_path / "seen.rockproc").snapshot().findings] == ["deadlock"]
    os.kill(pid, 0)  # it was only read, and goes on waiting


def test_the_report_is_json_in_which_counts_are_unknown(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    report = json.loads(attach(str(pid), "--json").stdout)
    assert (report["coverage"]["inspected"], report["coverage"]["observed"]) == (3, 0)
    assert "lost-with-process" in report["coverage"]["silent_rules"]
    assert {channel["put"] for channel in report["channels"]} <= {None}
    assert [finding["rule"] for finding in report["findings"]] == ["deadlock"]
    assert {lock["name"]: lock["holder"] for lock in report["locks"]}["left"] == "Process-1"


def test_a_program_that_merely_waits_gives_status_0(start: Start) -> None:
    pid = start(PROGRAMS["a get with a time-out"], "3.11")
    look_until(pid, settled)
    done = attach(str(pid))
    assert done.returncode == 0, done.stderr
    assert "clean: 2 of 2 processes read from outside" in done.stdout
    _, _, rest = done.stdout.partition("not asked, because they need what the probe records from the start: ")
    assert "exit-code-ignored" in rest.splitlines()[0]


@pytest.mark.skipif(not interrupt.SUPPORTED, reason="needs x86-64 Linux")
def test_the_probe_shows_messages(start: Start) -> None:
    pid = working(start, "3.14", "fork")
    done = attach(str(pid), "--probe")
    assert done.returncode == 0, done.stderr
    assert f"program.py (pid {pid}) · observed by the probe" in done.stdout
    assert "  put  tasks" in done.stdout
    assert "  received  tasks  " in done.stdout
    os.kill(pid, 0)


@pytest.mark.slow
def test_a_python_that_cannot_load_the_probe_is_one_line(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    done = attach(str(pid), "--probe")
    assert done.returncode == 2
    assert "it is Python 3.11, and scripts can be executed in it only from 3.14 on" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("pid", "words"),
    fast_first([("99999999", "there is no process 99999999"), ("abc", "is not a process id"), ("-1", "")]),
)
def test_a_wrong_pid_is_one_line(pid: str, words: str) -> None:
    done = attach(pid)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_process_that_is_no_python_is_one_line() -> None:
    sleeper = subprocess.Popen(["sleep", "1000"])
    try:
        done = attach(str(sleeper.pid))
    finally:
        sleeper.kill()
        sleeper.wait()
    assert done.returncode == 2
    assert done.stderr == (
        f"rockproc-tui: process {sleeper.pid} (sleep): it is no Python process, or one whose executable has no symbol "
        "table.\n"
    )


def test_without_a_pid_the_programs_are_listed(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    done = attach()
    assert done.returncode == 2
    row = next(line for line in done.stderr.splitlines() if f" {pid} " in line)
    assert "program.py fork" in row
    assert "2 children" in row
