"""The benchmarks still run after changes to the code that they use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["observer", "--records", "2000", "--rounds", "1"], "a queue"),
        pytest.param(
            ["rewind", "--messages", "500", "--processes", "6", "--moments", "5"], "median", marks=pytest.mark.slow
        ),
        pytest.param(
            ["cost", "--rounds", "1", "--only", "lock_cycle", "process_start.py fork", "--ways", "auto"],
            "a process by fork",
            marks=pytest.mark.slow,
        ),
        pytest.param(["worker_memory", "--operations", "2000"], "| full |", marks=pytest.mark.slow),
        (["screen", "--help"], "--keys"),
        (["first_frame", "--help"], "--rounds"),
    ],
    ids=("observer", "rewind", "cost", "worker_memory", "screen", "first_frame"),
)
def test_a_benchmark_runs(words: list[str], expected: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{words[0]}", *words[1:]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
    assert "exit 1" not in done.stdout


def test_the_benchmark_of_taps_runs() -> None:
    command = [sys.executable, "-m", "rockproc.tui", "run", "benchmarks/programs/taps.py", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "an item of a Queue" in done.stdout
