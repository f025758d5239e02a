"""Signals: what each does to a Python process, and how one is sent to the right process."""

from __future__ import annotations

import keyword
import os
import re
import signal
import sys
from typing import NamedTuple

from .identity import start_time
from .procfs import read_proc

MEANINGS = {
    "SIGTERM": "asks it to end; Python ends at once, with no finally and no atexit, unless it has a handler",
    "SIGKILL": "ends it at once; nothing can prevent that, and nothing in it can clean up",
    "SIGINT": "raises KeyboardInterrupt in its main thread, as Ctrl+C does",
    "SIGSTOP": "freezes it at once; nothing can prevent that. SIGCONT continues it",
    "SIGCONT": "continues it after a freeze; otherwise ignored",
    "SIGTSTP": "freezes it as Ctrl+Z does; a handler can prevent that",
    "SIGHUP": "ends it, as when its terminal is closed; services take it to mean: read your settings again",
    "SIGQUIT": "ends it with a core dump, as Ctrl+\\ does; with faulthandler registered for it, prints its stacks",
    "SIGUSR1": "ends it, unless it has a handler; free for a program's own use",
    "SIGUSR2": "ends it, unless it has a handler; free for a program's own use",
    "SIGALRM": "ends it, unless it has a handler; sent by signal.alarm() when the time is up",
    "SIGVTALRM": "ends it, unless it has a handler; sent when a timer of its own CPU time is up",
    "SIGPROF": "ends it, unless it has a handler; profilers use it as their clock",
    "SIGCHLD": "says that a child ended or stopped; ignored, unless it has a handler",
    "SIGPIPE": "says that no process reads a pipe; Python ignores it and raises BrokenPipeError instead",
    "SIGABRT": "ends it with a core dump, as os.abort() does",
    "SIGSEGV": "ends it with a core dump, as a wild pointer in C code does",
    "SIGBUS": "ends it with a core dump, as reading a mapped file beyond its end does",
    "SIGFPE": "ends it with a core dump, as a division by zero in C code does",
    "SIGILL": "ends it with a core dump, as an instruction the processor does not know does",
    "SIGTRAP": "ends it with a core dump; a debugger's breakpoint",
    "SIGSYS": "ends it with a core dump, as a system call that is not allowed does",
    "SIGXCPU": "ends it with a core dump; sent when it has used up its CPU time limit",
    "SIGXFSZ": "says that a file reached its size limit; Python ignores it and raises OSError instead",
    "SIGTTIN": "freezes it, as reading the terminal in the background does",
    "SIGTTOU": "freezes it, as writing to the terminal in the background may do",
    "SIGURG": "says that urgent data reached a socket; ignored, unless it has a handler",
    "SIGWINCH": "says that the terminal changed its size; ignored, unless it has a handler",
    "SIGIO": "ends it, unless it has a handler; says that a descriptor is ready",
    "SIGPWR": "ends it, unless it has a handler; says that the power fails",
    "SIGSTKFLT": "ends it, unless it has a handler; not used by Linux itself",
    "SIGEMT": "ends it with a core dump; an emulated instruction",
    "SIGINFO": "asks for a status line, as Ctrl+T does; ignored, unless it has a handler",
}
REAL_TIME = "ends it, unless it has a handler; free for a program's own use, and queued where others are merged"


class SignalInfo(NamedTuple):
    number: int
    name: str
    meaning: str


def _signals() -> tuple[SignalInfo, ...]:
    """Return every signal of the platform: the most useful first, then by number."""
    found: dict[int, SignalInfo] = {}
    low, high = int(getattr(signal, "SIGRTMIN", 0)), int(getattr(signal, "SIGRTMAX", -1))
    for number in sorted(signal.valid_signals()):
        if low <= number <= high:
            found[number] = SignalInfo(number, "SIGRTMIN" + (f"+{number - low}" if number > low else ""), REAL_TIME)
        else:
            name = signal.Signals(number).name
            found[number] = SignalInfo(number, name, MEANINGS.get(name, "see man 7 signal"))
    order = {name: place for place, name in enumerate(MEANINGS)}
    return tuple(sorted(found.values(), key=lambda item: (order.get(item.name, len(order)), item.number)))


SIGNALS = _signals()
_NAMES = {entry.number: entry.name for entry in SIGNALS}


def signal_name(number: int) -> str:
    """Return the name of a signal: `SIGTERM`; `signal 77` for a number without a name."""
    return _NAMES.get(number, f"signal {number}")


def ignores(pid: int, number: int) -> bool:
    """Return whether a process ignores a signal (SIG_IGN); False also where that cannot be read."""
    try:
        lines = read_proc(f"{pid}/status").splitlines()
    except OSError:
        return False
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(b"SigIgn:")]
    return any(mask >> number - 1 & 1 for mask in masks)


def send(pid: int, create_time: float, number: int) -> str:
    """Send a signal to the process that had `pid` since `create_time` (see `identity.start_time`), and to no other.

    Returns an empty text when it was sent, otherwise why it was not.
    """
    if number not in _NAMES:
        return f"there is no signal {number} here"
    try:
        if sys.platform == "linux":
            fd = os.pidfd_open(pid)
            try:
                return _refusal(pid, create_time) or signal.pidfd_send_signal(fd, number) or ""
            finally:
                os.close(fd)
        if refusal := _refusal(pid, create_time):
            return refusal
        os.kill(pid, number)
    except ProcessLookupError:
        return f"{pid} has ended"
    except PermissionError:
        return f"{pid} belongs to another user"
    except (OSError, OverflowError) as error:
        return str(error)
    return ""


def python_for(process_name: str, pid: int, number: int, target_is_handle: bool) -> str:
    """Return equivalent Python: `worker_1.terminate()  # SIGTERM to 4127`, `os.kill(4127, signal.SIGSTOP)`."""
    name = signal_name(number)
    methods = {"SIGTERM": "terminate", "SIGKILL": "kill"}
    if target_is_handle and name in methods:
        return f"{_identifier(process_name)}.{methods[name]}()  # {name} to {pid}"
    text = f"signal.{name.replace('+', ' + ')}" if number in _NAMES else str(number)
    return f"os.kill({pid}, {text})  # {_one_line(process_name)}"


def _refusal(pid: int, create_time: float) -> str:
    started = start_time(pid)
    if started is None:
        return f"{pid} has ended"
    if started != create_time:
        return f"{pid} has ended, and its number belongs to another process now"
    import psutil  # takes long to import, and most runs send no signal

    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return f"{pid} has ended: a zombie takes no signals"
    except psutil.Error:
        return f"{pid} has ended"
    return ""


def _identifier(name: str) -> str:
    word = re.sub(r"\W+", "_", name.lower()).strip("_")
    if not word.isidentifier():
        word = f"process_{word}".rstrip("_")
    return f"{word}_" if keyword.iskeyword(word) else word


def _one_line(name: str) -> str:
    return re.sub(r"\s+", " ", name)
