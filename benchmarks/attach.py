"""Prints what tools say about three programs that hang, and how long they take, as a Markdown table.

python -m benchmarks.attach --python PYTHON3.15 [--pystack PYSTACK] [--py-spy PYSPY]
python -m benchmarks.attach --processes 3 20 200     how long our own verdict takes for so many processes
python -m benchmarks.attach --lab 3 20 200           how much CPU the Lab's readings of so many processes take

The programs are started bare and left alone until they hang. A tool that takes one process is run once for each process
of the program, as a person would have to. "names" says which facts its output contains: the line at which a process
waits, the name of the object that it waits for, the process that could end the wait, and a verdict.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rockproc.observer.kernel.procfs import descendants, living
from rockproc.observer.run.attached import AttachedRun

SETTLE_SECONDS = 3.0
SETTLE_SECONDS_PER_PROCESS = 0.05
TIME_LIMIT_SECONDS = 20.0


@dataclass(frozen=True)
class Program:
    """A program that hangs, and what a tool must say of it."""

    title: str
    source: str
    line: str
    """The text that a tool must print to name the line at which the program hangs."""
    name: str
    """The name of the object that is waited for."""
    provider: str
    """A text that names the process that could end the wait."""


PROGRAMS = (
    Program(
        "two locks, two orders",
        """\
import multiprocessing as mp, time

def worker(first, second):
    with first:
        time.sleep(0.5)
        with second:
            pass

if __name__ == "__main__":
    mp.set_start_method("fork")
    left, right = mp.Lock(), mp.Lock()
    a = mp.Process(target=worker, args=(left, right))
    b = mp.Process(target=worker, args=(right, left))
    a.start(); b.start(); a.join(); b.join()
""",
        "6",
        "right",
        "which Process-2 holds",
    ),
    Program(
        "join before get",
        """\
import multiprocessing as mp

def worker(results):
    results.put("x" * 200_000)

if __name__ == "__main__":
    mp.set_start_method("fork")
    results = mp.Queue()
    child = mp.Process(target=worker, args=(results,))
    child.start()
    child.join()
""",
        "11",
        "results",
        "no process reads from it",
    ),
    Program(
        "one None too few",
        """\
import multiprocessing as mp

def worker(tasks):
    while tasks.get() is not None:
        pass

if __name__ == "__main__":
    mp.set_start_method("fork")
    tasks = mp.Queue()
    children = [mp.Process(target=worker, args=(tasks,)) for _ in range(3)]
    for child in children:
        child.start()
    tasks.put(None); tasks.put(None)
    for child in children:
        child.join()
""",
        "4",
        "tasks",
        "no process can put anything there",
    ),
)


MANY = """\
import multiprocessing as mp, sys

def worker(guard, tasks):
    with guard:
        tasks.get()

if __name__ == "__main__":
    mp.set_start_method("fork")
    guard, tasks = mp.Lock(), mp.Queue()
    children = [mp.Process(target=worker, args=(guard, tasks)) for _ in range(int(sys.argv[1]))]
    for child in children:
        child.start()
    for child in children:
        child.join()
"""
"""A program that hangs: one process waits for an item that nobody puts, and holds the lock that the others need."""


WORKING = """\
import multiprocessing as mp, sys, time

def worker(tasks, results):
    for task in iter(tasks.get, None):
        time.sleep(0.05)
        results.put(task)

if __name__ == "__main__":
    mp.set_start_method("fork")
    tasks, results = mp.Queue(), mp.Queue()
    children = [mp.Process(target=worker, args=(tasks, results)) for _ in range(int(sys.argv[1]))]
    for child in children:
        child.start()
        tasks.put(0)
    while True:
        tasks.put(results.get())
"""
"""A program of which every process runs several times a second, so that no reading can be kept."""


@dataclass(frozen=True)
class Tool:
    """A tool that looks into a running program, and its command."""

    title: str
    command: tuple[str, ...]
    """The words of the command; `PID` stands for the process."""
    once_per_process: bool = True
    """True if the command takes one process, and so is run once for each."""
    text: str = ""
    """The text that is typed into it."""


def tools(options: argparse.Namespace) -> list[Tool]:
    """Return the tools that are installed."""
    found = [
        Tool("rockproc-tui attach", (sys.executable, "-m", "rockproc.tui", "attach", "PID"), once_per_process=False),
        Tool("pdb -p", (options.python, "-m", "pdb", "-p", "PID"), text="where\nquit\n"),
        Tool("profiling.sampling dump", (options.python, "-m", "profiling.sampling", "dump", "PID")),
    ]
    for title, path, words in (
        ("py-spy dump --locals", options.py_spy, ("dump", "--locals", "--pid", "PID")),
        ("pystack remote --locals", options.pystack, ("remote", "--locals", "PID")),
    ):
        if path:
            found.append(Tool(title, (path, *words)))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="runs the programs")
    parser.add_argument("--pystack", default=shutil.which("pystack"))
    parser.add_argument("--py-spy", default=shutil.which("py-spy"))
    parser.add_argument("--processes", type=int, nargs="+", help="measures our own verdict for so many processes")
    parser.add_argument("--lab", type=int, nargs="+", help="measures the Lab's readings of so many processes")
    parser.add_argument("--seconds", type=float, default=60.0, help="the time for which the Lab reads them")
    options = parser.parse_args(arguments)
    if options.lab:
        measure_lab(options.python, options.lab, options.seconds)
        return
    if options.processes:
        measure(options.python, options.processes)
        return
    print("| program | tool | commands | seconds | line | object | who could end it | verdict |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for program in PROGRAMS:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "program.py"
            script.write_text(program.source)
            process = subprocess.Popen([options.python, str(script)], start_new_session=True)
            try:
                time.sleep(SETTLE_SECONDS)
                for tool in tools(options):
                    print(_row(program, tool, process.pid), flush=True)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def measure(python: str, counts: Sequence[int]) -> None:
    """Print the time from the command to its answer, for programs that hang with so many processes."""
    print("| processes | seconds | seconds of CPU |")
    print("| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "program.py"
        script.write_text(MANY)
        for count in counts:
            process = subprocess.Popen([python, str(script), str(count - 1)], start_new_session=True)
            try:
                time.sleep(SETTLE_SECONDS + SETTLE_SECONDS_PER_PROCESS * count)
                before, began = _cpu_seconds(), time.monotonic()
                command = [sys.executable, "-m", "rockproc.tui", "attach", str(process.pid)]
                subprocess.run(command, capture_output=True, check=False)
                seconds, used = time.monotonic() - began, _cpu_seconds() - before
                print(f"| {count} | {seconds:.1f} | {used:.1f} |", flush=True)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def measure_lab(python: str, counts: Sequence[int], seconds: float) -> None:
    """Print the share of a core that reading a program takes while the Lab is open, without drawing it.

    What the first reading takes, which every attachment needs, is a column of its own.
    """
    print("| program | processes | first reading, seconds of CPU | afterwards, % of a core |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for title, source in (("hangs", MANY), ("works", WORKING)):
            script = Path(folder) / "program.py"
            script.write_text(source)
            for count in counts:
                process = subprocess.Popen([python, str(script), str(count - 1)], start_new_session=True)
                try:
                    time.sleep(SETTLE_SECONDS + SETTLE_SECONDS_PER_PROCESS * count)
                    first, share = _lab_cost(process.pid, seconds)
                    print(f"| {title} | {count} | {first:.2f} | {share:.1f} |", flush=True)
                finally:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def _lab_cost(pid: int, seconds: float) -> tuple[float, float]:
    """Return the CPU seconds of the first reading, and then the percentage of a core."""
    run = AttachedRun(pid)
    before = time.process_time()
    run.start()
    try:
        used, began = time.process_time(), time.monotonic()
        time.sleep(seconds)
        return used - before, (time.process_time() - used) / (time.monotonic() - began) * 100
    finally:
        run.stop()


def _cpu_seconds() -> float:
    """Return the CPU seconds of all children that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(program: Program, tool: Tool, pid: int) -> str:
    pids = [pid]
    if tool.once_per_process:
        pids += [child for child, _ in descendants(pid, living())]
    began = time.monotonic()
    output = "".join(_output(tool, pid) for pid in pids)
    seconds = time.monotonic() - began
    facts = (
        f"program.py:{program.line}" in output or f'program.py", line {program.line}' in output
        or f"program.py({program.line})" in output,
        f" {program.name}" in output or f"{program.name}:" in output,
        program.provider in output,
        "error:" in output and "rockproc" in " ".join(tool.command),
    )  # fmt: skip
    answers = " | ".join("yes" if fact else "—" for fact in facts)
    failed = " (no answer)" if not output.strip() else ""
    return f"| {program.title} | {tool.title}{failed} | {len(pids)} | {seconds:.1f} | {answers} |"


def _output(tool: Tool, pid: int) -> str:
    command = [str(pid) if word == "PID" else word for word in tool.command]
    try:
        done = subprocess.run(
            command, input=tool.text, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as expired:
        return expired.stdout.decode("utf-8", "replace") if isinstance(expired.stdout, bytes) else ""
    except OSError:
        return ""
    return done.stdout


if __name__ == "__main__":
    main()
