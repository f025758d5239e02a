"""The tests read stacks with py-spy, and from programs that fail in the ways in which py-spy does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rockproc.observer.kernel import stacks
from rockproc.observer.kernel.identity import start_time
from rockproc.observer.model import Process, State
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.observer.conftest import wait_until

PROGRAM = """\
import threading
import time
from multiprocessing import Lock, Process

def stuck(lock):
    threading.Thread(target=time.sleep, args=(60,), name="sleeper", daemon=True).start()
    lock.acquire()

if __name__ == "__main__":
    lock = Lock()
    lock.acquire()
    child = Process(target=stuck, args=(lock,), name="child")
    child.start()
    never = Process(target=stuck, args=(lock,), name="never")
    child.join()
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script), python=sys.executable))
    run.start()
    yield run
    run.stop()


def named(run: Run, name: str) -> Process:
    found: list[Process] = []

    def found_all() -> bool:
        found[:] = [process for process in run.snapshot().processes if process.name == name]
        return bool(found)

    wait_until(found_all)
    return found[0]


def test_the_stacks_of_all_threads_are_read(run: Run) -> None:
    if stacks.find_py_spy() is None:
        pytest.skip("py-spy is not installed")
    child = named(run, "child")
    wait_until(lambda: named(run, "child").main_wait)
    seen = run.stacks(child.key)
    if seen.problem == stacks.FORBIDDEN:
        pytest.skip("ptrace is not permitted here")
    assert seen.problem == ""
    main, sleeper = seen.threads
    assert (main.name, sleeper.name) == ("MainThread", "sleeper")
    innermost = main.frames[0]
    assert (innermost.function, innermost.site.line, innermost.text) == ("stuck", 7, "lock.acquire()")
    assert not any("probe" in Path(frame.site.path).parts for thread in seen.threads for frame in thread.frames)
    # Stopped by us, it is read as well, and stays as it is.
    assert run.signal(child.key, signal.SIGSTOP).result == ""
    wait_until(lambda: named(run, "child").state is State.STOPPED)
    assert run.stacks(child.key).threads[0].frames[0].text == "lock.acquire()"
    assert named(run, "child").state is State.STOPPED


def test_an_ended_process_has_no_stack(run: Run) -> None:
    wait_until(lambda: named(run, "child").main_wait)
    assert "not started" in run.stacks(named(run, "never").key).problem
    child = named(run, "child")
    run.signal(child.key, signal.SIGKILL)
    wait_until(lambda: not named(run, "child").state.alive)
    assert "has ended" in run.stacks(child.key).problem


@pytest.fixture
def fake_py_spy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replace py-spy by a program."""

    def put(body: str) -> None:
        program = tmp_path / "py-spy"
        program.write_text(f"#!{sys.executable}\nimport sys, time\n{body}\n")
        program.chmod(0o700)
        monkeypatch.setattr(stacks, "find_py_spy", lambda: str(program))

    return put


def fails(words: str) -> str:
    return f"sys.exit({words!r})"


def of_us() -> tuple[tuple[stacks.ThreadStack, ...], str]:
    born = start_time(os.getpid())
    assert born is not None
    return stacks.read_stacks(os.getpid(), born)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (fails("Permission Denied: Try running again with elevated permissions"), stacks.FORBIDDEN),
        (fails("Error: Failed to suspend\n\nCaused by:\n 0: Operation not permitted (os error 1)"), stacks.FORBIDDEN),
        (fails("Error: Failed to find python version from target process"), "no Python that py-spy knows"),
        (fails("Error: Odd\n\nCaused by:\n  0: \x1b[31mred\n\nStack backtrace:\n  0: x"), "Error: Odd · \x1b[31mred"),
        ("print('[1')", "not understood"),
        ("print('[{\"frames\": 3}]')", "not understood"),
        ("time.sleep(60)", "no answer within"),
    ],
)  # fmt: skip
def test_a_failure_is_one_line(
    fake_py_spy: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    if "sleep" in body:
        monkeypatch.setattr(stacks, "TIMEOUT_SECONDS", 0.3)
    fake_py_spy(body)
    threads, problem = of_us()
    assert threads == ()
    assert words in problem
    assert "\n" not in problem
    assert len(problem) <= 400


def test_a_missing_py_spy_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert of_us() == ((), stacks.INSTALL)
    (tmp_path / "py-spy").write_text("")
    assert stacks.find_py_spy() == str(tmp_path / "py-spy")


def test_the_stack_of_a_reused_pid_is_not_read(fake_py_spy: Callable[[str], None], tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    fake_py_spy(f"open({str(asked)!r}, 'w').close(); print('[]')")
    born = start_time(os.getpid())
    assert born is not None
    assert "has ended" in stacks.read_stacks(os.getpid(), born - 1)[1]
    assert not asked.exists()
    assert stacks.read_stacks(os.getpid(), born) == ((), "")
    assert asked.exists()


def test_a_deep_stack_is_cut(fake_py_spy: Callable[[str], None]) -> None:
    frame = {"name": "f", "filename": "/nowhere.py", "line": 1}
    fake_py_spy(f"import json; print(json.dumps([{{'thread_name': 'MainThread', 'frames': [{frame}] * 5000}}]))")
    threads, problem = of_us()
    assert problem == ""
    assert (len(threads[0].frames), threads[0].deeper) == (stacks.MAX_FRAMES, 5000 - stacks.MAX_FRAMES)
