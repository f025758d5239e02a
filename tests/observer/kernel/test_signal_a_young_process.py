"""A process can be signalled as soon as it is shown, also before the process table was looked at."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from rockproc.observer.model import Process
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

PROGRAM = """
import time
from multiprocessing import Process

if __name__ == "__main__":
    child = Process(target=time.sleep, args=(60,), name="child")
    child.start()
    child.join()
"""


def child_of(run: Run) -> Process:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for process in run.snapshot().processes:
            if process.name == "child" and process.pid is not None and process.state.alive:
                return process
        run.ended.wait(0.01)
    raise AssertionError([str(process) for process in run.snapshot().processes])


def test_a_process_known_only_from_its_journal_can_be_signalled(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script), python=sys.executable))
    run.start()
    try:
        child = child_of(run)
        # As it is in the moment before the first sample that finds it.
        run._observer.process_tracker.create_times.clear()  # pyright: ignore[reportPrivateUsage]
        assert run.signal(child.key, signal.SIGTERM).result == ""
        assert run.ended.wait(20)
        assert run.snapshot().process(child.key).signal == "SIGTERM"  # pyright: ignore[reportOptionalMemberAccess]
    finally:
        run.stop()
