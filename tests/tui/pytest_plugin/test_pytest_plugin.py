"""With `pytest --rockproc`, hangs fail with their findings, leftovers are reported, and correct tests pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.parameters import fast_first

Session = Callable[..., subprocess.CompletedProcess[str]]
BUSY_SECONDS = 150
"""The longest time that a session may take, also on a busy machine."""
UNUSED = ("-p", "no:cacheprovider", "-p", "no:textual-snapshot", "-p", "no:syrupy")
"""Options that leave out plugins. Half of the start of pytest is to import Textual for one of them."""
BEGIN = """\
import multiprocessing as mp
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Lock, Process, Queue
from multiprocessing.shared_memory import SharedMemory

import pytest

"""
CORRECT = (
    BEGIN
    + """
def put(queue, number):
    queue.put(number * number)

@pytest.fixture(scope="module")
def executor():
    with ProcessPoolExecutor(2) as executor:
        yield executor

@pytest.fixture
def helper():
    stop = mp.Event()
    process = Process(target=stop.wait)
    process.start()
    yield stop
    stop.set()
    process.join()

def test_a_queue(helper):
    queue = Queue()
    process = Process(target=put, args=(queue, 3))
    process.start()
    assert queue.get() == 9
    process.join()

def test_workers_of_a_fixture(executor):
    assert list(executor.map(abs, [-1, 2])) == [1, 2]

def test_ends_a_little_later():
    Process(target=time.sleep, args=(0.3,)).start()

def test_lock_of_its_own_is_not_released():
    assert Lock().acquire()

def test_memory():
    memory = SharedMemory(create=True, size=10)
    memory.close()
    memory.unlink()
"""
)
FAILS = "\ndef test_fails():\n    print('printed')\n    assert 1 == 2\n"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Run pytest on a file of this text, in a folder of its own."""

    def session(text: str, *options: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "test_it.py").write_text(text)
        installed = any(entry.name == "rockproc" for entry in entry_points(group="pytest11"))
        load = [] if installed else ["-p", "rockproc.tui.pytest_plugin.hooks"]
        command = [sys.executable, "-m", "pytest", *UNUSED, "-v", *load, *options, "test_it.py"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=BUSY_SECONDS, check=False
        )

    return session


def without_times_and_pids(text: str) -> str:
    return re.sub(r"=+ (.*) in [\d.]+s.*=+", r"\1", re.sub(r"pid=\d+", "pid", text))


@pytest.mark.early
@pytest.mark.parametrize(
    ("text", "status"),
    [pytest.param(CORRECT, 0, id="pass", marks=pytest.mark.slow), pytest.param(CORRECT + FAILS, 1, id="one fails")],
)
def test_correct_tests_give_the_same_result(text: str, status: int, session: Session) -> None:
    bare, observed = session(text), session(text, "--rockproc")
    assert (bare.returncode, observed.returncode) == (status, status), observed.stdout + observed.stderr
    assert without_times_and_pids(observed.stdout) == without_times_and_pids(bare.stdout)
    assert observed.stderr == bare.stderr


HANGS = (
    BEGIN
    + """
def grab(first, second, met):
    with first:
        met.wait()
        with second:
            pass

def leave(lock):
    lock.acquire()

def test_deadlock():
    a, b, met = Lock(), Lock(), mp.Barrier(2)
    for locks in (a, b), (b, a):
        Process(target=grab, args=(*locks, met)).start()
    for process in mp.active_children():
        process.join()

def test_end_of_a_with_block():
    with ProcessPoolExecutor(1, initializer=Queue().get) as executor:
        executor.submit(abs, -1).result()

def test_runs_after_them():
    pass
"""
)


@pytest.mark.early
def test_a_test_that_hangs_fails_with_the_findings_and_the_session_goes_on(session: Session) -> None:
    done = session(HANGS, "--rockproc")
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert "test_it.py::test_deadlock FAILED" in done.stdout, output
    assert re.search(r"The test can never end; rockproc interrupted it after [\d.]+ s\.", done.stdout), output
    assert re.search(
        r"error: deadlock: Process-\d waits to acquire [ab] \(test_it.py:15\), which Process-\d holds", output
    )
    assert "  Take the locks in the same order everywhere." in output
    assert "test_it.py::test_end_of_a_with_block FAILED" in done.stdout, output
    assert "test_it.py::test_runs_after_them PASSED" in done.stdout, output
    assert "2 failed, 1 passed" in done.stdout
    assert "KeyboardInterrupt" not in done.stdout


LEAVES = (
    BEGIN
    + """
lock = Lock()

def test_process():
    Process(target=time.sleep, args=(600,), name="sleeper").start()

def test_lock():
    lock.acquire()

def test_memory():
    memory = SharedMemory(create=True, size=10)
    memory.close()
    print("segment", memory.name)

def test_no_files_are_left_behind():
    pass
"""
)


@pytest.mark.slow
def test_leftovers_of_a_test_are_errors_of_its_teardown(session: Session) -> None:
    done = session(LEAVES, "--rockproc", "-s")
    segment = re.search(r"segment (\w+)", done.stdout)
    assert segment is not None
    Path("/dev/shm", segment[1]).unlink(missing_ok=True)
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert re.search(r"the process sleeper \(\d+\) still runs, created at test_it.py:15", output), output
    assert "lock, which was there before the test, is still held, acquired at test_it.py:18" in output, output
    assert f"the shared memory {segment[1]} is not unlinked, created at test_it.py:21" in output, output
    assert "4 passed, 3 errors" in output, output


@pytest.mark.slow
def test_a_session_that_cannot_be_interrupted_is_ended_with_a_message(session: Session) -> None:
    text = """
def test_ignores_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock = Lock()
    lock.acquire()
    lock.acquire()
"""
    done = session(BEGIN + text, "--rockproc")
    assert done.returncode == 1
    assert "test_it.py::test_ignores_interrupts hangs and could not be interrupted, so that the session" in done.stderr
    assert "error: deadlock: main waits for lock (test_it.py:16), which it holds itself" in done.stderr


@pytest.mark.slow
def test_a_suspected_hang_is_interrupted_after_the_time_limit(session: Session) -> None:
    text = """
import threading

def test_seems_to_hang():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    Queue().get()
"""
    done = session(BEGIN + text, "--rockproc", "--rockproc-timeout", "7")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "The test seems to hang; rockproc interrupted it after" in done.stdout
    assert "error: starved-get, suspected: main waits in " in done.stdout


@pytest.mark.slow
def test_strict_and_warnings_are_reported(session: Session) -> None:
    text = """
def one(gate):
    gate.wait()
    return 1

def work(counter, gate):
    counter.value += one(gate)

def test_counts():
    counter, gate = mp.Value("i", 0), mp.Barrier(2)
    processes = [Process(target=work, args=(counter, gate)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
"""
    done = session(BEGIN + text, "--rockproc")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rockproc-tui: test_it.py::test_counts: warning: lost-update: 1 update of counter was lost" in done.stderr
    done = session(BEGIN + text, "--rockproc", "--rockproc-strict")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error: lost-update: 1 update of counter was lost" in done.stdout


@pytest.mark.parametrize(
    ("options", "output"),
    fast_first([(["-n", "2"], "Add -n 0."), (["--rockproc-timeout", "0"], "needs a number of seconds above 0")]),
)
def test_wrong_usage_is_one_line(options: list[str], output: str, session: Session) -> None:
    done = session("", "--rockproc", *options)
    assert done.returncode == 4
    assert output in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_without_the_option_the_plugin_imports_nothing(session: Session) -> None:
    text = """
import sys

def test_modules():
    ours = {name for name in sys.modules if name.startswith("rockproc.") and "pytest_plugin" not in name}
    assert ours <= {"rockproc.tui"}
    assert "rockproc.tui.pytest_plugin.session" not in sys.modules
    assert "multiprocessing" not in sys.modules
"""
    done = session(text)
    assert done.returncode == 0, done.stdout
