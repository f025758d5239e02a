"""The stacks of the processes that a test has started, for tests that hang."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

PROCESSES_AT_MOST = 30
SECONDS_PER_PROCESS = 10
PY_SPY = Path(sys.executable).with_name("py-spy")


def descendants_stacks() -> str:
    """Return what every living descendant of this process is, and where its threads are."""
    found = psutil.Process().children(recursive=True)
    texts = [_stack(process) for process in found[:PROCESSES_AT_MOST]]
    if len(found) > PROCESSES_AT_MOST:
        texts.append(f"{len(found) - PROCESSES_AT_MOST} more processes")
    return "\n\n".join(texts)


def _stack(process: psutil.Process) -> str:
    try:
        with process.oneshot():
            command = " ".join(process.cmdline())[:300]
            head = f"{process.pid} (child of {process.ppid()}) {process.status()} {command}"
    except psutil.Error as error:
        return str(error)
    try:
        dump = subprocess.run(
            [str(PY_SPY), "dump", "--nonblocking", "--pid", str(process.pid)],
            capture_output=True,
            text=True,
            timeout=SECONDS_PER_PROCESS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{head}\n  no stack: {error}"
    return f"{head}\n{dump.stdout or dump.stderr}"
