"""The exit status of `check` must tell what is wrong, and never be `clean` for an unobserved program."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.parameters import fast_first
from tests.scenarios.alone import interpreters
from tests.tui.cli.conftest import Cli

Write = Callable[[str, str], Path]

GOOD = """\
import sys
from multiprocessing import Process, Queue

def work(queue):
    queue.put({"n": 1})

if __name__ == "__main__":
    queue = Queue()
    child = Process(target=work, args=(queue,), name="child")
    child.start()
    queue.get()
    child.join()
    sys.exit(int(sys.argv[1]) if sys.argv[1:] else 0)
"""
STUCK = """\
from multiprocessing import Lock
lock = Lock()
lock.acquire()
lock.acquire()
"""
UNLOADED = """\
import multiprocessing, os, sys
from multiprocessing import popen_spawn_posix, util

def work(queue):
    queue.put(1)

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    start = util.spawnv_passfds

    def leave_out_the_environment(path, args, fds):
        args = args[args.index("-c") :] if "-c" in args else args[1:]
        return start(sys.executable.encode(), [sys.executable, "-E", *args], fds)

    util.spawnv_passfds = leave_out_the_environment
    queue = multiprocessing.Queue()
    child = multiprocessing.Process(target=work, args=(queue,), name="child")
    child.start()
    queue.get()
    child.join()
"""


def test_a_clean_answer_states_its_basis(cli: Cli, write: Write) -> None:
    done = cli("check", write("good.py", GOOD))
    assert done.returncode == 0
    # With the start method forkserver, its server is the third process.
    assert re.search(r"good\.py: clean: ([23]) of \1 processes observed, ", done.stderr), done.stderr
    assert done.stderr.endswith(" operations, exit 0\n")


@pytest.mark.early
def test_a_finding_gives_status_1_and_its_advice(cli: Cli, write: Write) -> None:
    good, stuck = write("good.py", GOOD), write("stuck.py", STUCK)
    done = cli("check", "--stacks", good, stuck)
    assert done.returncode == 1
    assert "stacks of main (" in done.stderr
    assert f"{good}: clean: " in done.stderr
    assert f"{stuck}: error: deadlock: " in done.stderr
    assert "\n  Use an RLock, or do not acquire it twice.\n" in done.stderr
    assert f"{stuck}: 1 finding: 1 of 1 processes observed, " in done.stderr
    assert "stopped because it could not go on" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "why"),
    fast_first(
        [
            ("status", "raise SystemExit(5)", "exit status 5"),
            ("killed", "import os; os.kill(os.getpid(), 9)", "ended by SIGKILL"),
            ("syntax", "def (:\n", "exit status 1"),
        ]
    ),
)
def test_a_failing_program_gives_status_3(name: str, text: str, why: str, cli: Cli, write: Write) -> None:
    done = cli("check", write(f"{name}.py", text))
    assert done.returncode == 3, done.stderr
    assert f"{name}.py: failed: the program " in done.stderr
    assert why in done.stderr


@pytest.mark.early
def test_the_time_limit_without_a_finding_gives_status_4_and_all_waits(cli: Cli, write: Write) -> None:
    path = write(
        "waits.py",
        "import multiprocessing as mp, threading\n"
        "queue = mp.Queue()\n"
        "threading.Thread(target=mp.Event().wait, daemon=True).start()\n"
        "queue.get(timeout=600)\n",
    )
    done = cli("check", "--timeout", "6", path)
    assert done.returncode == 4
    assert "cannot tell: the time limit was reached without a finding: " in done.stderr
    (line,) = (line for line in done.stderr.splitlines() if "at the time limit: main (" in line)
    assert "waits in get() of queue (waits.py:4)" in line
    assert "waits in wait() of Event-1" in line


@pytest.mark.slow
def test_a_process_that_had_failed_is_named_at_the_time_limit(cli: Cli, write: Write) -> None:
    path = write(
        "accepts.py",
        "import multiprocessing as mp, os, sys\n"
        "from multiprocessing.connection import Listener\n"
        "if __name__ == '__main__':\n"
        "    mp.Process(target=sys.exit, args=(3,)).start()\n"
        "    Listener(f'\\0{os.getpid()}').accept()\n",
    )
    done = cli("check", "--timeout", "6", path)
    assert done.returncode == 4, done.stderr
    assert re.search(r"at the time limit: Process-1 \(\d+\): had ended, exit 3\n", done.stderr)


def test_a_child_that_is_not_observed_is_never_clean(cli: Cli, write: Write) -> None:
    path = write("unloaded.py", UNLOADED)
    done = cli("check", path)
    assert done.returncode == 4, done.stderr
    # It may end before it can be inspected.
    assert re.search(r"unloaded\.py: cannot tell: (not observed|inspected from outside): child \(", done.stderr)
    accepted = cli("check", "--allow-unobserved", path)
    assert accepted.returncode == 0
    assert "clean: 1 of 2 processes observed" in accepted.stderr


@pytest.mark.slow
def test_an_unrelated_program_is_only_counted(cli: Cli, write: Write) -> None:
    path = write("calls.py", "import subprocess, time\nsubprocess.run(['sleep', '1.5'])\n")
    done = cli("check", path)
    assert done.returncode == 0, done.stderr
    assert "clean: 1 of 2 processes observed" in done.stderr


@pytest.mark.slow
def test_dash_m_takes_the_options_of_the_module(cli: Cli, write: Write) -> None:
    write("module.py", "import sys\nsys.exit(0 if sys.argv[1:] == ['--timeout', '--its-option', '--', 'x'] else 9)\n")
    assert cli("check", "-m", "module", "--timeout", "--its-option", "--", "x").returncode == 0
    assert cli("check", "-m", "module", "--", "--timeout", "--its-option", "--", "x").returncode == 0
    assert cli("check", "--timeout", "60", "-m", "module").returncode == 3


@pytest.mark.parametrize("version", fast_first(["3.15", "3.14", "3.8"]))
def test_the_answer_is_correct_on_other_pythons(version: str, cli: Cli, write: Write) -> None:
    """The answer is clean if everything is observed; otherwise it is that the answer is not known."""
    python = interpreters().get(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    done = cli("check", "--python", python, write("good.py", GOOD))
    observed, total = done.stderr.rpartition(" processes observed")[0].split()[-3::2]
    assert done.returncode == (0 if observed == total else 4), done.stderr


@pytest.mark.slow
def test_a_warning_fails_with_fail_on_warning(cli: Cli, write: Write) -> None:
    path = write(
        "leaves.py",
        "from multiprocessing.shared_memory import SharedMemory\nSharedMemory(create=True, size=10).close()\n",
    )
    done = cli("check", path)
    assert done.returncode == 0, done.stderr
    assert "leaves.py: warning: not-unlinked: " in done.stderr
    assert cli("check", "--fail-on", "warning", path).returncode == 1


LOSES_AN_UPDATE = """\
import multiprocessing as mp

def one(gate):
    gate.wait()
    return 1

def work(counter, gate):
    {update}

if __name__ == "__main__":
    counter, gate = mp.Value("i", 0), mp.Barrier(2)
    processes = [mp.Process(target=work, args=(counter, gate)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
"""


def test_strict_reports_a_proved_lost_update_as_an_error(cli: Cli, write: Write) -> None:
    proved = write("proved.py", LOSES_AN_UPDATE.format(update="counter.value += one(gate)"))
    done = cli("check", proved)
    assert done.returncode == 0, done.stderr
    assert "proved.py: warning: lost-update: " in done.stderr
    done = cli("check", "--strict", proved)
    assert done.returncode == 1, done.stderr
    assert "proved.py: error: lost-update: " in done.stderr
    assert "proved.py:8" in done.stderr


@pytest.mark.slow
def test_strict_reports_a_suspected_lost_update_as_a_warning(cli: Cli, write: Write) -> None:
    suspected = write(
        "suspected.py", LOSES_AN_UPDATE.format(update="old = counter.value\n    counter.value = old + one(gate)")
    )
    done = cli("check", "--strict", suspected)
    assert done.returncode == 0, done.stderr
    assert "suspected.py: warning: lost-update, suspected: " in done.stderr
