"""Pythons that the program starts by `subprocess` are observed with `--follow`, and otherwise listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import UnobservedReason
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.probe.conftest import DEADLINE, EDGE_VERSIONS, python

PROGRAM = """\
import os
import subprocess
import sys

child = subprocess.run([sys.executable, "child.py"], stdout=subprocess.PIPE, universal_newlines=True, check=True)
print(child.stdout, end="", flush=True)
changed = {**os.environ, "PYTHONPATH": "/nowhere", "HELLO": "1"}
subprocess.run([sys.executable, "-c", "import os; print(os.environ['PYTHONPATH'])"], env=changed, check=True)
subprocess.run(["sh", "-c", "env | grep -c ROCKPROC"])
"""
CHILD = """\
import multiprocessing
import os

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=queue.put, args=(7,))
    process.start()
    print(queue.get(), sorted(name for name in os.environ if "ROCKPROC" in name or name == "PYTHONPATH"))
    process.join()
"""


def observe(folder: Path, version: str, *, follow: bool) -> Run:
    (folder / "program.py").write_text(PROGRAM)
    (folder / "child.py").write_text(CHILD)
    return Run(Launch("program.py", python=python(version), folder=str(folder), follow=follow))


@pytest.mark.parametrize("version", EDGE_VERSIONS)
def test_a_python_is_followed_and_finds_its_own_environment(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    run = observe(tmp_path, version, follow=True)
    run.start()
    try:
        assert run.ended.wait(DEADLINE)
        snapshot = run.snapshot()
        assert [line.text for line in snapshot.output.since(0)[1]] == ["7 []", "/nowhere", "0"]
        assert run.exit_code == 0
        assert [(channel.name, channel.put, channel.got) for channel in snapshot.channels if not channel.internal] == [
            ("queue", 1, 1)
        ]
        main = next(process for process in snapshot.processes if process.role == "main")
        followed = [process for process in snapshot.processes if process.parent == main.pid and process.probed]
        assert len(followed) == 2
        assert run.faults() == []
    finally:
        run.stop()


def test_without_follow_a_python_is_listed_with_the_reason(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE).wait()\n"
    )
    run = Run(Launch(str(script)))
    run.start()
    try:
        reasons: list[UnobservedReason | None] = []
        while UnobservedReason.SUBPROCESS not in reasons and not run.ended.wait(0.05):
            reasons = [process.unobserved for process in run.snapshot().processes]
        assert UnobservedReason.SUBPROCESS in reasons
    finally:
        run.stop()
