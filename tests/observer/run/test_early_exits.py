"""A process that ended before the observer knew of it must not contradict the counts of the same poll."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.kernel.identity import start_time
from rockproc.observer.run import poll_schedule
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.observer.conftest import wait_until

PROGRAM = """\
from multiprocessing import Pool

def fail():
    raise ValueError

if __name__ == "__main__":
    with Pool(1, initializer=fail) as pool:
        pool.map(abs, range(4))
"""


def test_a_pool_whose_workers_end_at_once_has_one_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_schedule, "_FIND_SECONDS", 0.0)
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script), start_method="fork"))

    def ended_already(pid: int) -> float | None:
        main = run._observer.world.main_process
        return start_time(pid) if main is None or pid == main.pid else None

    monkeypatch.setattr("rockproc.observer.run.run.start_time", ended_already)
    run.start()
    try:
        wait_until(lambda: run.snapshot().findings and run.snapshot().pools[0].employed > 60)
        assert {finding.rule for finding in run.snapshot().findings} == {"workers-never-begin"}
    finally:
        run.stop()
