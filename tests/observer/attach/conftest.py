"""Programs that are started bare, without a probe, and then read from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from rockproc.observer.attach.attachment import AttachError
from rockproc.observer.model import Snapshot
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import marked_with, wait_until
from tests.probe.conftest import python

HEAD = """\
import multiprocessing as mp, os, signal, sys, threading, time
"""
Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start programs by source, version and start method, and return their pids. All are killed after the test."""
    mark = f"attach-{os.urandom(8).hex()}"
    monkeypatch.setenv("ROCKPROC_TEST", mark)
    started: list[subprocess.Popen[bytes]] = []

    def start(source: str, version: str, method: str = "fork") -> int:
        script = tmp_path / "program.py"
        script.write_text(HEAD + textwrap.dedent(source))
        with (tmp_path / "output").open("wb") as output:
            process = subprocess.Popen(
                [python(version), str(script), method],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=tmp_path,
            )
        started.append(process)
        return process.pid

    yield start
    _kill_marked(mark)
    for process in started:
        process.kill()
        process.wait()
    # A resource tracker ends when the processes have, after it has unlinked their semaphores and shared memory.
    wait_until(lambda: not _kill_marked(mark))


@pytest.fixture
def attached() -> Iterator[list[AttachedRun]]:
    """Runs that the test attaches to a program; they are stopped after it."""
    runs: list[AttachedRun] = []
    yield runs
    for run in runs:
        run.stop()


def _kill_marked(mark: str) -> bool:
    """Kill the processes of the test but resource trackers, and return whether any process is left.

    A process may have forked another one since they were listed, so this is done until none is left.
    """
    marked = marked_with(mark)
    for pid in marked:
        if not _is_resource_tracker(pid):
            with suppress(ProcessLookupError):  # in a pid namespace it ends with the first process that is killed
                os.kill(pid, signal.SIGKILL)
    return bool(marked)


def _is_resource_tracker(pid: int) -> bool:
    with suppress(OSError):
        return b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def look_until(pid: int, done: Callable[[Snapshot], object]) -> Snapshot:
    """Attach to a program, read it until a condition holds, and return the last snapshot."""
    found: list[Snapshot] = []
    runs: list[AttachedRun] = []

    def looks() -> bool:
        try:
            if not runs:
                runs.append(AttachedRun(pid))
            found[:] = [runs[0].read()]
        except AttachError:
            return False  # its Python is starting
        return bool(done(found[0]))

    wait_until(looks, pause=0.05)  # to read all processes of the machine again and again takes a whole core
    return found[0]


def rules(snapshot: Snapshot) -> list[str]:
    return [finding.rule for finding in snapshot.findings if finding.severity == "error"]
