"""The start of a process must have one mark, whichever source reports it first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

PROGRAM = """\
import os, time
from multiprocessing import get_context

if __name__ == "__main__":
    children = [get_context("fork").Process(target=time.sleep, args=(0.5,)) for _ in range(3)]
    for child in children:
        child.start()
    if not os.fork():
        time.sleep(0.5)
        os._exit(0)
    os.wait()
    for child in children:
        child.join()
"""


def test_each_process_has_one_birth_mark(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script)))
    run.start()
    try:
        assert run.ended.wait(30)
        snapshot = run.snapshot()
        births = Counter(mark.process for mark in snapshot.marks.since(0)[1] if mark.kind == "started")
        assert births == {process.key: 1 for process in snapshot.processes if process.role != "main"}
        by_pid = [process for process in snapshot.processes if process.key in births and process.known_only_by_pid]
        assert len(by_pid) == 1
    finally:
        run.stop()


ORPHANS = """\
import os

for _ in range(20):
    child = os.fork()
    if not child:
        if os.fork():
            os._exit(0)
        os._exit(0)
    os.waitpid(child, 0)
    print(child, flush=True)
"""


def test_an_orphan_keeps_its_first_parent(tmp_path: Path) -> None:
    """This must hold even if the parent ends before the orphan is observed."""
    script = tmp_path / "program.py"
    script.write_text(ORPHANS)
    run = Run(Launch(str(script)))
    run.start()
    try:
        assert run.ended.wait(30)
        snapshot = run.snapshot()
        (main,) = [process for process in snapshot.processes if process.role == "main"]
        middle = {int(line.text) for line in snapshot.output.since(0)[1]}
        assert len(middle) == 20
        orphans = [process for process in snapshot.processes if process.pid not in middle and process is not main]
        assert {orphan.parent for orphan in orphans} == middle
    finally:
        run.stop()
