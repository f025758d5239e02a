"""Makes running processes execute a script, by `sys.remote_exec` of CPython 3.14 and later.

A process executes it between two bytecodes. A process that waits in a call of CPython is interrupted for that; the call
then waits on. Any other call could take the interruption for an error, and is left alone.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..kernel import interrupt
from .reading import ProcessReading
from .system_calls import Blocked

OLDEST = (3, 14)
_COMMAND_SECONDS = 30.0
_RETRIES = re.compile(
    r"/lib(?:64)?/python3\.\d+/"
    r"(?:multiprocessing/|concurrent/futures/|asyncio/|threading\.py$|selectors\.py$|socket\.py$|subprocess\.py$)"
)
"""Modules of the standard library whose waits continue after an interruption."""
_REQUEST = "import sys\nfor pid in sys.argv[2:]: sys.remote_exec(int(pid), sys.argv[1])"


def obstacle(reading: ProcessReading) -> str:
    """Return why a script cannot be executed in a process, in one sentence; empty if it can."""
    if not reading.python or reading.version is None:
        return reading.problem or "It is no Python that can be read."
    if reading.version < OLDEST:
        version = ".".join(map(str, reading.version))
        return f"It is Python {version}, and scripts can be executed in it only from 3.14 on."
    if not interrupt.SUPPORTED:
        return "Only x86-64 Linux is supported."
    try:
        if os.stat(f"/proc/{reading.pid}").st_uid != os.geteuid():  # noqa: PTH116
            return "It belongs to another user."
        for name in ("ns/mnt", "ns/pid", "root"):
            if not os.path.samefile(f"/proc/{reading.pid}/{name}", f"/proc/self/{name}"):  # noqa: PTH121
                return "It runs in a container or a chroot, where our files have other names."
    except OSError as error:
        return f"It cannot be examined: {error.strerror}."
    main = reading.main_thread
    if main is None or main.state.letter in "Tt":
        return "It is stopped."
    call = main.state.call
    waits = main.lasting and call.blocked is not Blocked.RUNS  # one that runs may not have come to it on a busy machine
    if waits and not call.timed and not may_be_interrupted(reading):
        return "Its main thread waits in a call that is not known to continue after an interruption."
    return ""


def may_be_interrupted(reading: ProcessReading) -> bool:
    """Return whether the main thread waits in a call of CPython that continues after an interruption."""
    main = reading.main_thread
    if main is None or main.python is None or not main.lasting:
        return False
    call = main.state.call
    if call.blocked is Blocked.FUTEX and call.address in reading.semaphores:
        return True
    frames = main.python.frames
    return bool(frames) and _RETRIES.search(frames[0].code.path) is not None


def request(readings: Iterable[ProcessReading], script: Path) -> str:
    """Ask processes to execute a script. Return what was wrong, in one line; empty if nothing was."""
    for python, pids in interpreters(readings).items():
        problem = run(python, ["-c", _REQUEST, str(script), *map(str, pids)])
        if problem:
            return problem
    return ""


def interpreters(readings: Iterable[ProcessReading]) -> dict[str, list[int]]:
    """Return the pids of processes by the path of their interpreter."""
    found: dict[str, list[int]] = defaultdict(list)
    for reading in readings:
        with suppress(OSError):
            found[os.readlink(f"/proc/{reading.pid}/exe")].append(reading.pid)  # noqa: PTH115
    return found


def run(python: str, arguments: list[str]) -> str:
    """Run a program of our own with an interpreter. Return what was wrong, in one line; empty if nothing was."""
    command = [python, "-I", "-S", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{python} cannot be run: {error}"
    return (done.stderr.strip().splitlines() or [f"{python} has failed."])[-1] if done.returncode else ""


def interrupt_wait(reading: ProcessReading) -> None:
    """Interrupt the wait of a process's main thread. Raises OSError."""
    interrupt.interrupt(reading.pid)
