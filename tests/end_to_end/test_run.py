"""`rockproc-tui run X` behaves like `python X`, and prints a report in addition."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import zipapp
from pathlib import Path
from typing import Any, cast

import pytest
from rockproc.observer.scenarios import catalog

from tests.end_to_end.conftest import PROGRAMS, SCENARIOS, Open
from tests.end_to_end.terminal import COMMAND, stacks
from tests.observer.conftest import MARK, marked_with
from tests.parameters import fast_first
from tests.scenarios.alone import interpreters

DEADLINE = 50

PROGRAM = """\
    import multiprocessing, os, sys

    def work(queue):
        queue.put(os.getpid())
        queue.close()

    if __name__ == "__main__":
        multiprocessing.set_start_method("fork")  # a spawned child cannot import the main module of a folder
        queue = multiprocessing.Queue()
        child = multiprocessing.Process(target=work, args=(queue,))
        child.start()
        queue.get()
        child.join()
        sys.stdout.buffer.write(b"out \\xff\\x00\\x1b[31m\\n")
        sys.stdout.flush()
        sys.stderr.buffer.write(b"err \\xfe\\n")
        sys.stderr.flush()
        END
"""
ENDS = {
    "exits with 0": ("pass", 0),
    "exits with 3": ("sys.exit(3)", 3),
    "exits with a message": ("sys.exit('no, thanks')", 1),
    "raises": ("{}['nothing']", 1),
    "is killed": ("os.kill(os.getpid(), 9)", 137),
    "is terminated": ("os.kill(os.getpid(), 15)", 143),
    "leaves without a word": ("os._exit(7)", 7),
}

Ran = subprocess.CompletedProcess[bytes]


class Runs:
    """Runs commands in one folder, bare and under `rockproc-tui run`."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.stacks = Path(environment["ROCKPROC_STACKS"])

    def write(self, text: str, name: str = "program.py") -> str:
        (self.folder / name).write_text(textwrap.dedent(text))
        return name

    def command(self, *words: str, **options: Any) -> Ran:
        options.setdefault("stdin", subprocess.DEVNULL)
        if "input" in options:
            del options["stdin"]
        process = subprocess.Popen(
            words,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            stdin=options.pop("stdin", subprocess.PIPE),
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(options.get("input"), timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            where = stacks(marked_with(self.environment[MARK]), self.stacks)
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"{words} still runs after {DEADLINE} s\n{where}")
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def bare(self, *words: str, **options: Any) -> Ran:
        return self.command(sys.executable, *words, **options)

    def observed(self, *words: str, **options: Any) -> Ran:
        return self.command(*COMMAND, "run", *words, **options)

    def report(self, *words: str, **options: Any) -> tuple[dict[str, Any], Ran]:
        ran = self.observed("--json", *words, **options)
        return json.loads(ran.stdout), ran


@pytest.fixture
def runs(tmp_path: Path, environment: dict[str, str], leftovers: object) -> Runs:
    assert leftovers is not None
    folder = tmp_path / "folder"
    folder.mkdir()
    return Runs(folder, environment)


def own(ran: Ran) -> bytes:
    """Return what the program itself has written to stderr. The report comes after it."""
    before, line, _ = ran.stderr.partition("── program".encode())
    assert line, ran.stderr
    return before


@pytest.mark.parametrize("end", fast_first(["exits with 3", *(end for end in ENDS if end != "exits with 3")], 3))
def test_output_and_exit_status_are_those_of_the_program(end: str, runs: Runs) -> None:
    code, status = ENDS[end]
    runs.write(PROGRAM.replace("END", code))
    bare, observed = runs.bare("program.py"), runs.observed("program.py")
    assert observed.stdout == bare.stdout == b"out \xff\x00\x1b[31m\n"
    assert own(observed) == bare.stderr
    assert observed.returncode == status
    assert observed.returncode == (bare.returncode if bare.returncode >= 0 else 128 - bare.returncode)


def test_a_closed_output_pipe_ends_the_program_as_usual(runs: Runs) -> None:
    """The program must end as it does in a pipe to `head -1`."""
    runs.write("for number in range(100_000): print(number)\n")
    results: list[tuple[bytes, bytes, int]] = []
    for words in ([sys.executable], [*COMMAND, "run"]):
        reading, writing = os.pipe()
        head = subprocess.Popen(["head", "-1"], stdin=reading, stdout=subprocess.PIPE)
        os.close(reading)
        ran = runs.command(*words, "program.py", stdout=writing)
        os.close(writing)
        results.append((head.communicate()[0], ran.stderr, ran.returncode))
    (line, error, status), (line_observed, error_observed, status_observed) = results
    assert line == line_observed == b"0\n"
    assert b"BrokenPipeError" in error
    assert error_observed.partition("── program".encode())[0] == error
    assert status_observed == status


def test_stdin_goes_to_the_program(runs: Runs) -> None:
    runs.write("import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line[::-1])\n")
    data = os.urandom(200_000)
    bare, observed = runs.bare("program.py", input=data), runs.observed("program.py", input=data)
    assert observed.stdout == bare.stdout
    assert len(observed.stdout) == len(data)


@pytest.mark.slow
def test_arguments_after_the_file_go_to_the_program(runs: Runs) -> None:
    runs.write("import sys\nprint(sys.argv, sys.path[0], __file__)\n")
    words = ("program.py", "--json", "-m", "--timeout", "x", "--", "--help", "ü")
    assert runs.observed(*words).stdout == runs.bare(*words).stdout
    (runs.folder / "package").mkdir()
    runs.write("import sys\nprint(sys.argv, sys.path[0], __name__, __spec__.name)\n", "package/__main__.py")
    words = ("-m", "package", "--json")
    assert runs.observed(*words).stdout == runs.bare(*words).stdout


ASKS = """\
    import os, shutil, sys, termios
    print([stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)], shutil.get_terminal_size())
    print(os.tcgetpgrp(0) == os.getpgrp(), termios.tcgetattr(0)[3], os.ttyname(1) == os.ttyname(2))
    print(repr(input("name? ")))
    print("END")
"""


def test_the_program_has_the_terminal(runs: Runs, open_terminal: Open) -> None:
    runs.write(ASKS)
    seen: list[list[str]] = []
    for words in ([sys.executable], [*COMMAND, "run"]):
        terminal = open_terminal("program.py", command=tuple(words), folder=runs.folder, columns=90)
        terminal.wait_for("name?")
        terminal.type("Ada\r")
        terminal.wait_for("END")
        assert terminal.wait() == 0
        rows = terminal.rows
        seen.append(rows[: rows.index("END")])
    assert seen[0] == seen[1]
    assert seen[0][0] == "[True, True, True] os.terminal_size(columns=90, lines=24)"


INTERRUPTED = """\
    import multiprocessing, time

    def wait(ready):
        ready.set()
        while True:  # a signal that comes just before Python waits is heeded after the wait
            time.sleep(.01)

    if __name__ == "__main__":
        ready = multiprocessing.Event()
        multiprocessing.Process(target=wait, args=(ready,), name="child").start()
        ready.wait()
        try:
            print("READY", flush=True)
            while True:
                time.sleep(.01)
        except KeyboardInterrupt:
            print("TIDIED")
            raise SystemExit(5)
"""


def asleep(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def test_ctrl_c_goes_to_the_program(runs: Runs, open_terminal: Open) -> None:
    runs.write("import time\nprint('READY', flush=True)\ntime.sleep(600)\n")
    seen: list[list[str]] = []
    for words in ([sys.executable], [*COMMAND, "run"]):
        terminal = open_terminal("program.py", command=tuple(words), folder=runs.folder, columns=90)
        terminal.wait_for("READY")
        terminal.wait_for(lambda: asleep(terminal.program()[0]), what="the sleep")  # noqa: B023
        terminal.press("ctrl+c")
        status = terminal.wait()
        assert status in (130, -signal.SIGINT)  # 130 is what a shell makes of the other
        rows = terminal.rows
        seen.append(rows[: rows.index("KeyboardInterrupt") + 1])
    assert seen[0] == seen[1]
    assert status == 130
    terminal.wait_for("SIGINT")  # in the report


@pytest.mark.slow
def test_a_program_may_handle_ctrl_c(runs: Runs, open_terminal: Open) -> None:
    runs.write(INTERRUPTED)
    terminal = open_terminal("run", "program.py", folder=runs.folder, columns=90, rows=60)
    terminal.wait_for("READY")
    terminal.press("ctrl+c")
    assert terminal.wait() == 5
    terminal.wait_for("TIDIED")
    terminal.wait_for("exit 5")


KEYS = {
    "": {"schema", "scenario", "exit", "duration_s", "processes", "channels", "values", "locks", "managers", "pools",
         "findings", "records"},
    "scenario": {"path", "args", "python", "start_method"},
    "exit": {"code", "signal"},
    "processes": {"name", "pid", "parent", "class", "target", "start_method", "daemon", "created_s", "started_s",
                  "ended_s", "joined_s", "exitcode", "signal", "state", "site"},
    "channels": {"name", "kind", "site", "put", "got", "depth", "bytes", "last"},
    "values": {"name", "kind", "type", "site", "value", "reads", "writes"},
    "locks": {"name", "kind", "site", "acquired", "contended", "holder", "waiters"},
    "findings": {"rule", "severity", "message", "site", "processes", "objects", "at_s"},
    "records": {"written", "sampled", "dropped"},
}  # fmt: skip


ENDS_ITS_GROUP = """\
    import multiprocessing, os, signal, sys, time

    def handle(number, frame):
        print(signal.Signals(number).name, flush=True)

    if __name__ == "__main__":
        workers = [multiprocessing.Process(target=time.sleep, args=(600,)) for _ in range(2)]
        for worker in workers:
            worker.start()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
        for worker in workers:
            worker.join()
        print([worker.exitcode for worker in workers], flush=True)
        signal.signal(signal.SIGUSR1, handle)
        if os.fork() == 0:
            os.kill(0, signal.SIGUSR1)  # and is gone
            os._exit(0)
        os.wait()
        sys.exit(7)
"""


@pytest.mark.skipif(not hasattr(signal, "sigwaitinfo"), reason="the system does not tell who has sent a signal")
@pytest.mark.slow
def test_a_program_may_signal_its_process_group(runs: Runs) -> None:
    """rockproc-tui belongs to the same process group."""
    name = runs.write(ENDS_ITS_GROUP)
    bare, observed = runs.bare(name), runs.observed(name)
    assert bare.returncode == observed.returncode == 7
    assert sorted(bare.stdout.split()) == sorted(observed.stdout.split())
    assert b"exit 7" in observed.stderr


BESIDE_A_STOPPED_PROCESS = """
    import os, signal, subprocess, sys

    code = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    stopped = subprocess.Popen([sys.executable, "-c", code])
    os.waitpid(stopped.pid, os.WUNTRACED)
    signal.signal(signal.SIGHUP, lambda number, frame: print("hung up", flush=True))
    print(subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode, flush=True)
    stopped.kill()
"""


@pytest.mark.skipif(not hasattr(os, "WUNTRACED"), reason="needs stopped processes")
def test_the_end_of_a_program_hangs_up_no_other_process_of_its_group(runs: Runs) -> None:
    """Without job control, the kernel sends SIGHUP to an orphaned process group in which a process is stopped."""
    outer, program = runs.write(BESIDE_A_STOPPED_PROCESS), str(runs.folder / "inner.py")
    Path(program).write_text("print('done', flush=True)\n")
    done = subprocess.run(
        [sys.executable, outer, *COMMAND, "run", program],
        cwd=runs.folder,
        env=runs.environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
        timeout=DEADLINE,
        check=True,
    )
    assert done.stdout.split() == [b"done", b"0"]


@pytest.mark.slow
def test_a_second_signal_adds_nothing(runs: Runs, open_terminal: Open) -> None:
    name = runs.write("import time\nprint('here', flush=True)\ntime.sleep(600)")
    terminal = open_terminal("run", str(runs.folder / name))
    terminal.wait_for("here")
    for _ in range(20):
        terminal.kill(signal.SIGTERM)
        time.sleep(0.001)
    assert terminal.wait() == 128 + signal.SIGTERM
    terminal.wait_for("ended by SIGTERM")
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("kind", fast_first(["folder", "archive"]))
def test_folders_archives_and_modules_are_run(runs: Runs, kind: str) -> None:
    (folder := runs.folder / "app").mkdir()
    runs.write(PROGRAM.replace("END", "sys.exit(3)"), "app/__main__.py")
    name = "app"
    if kind == "archive":
        zipapp.create_archive(folder, runs.folder / (name := "app.pyz"))
    bare, (report, observed) = runs.bare(name), runs.report(name)
    assert bare.returncode == observed.returncode == 3
    assert b"out \xff" in observed.stderr
    assert [process["name"] for process in report["processes"]] == ["main", "Process-1"]
    scenario = catalog.load(folder.with_name(name))
    assert scenario.source == (folder / "__main__.py").read_text()
    assert scenario.code == folder.with_name(name) / "__main__.py"


@pytest.mark.slow
def test_timeout_ends_it_and_the_report_has_every_key(runs: Runs) -> None:
    report, ran = runs.report(
        "--timeout", "4", "--report", "kept.json", "--start-method", "fork", str(PROGRAMS / "everything.py"), "x", "y"
    )
    assert ran.returncode == 124
    child_pid = next(process["pid"] for process in report["processes"] if process["name"] == "child")
    killed = f"rockproc-tui: killed what was left: child ({child_pid})\n"  # SIGTERM ends main without its daemons
    assert ran.stderr == b"on stdout\non stderr\n" + killed.encode()
    assert report == json.loads((runs.folder / "kept.json").read_text())
    for name, keys in KEYS.items():
        parts = report if not name else report[name]
        for part in cast("list[dict[str, Any]]", parts if isinstance(parts, list) else [parts]):
            assert keys <= set(part), name
        assert parts, f"nothing to compare: {name}"
    assert report["schema"] == 1
    assert report["scenario"] == {
        "path": str(PROGRAMS / "everything.py"),
        "args": ["x", "y"],
        "python": sys.executable,
        "start_method": "fork",
        "follow": False,
    }
    assert report["exit"] == {"code": None, "signal": None}
    processes = {process["name"]: process for process in report["processes"]}
    main, child, handle = processes["main"], processes["child"], processes["handle"]
    assert (child["parent"], child["class"], child["target"], child["daemon"]) == (main["pid"], "Process", "work", True)
    assert (child["state"], child["exitcode"], child["signal"]) == ("waiting", None, None)
    assert child["site"].startswith("everything.py:")
    assert 0 < child["created_s"] < child["started_s"] < report["duration_s"]
    assert (child["ended_s"], child["joined_s"]) == (None, None)
    assert (handle["pid"], handle["state"], handle["started_s"]) == (None, "created", None)
    (tasks,) = (channel for channel in report["channels"] if channel["name"] == "tasks")
    assert (tasks["kind"], tasks["put"], tasks["got"], tasks["depth"]) == ("Queue", 3, 1, 2)
    assert tasks["last"] == ["'one'", "'two'", "'three'"]
    assert tasks["bytes"] > 0
    (number,) = (value for value in report["values"] if value["name"] == "number")
    assert (number["kind"], number["value"], number["writes"]) == ("Value", 42, 1)
    (lock,) = (lock for lock in report["locks"] if lock["name"] == "lock")
    assert (lock["kind"], lock["holder"], lock["waiters"]) == ("Lock", "main", ["child"])


def test_python_and_start_method(runs: Runs) -> None:
    older = next((path for version, path in interpreters().items() if path and version < "3.11"), None)
    if older is None:
        pytest.skip("there is no older Python here")
    runs.write(
        "import multiprocessing, sys\n"
        "if __name__ == '__main__': print(sys.version_info[:2], multiprocessing.get_start_method(), sys.executable)\n"
    )
    words = ("--python", str(older), "--start-method", "forkserver", "program.py")
    version = runs.command(str(older), "-c", "import sys; print(sys.version_info[:2], 'forkserver', sys.executable)")
    assert runs.observed(*words).stdout == version.stdout


def wrong(name: str, runs: Runs) -> list[str]:
    runs.write("def f(:\n", "broken.py")
    return {
        "missing": ["nowhere.py"],
        "folder": ["."],
        "syntax": ["broken.py"],
        "option": ["--frobnicate", "broken.py"],
        "no file": [],
        "timeout": ["--timeout", "soon", "broken.py"],
        "interpreter": ["--python", "no-such-python", "broken.py"],
        "module": ["-m", "no_such_module_at_all"],
    }[name]


@pytest.mark.parametrize("name", ["missing", "folder", "syntax", "option", "no file", "timeout", "interpreter"])
def test_wrong_usage_is_one_line(name: str, runs: Runs) -> None:
    ran = runs.observed(*wrong(name, runs))
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert ran.stderr.startswith(b"rockproc-tui: ")
    assert ran.stderr.count(b"\n") == 1


@pytest.mark.slow
def test_a_missing_module_gives_the_error_of_python(runs: Runs) -> None:
    words = wrong("module", runs)
    bare, observed = runs.bare(*words), runs.observed(*words)
    assert observed.stderr.startswith(bare.stderr)
    assert observed.returncode == bare.returncode == 1


@pytest.mark.parametrize("missing", ["stdin", "stdout", "stderr"])
def test_a_screen_needs_a_terminal(missing: str, runs: Runs) -> None:
    """Textual draws on stderr."""
    master, slave = os.openpty()
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), slave)
    streams[missing] = subprocess.DEVNULL if missing == "stdin" else subprocess.PIPE
    process = subprocess.Popen(COMMAND, cwd=runs.folder, env=runs.environment, start_new_session=True, **streams)
    os.close(slave)
    try:
        _, error = process.communicate(timeout=DEADLINE)
        if missing != "stderr":
            error = os.read(master, 65536)
    except subprocess.TimeoutExpired:
        pytest.fail(f"still running after {DEADLINE} s\n{stacks([process.pid], runs.stacks)}")
    finally:
        process.kill()
        os.close(master)
    assert process.returncode == 2
    assert isinstance(error, bytes)
    assert error.startswith(b"rockproc-tui: ")
    assert b"rockproc-tui run" in error
    assert error.count(b"\n") == 1


@pytest.mark.early
def test_check_exits_with_1_for_a_deadlock_and_0_without_an_error(runs: Runs) -> None:
    runs.write(PROGRAM.replace("END", "pass"), "fine.py")
    fine = runs.command(*COMMAND, "check", "fine.py")
    assert fine.returncode == 0, fine.stderr
    stuck = runs.command(*COMMAND, "check", "--timeout", "8", str(SCENARIOS / "two_locks.py"), "fine.py")
    assert stuck.returncode == 1
    assert b"deadlock" in stuck.stderr
    assert b"fine.py: clean: 2 of 2 processes observed" in stuck.stderr


def test_a_program_that_cannot_be_observed_is_not_called_clean(runs: Runs) -> None:
    """The Python of this test leaves out the probe, as versions before 3.8 do."""
    runs.write("import multiprocessing\nprint('ran')\n", "fine.py")
    runs.write(f'#!/bin/sh\nexec "{sys.executable}" -I "$@"\n', "alone")
    (runs.folder / "alone").chmod(0o755)
    checked = runs.command(*COMMAND, "check", "--python", "./alone", "fine.py")
    assert (checked.returncode, checked.stdout) == (4, b"ran\n")
    assert b"fine.py: error: not-observed: No process of this program is observed" in checked.stderr
    assert re.search(rb"fine\.py: cannot tell: (not observed|inspected from outside): main \(", checked.stderr)
