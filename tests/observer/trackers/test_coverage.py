"""Processes without a probe are listed with the reason why, and what they have open is marked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from rockproc.observer.kernel.open_objects import open_objects
from rockproc.observer.kernel.unobserved_reason import START_SECONDS, unobserved_reason
from rockproc.observer.model import Process, Snapshot, State, UnobservedReason, World, is_part_of_program
from rockproc.observer.model.keys import ChannelKey, ProcessKey
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch
from rockproc.observer.trackers.coverage import CoverageTracker

from tests.observer.conftest import wait_until

DEADLINE_SECONDS = 30
SLEEP = "import time; time.sleep(60)"


@contextmanager
def running(command: list[str], environment: dict[str, str] | None = None) -> Generator[int]:
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})})
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def reason(pid: int, age: float = 0.0) -> UnobservedReason | None:
    """Return the reason once the child has executed its program."""
    own = Path("/proc/self/cmdline").read_bytes()
    wait_until(lambda: Path(f"/proc/{pid}/cmdline").read_bytes() not in (own, b""))
    return unobserved_reason(pid, "the command of the parent", "its own command", age)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], UnobservedReason.SUBPROCESS),
        (["-I"], UnobservedReason.ISOLATED),
        (["-uE"], UnobservedReason.ISOLATED),
        (["-W", "ignore", "-X", "dev", "-S"], UnobservedReason.ISOLATED),
        (["-WI"], UnobservedReason.SUBPROCESS),
        (["-u"], UnobservedReason.SUBPROCESS),
    ],
)
def test_the_options_of_a_python_give_the_reason(options: list[str], expected: UnobservedReason) -> None:
    with running([sys.executable, *options, "-c", SLEEP, "-I"]) as pid:
        assert reason(pid) is expected


def test_another_program_is_unobserved() -> None:
    with running(["sleep", "60"]) as pid:
        assert reason(pid) is UnobservedReason.OTHER_PROGRAM


def test_a_starting_python_is_not_yet_unobserved() -> None:
    with running([sys.executable, "-c", SLEEP], {"ROCKPROC_SESSION": "nowhere"}) as pid:
        assert reason(pid) is None
        assert reason(pid, START_SECONDS) is UnobservedReason.FAILED_TAP


def become_nobody(ready: Connection) -> None:
    os.setuid(65534)
    ready.send(None)
    time.sleep(60)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_fork_of_another_user_is_a_part_of_the_program() -> None:
    """The reason must be known early: the process may end soon, and its files may not be readable."""
    command = "python program.py"
    context = get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=become_nobody, args=(there,))
    child.start()
    try:
        here.recv()
        assert child.pid is not None
        assert unobserved_reason(child.pid, command, command, 0.0) is None
        found = unobserved_reason(child.pid, command, command, START_SECONDS / 10)
        assert found is UnobservedReason.DROPPED_PRIVILEGES
        assert is_part_of_program(Process(ProcessKey(1), "child", role="program", unobserved=found))
    finally:
        child.kill()
        child.join()


def test_a_process_that_executes_another_python_is_not_unobserved() -> None:
    """Workers of loky are forked, carry the probe, execute a Python, and carry it again."""
    world = World()
    tracker = CoverageTracker(world, ChannelKey, lambda key: key)
    with running([sys.executable, "-c", SLEEP], {"ROCKPROC_SESSION": "nowhere"}) as pid:
        reason(pid)
        process = Process(ProcessKey(1), "worker", pid=pid, role="process", state=State.RUNNING, probed=True)
        process.command = "its own command"
        world.processes[process.key] = process
        tracker.journal_begins(pid, "of-the-fork.journal")
        for at in (1.0, START_SECONDS):
            tracker.look(at)
            assert process.unobserved is None
        tracker.look(1.0 + START_SECONDS)
        assert process.unobserved is UnobservedReason.EXEC


def test_a_python_that_is_too_old_is_unobserved(tmp_path: Path) -> None:
    """The name of the executable contains its version."""
    sleep = shutil.which("sleep")
    assert sleep is not None
    for name in ("python2.7", "python3.7", "pypy3"):
        shutil.copy(sleep, tmp_path / name)
        with running([str(tmp_path / name), "60"]) as pid:
            assert reason(pid) is UnobservedReason.UNSUPPORTED_VERSION


def test_an_ended_process_has_no_reason() -> None:
    with running(["sleep", "60"]) as pid:
        pass
    assert unobserved_reason(pid, None, "", 100.0) is None
    assert open_objects(pid) is None


def test_the_open_objects_of_this_process_are_found() -> None:
    here, there = os.pipe()
    try:
        found = open_objects(os.getpid())
        assert found is not None
        assert os.fstat(here).st_ino in found.channels
        assert os.fstat(there).st_ino in found.channels
    finally:
        os.close(here)
        os.close(there)


PROGRAM = """
import multiprocessing as mp
import os
import signal
import subprocess
import sys
from multiprocessing import shared_memory

LISTENS = "import sys; print('up', flush=True); sys.stdin.read()"

if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue, private, memory = mp.Queue(), mp.Queue(), shared_memory.SharedMemory(create=True, size=10)
    queue.put(1)
    private.put(1)
    reader, writer = queue._reader.fileno(), queue._writer.fileno()
    attach = (
        "from multiprocessing import shared_memory, resource_tracker\\n"
        "resource_tracker.register = lambda *_: None\\n"
        "memory = shared_memory.SharedMemory(%r)\\n" % memory.name
    )
    command = [sys.executable, "-c", attach + LISTENS]
    python = subprocess.Popen(command, pass_fds=[reader, writer], stdin=-1, stdout=-1)
    python.stdout.readline()
    cat = subprocess.Popen(["cat"], stdin=-1)
    child = os.fork()
    if not child:
        os.execvp("sleep", ["sleep", "60"])
    signal.pause()
"""


def until(run: Run, done: Callable[[Snapshot], object]) -> Snapshot:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not done(snapshot := run.snapshot()):
        assert time.monotonic() < deadline, [(process.name, process.unobserved) for process in snapshot.processes]
        time.sleep(0.05)
    return snapshot


def test_unobserved_processes_of_a_run_are_listed_with_reasons(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script)))
    run.start()
    try:

        def by_reason(snapshot: Snapshot) -> dict[UnobservedReason, Process]:
            return {process.unobserved: process for process in snapshot.processes if process.unobserved is not None}

        expected = {UnobservedReason.SUBPROCESS, UnobservedReason.OTHER_PROGRAM, UnobservedReason.EXEC}

        def is_complete(snapshot: Snapshot) -> bool:
            shared = [thing for thing in (*snapshot.channels, *snapshot.values) if thing.shared_with_unobserved]
            return set(by_reason(snapshot)) >= expected and len(shared) >= 2

        snapshot = until(run, is_complete)
        python = by_reason(snapshot)[UnobservedReason.SUBPROCESS].key
        assert {
            channel.name: channel.shared_with_unobserved for channel in snapshot.channels if not channel.internal
        } == {
            "queue": (python,),
            "private": (),
        }
        assert [value.shared_with_unobserved for value in snapshot.values] == [(python,)]
        main = next(process for process in snapshot.processes if process.role == "main")
        assert main.unobserved is None
    finally:
        run.stop()


def test_a_process_with_another_command_is_looked_at_as_often_as_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(ProcessKey(1), "child", pid=1, state=State.RUNNING, started=0.0, command="first")
    tracker = CoverageTracker(World(processes={process.key: process}), lambda _inode: ChannelKey(0), lambda key: key)
    looks: list[float] = []

    def look_at(_process: Process, _pid: int, _parent: Process | None, age: float) -> None:
        looks.append(age)

    monkeypatch.setattr(tracker, "_look_at", look_at)
    for tenth in range(100):
        process.command = "first" if tenth < 50 else "second"
        tracker.look(tenth / 10)
    first, second = [[look % 5 for look in looks if (look < 5) is early] for early in (True, False)]
    assert second == pytest.approx(first, abs=0.15)
    assert len(first) > 2
