"""Exit codes must be known even if the parent collects a child before any other process can see it."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from rockproc.observer.kernel import exit_watcher
from rockproc.observer.model import Process, UnobservedReason, coverage_of
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.parameters import fast_first
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
        print(child.pid, number)
        program = subprocess.Popen(["sh", "-c", "exit %d" % number])
        print(program.pid, program.wait())
        forked = os.fork()
        if not forked:
            os._exit(number)
        os.waitpid(forked, 0)
        print(forked, number)
    program = subprocess.Popen(["sh", "-c", "kill -9 $$"])
    print(program.pid, program.wait(), flush=True)
"""


@pytest.mark.parametrize(
    ("version", "is_old_kernel"),
    fast_first([*((version, False) for version in EDGES), *((version, True) for version in reversed(EDGES))], 4),
)
def test_exit_codes_of_all_children_are_known(
    version: str, is_old_kernel: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    lines = [line.text.split() for line in snapshot.output.since(0)[1]]
    ended = {int(pid): int(code) for pid, code in lines}  # as the program has printed them

    def codes(processes: list[Process]) -> list[tuple[int | None, int | None]]:
        return [(process.exitcode, ended[process.pid or 0]) for process in processes]

    children = [process for process in snapshot.processes if process.role == "process"]
    programs = [process for process in snapshot.processes if process.role == "program"]
    forks = [process for process in snapshot.processes if process.role == "fork"]
    assert (len(children), len(programs), len(forks)) == (COUNT, COUNT + 1, COUNT)
    assert all(known == code for known, code in codes(children))
    # Only the kernel knows the other exit codes, and it is not asked about a fork that ends before it is seen.
    assert all(known == code for known, code in codes(programs))
    assert all(known in (None, code) for known, code in codes(forks))
    assert {process.unobserved for process in programs} == {UnobservedReason.OTHER_PROGRAM}
    assert {process.parent for process in programs} == {snapshot.main.pid if snapshot.main is not None else None}
    coverage = coverage_of(snapshot)
    assert (coverage.processes, coverage.observed) == (1 + 3 * COUNT + 1, 1 + 2 * COUNT)
