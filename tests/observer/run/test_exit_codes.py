"""Exit codes are known even if the parent collects a child at once, before anybody else can see it."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from rockproc.observer.kernel import exit_watcher
from rockproc.observer.model import Process, UnobservedReason, coverage_of
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.probe.conftest import DEADLINE, EDGES, python

COUNT = 6
PROGRAM = f"""
import multiprocessing
import os
import subprocess
import sys

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    for number in range({COUNT}):
        child = context.Process(target=sys.exit, args=(number,))
        child.start()
        child.join()
        subprocess.run(["sh", "-c", "exit %d" % number])
        forked = os.fork()
        if not forked:
            os._exit(number)
        os.waitpid(forked, 0)
    subprocess.run(["sh", "-c", "kill -9 $$"])
"""


@pytest.mark.parametrize("is_old_kernel", [False, True])
@pytest.mark.parametrize("version", EDGES)
def test_exit_codes(version: str, is_old_kernel: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_old_kernel:  # before 6.15 the kernel reports the status only to the parent
        monkeypatch.setattr(exit_watcher, "collected_status", Mock(return_value=None))
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script), python=python(version)))
    run.start()
    try:
        assert run.ended.wait(DEADLINE)
        assert run.exit_code == 0
        snapshot = run.snapshot()
        assert run.faults() == []
    finally:
        run.stop()

    def codes(processes: list[Process]) -> list[int | None]:
        # One after the other, so that they have begun in this order; the ends of several may be noticed together.
        return [process.exitcode for process in sorted(processes, key=lambda process: process.started or 0.0)]

    children = [process for process in snapshot.processes if process.role == "process"]
    programs = [process for process in snapshot.processes if process.role == "program"]
    forks = [process for process in snapshot.processes if process.role == "fork"]
    assert codes(children) == [*range(COUNT)]
    # Those that are gone before they are looked at begin when their end is noticed, so that two may change places.
    assert sorted(code for code in codes(programs) if code is not None) == [-9, *range(COUNT)]
    assert {process.unobserved for process in programs} == {UnobservedReason.OTHER_PROGRAM}
    assert {process.parent for process in programs} == {snapshot.main.pid if snapshot.main is not None else None}
    # Only the kernel knows the exit codes of forks, and it is not asked if they end before they are seen.
    assert len(forks) == COUNT
    assert all(known in (None, number) for number, known in enumerate(codes(forks)))
    coverage = coverage_of(snapshot)
    assert (coverage.processes, coverage.observed) == (1 + 3 * COUNT + 1, 1 + 2 * COUNT)
