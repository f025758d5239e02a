"""The Python stack of every thread of a process, read from outside by py-spy: also of one that is stuck.

py-spy is a program of its own (`pip install 'rockproc-tui[stacks]'`); nothing of it is imported.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import msgspec
from rockproc import probe

from ..model import Site
from ..model.keys import ProcessKey
from ..source.source_line import source_line
from .identity import start_time

INSTALL = "py-spy is not installed. Install it: pip install 'rockproc-tui[stacks]', or put a py-spy on the PATH."
FORBIDDEN = (
    "The system forbids to look into it. On Linux: sudo sysctl kernel.yama.ptrace_scope=0; "
    "in a container: docker run --cap-add SYS_PTRACE; elsewhere run rockproc-tui as root."
)
TIMEOUT_SECONDS = 5.0
"""The longest time that py-spy may take."""
MAX_FRAMES = 300
"""The number of innermost frames that are kept for each thread."""
_OURS = str(Path(probe.__file__).parent), "<frozen _rockproc_probe"
"""The beginnings of the file names of our own frames; the probe has no file inside the program."""


class Frame(msgspec.Struct, frozen=True):
    function: str
    site: Site
    text: str = ""
    """The line of source."""


class ThreadStack(msgspec.Struct, frozen=True):
    name: str
    ident: int
    active: bool
    """True if the thread is runnable, and not blocked."""
    gil: bool
    """True if the thread holds the global interpreter lock."""
    frames: tuple[Frame, ...]
    """The frames, the innermost first."""
    deeper: int = 0
    """The number of outermost frames that were left out."""


class ThreadStacks(msgspec.Struct, frozen=True):
    process: ProcessKey
    """The key of the process."""
    at: float
    threads: tuple[ThreadStack, ...] = ()
    problem: str = ""
    """The reason why there is nothing to show, in one line for the user; empty otherwise."""


def find_py_spy() -> str | None:
    """Return the path of py-spy: beside our own interpreter, or on the PATH."""
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.is_file() else shutil.which("py-spy")


def read_stacks(pid: int, create_time: float, *, pause: bool = True) -> tuple[tuple[ThreadStack, ...], str]:
    """Return the stacks of a process's threads, or the reason why they could not be read.

    This takes up to `TIMEOUT_SECONDS`, so the screen's thread must not call it.

    Args:
        pid: the process.
        create_time: when the process started (see `identity.start_time`), in case its pid has been reused.
        pause: stop the process for the few milliseconds that reading takes. A process that is stopped already must
            not be paused, and one that waits need not be.
    """
    program = find_py_spy()
    if program is None:
        return (), INSTALL
    if start_time(pid) != create_time:
        return (), f"{pid} has ended."
    command = [program, "dump", "--json", "--full-filenames", "--pid", str(pid)]
    try:
        done = subprocess.run(
            command if pause else [*command, "--nonblocking"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return (), f"py-spy has given no answer within {TIMEOUT_SECONDS:g} seconds."
    except OSError as error:
        return (), f"{program} does not start: {error.strerror}."
    if start_time(pid) != create_time:
        return (), f"{pid} has ended."
    if done.returncode:
        return (), _problem(done.stderr.decode("utf-8", "backslashreplace"))
    try:
        return tuple(_threads(json.loads(done.stdout))), ""
    except (ValueError, TypeError, KeyError, AttributeError):
        return (), f"{program} gave an answer that is not understood. Is it py-spy 0.3 or later?"


def _problem(stderr_text: str) -> str:
    """Summarize what py-spy printed on stderr in one line."""
    lowered = stderr_text.lower()
    if "permission denied" in lowered or "not permitted" in lowered:
        return FORBIDDEN
    lines = [line.strip() for line in stderr_text.partition("Stack backtrace")[0].splitlines() if line.strip()]
    if "python version" in lowered or "libpython" in lowered:
        return "It is no Python that py-spy knows."
    causes = [line.partition(": ")[2] for line in lines if line[:1].isdigit()]
    return f"py-spy: {' · '.join([*lines[:1], *causes[-1:]]) or 'failed without a word'}"[:400]


def _threads(data: Any) -> list[ThreadStack]:
    found: list[ThreadStack] = []
    for thread in cast("list[dict[str, Any]]", data):
        frames = [frame for frame in thread["frames"] if not str(frame["filename"]).startswith(_OURS)]
        kept = [_frame(frame) for frame in frames[:MAX_FRAMES]]
        found.append(
            ThreadStack(
                name=str(thread.get("thread_name") or ""),
                ident=int(thread.get("thread_id") or 0),
                active=bool(thread.get("active")),
                gil=bool(thread.get("owns_gil")),
                frames=tuple(kept),
                deeper=len(frames) - len(kept),
            )
        )
    # The main thread first, then those that run.
    return sorted(found, key=lambda thread: (thread.name != "MainThread", not thread.active))


def _frame(frame: dict[str, Any]) -> Frame:
    site = Site(str(frame["filename"]), int(frame["line"]))
    return Frame(str(frame["name"]), site, source_line(site))
