"""Starts a program under a keeper, which ends all of its processes when the run ends or rockproc-tui does."""

from __future__ import annotations

import _socket  # `socket` makes enums of hundreds of constants, which takes long
import contextlib
import fcntl
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, cast

from ..kernel import procfs
from ..kernel.identity import TICKS, start_time
from . import keeper_process
from .framing import pack, unpack


def _ignored() -> list[int]:
    """Return the signals that were ignored when we were started (as by `nohup`), except those that Python ignores."""
    by_python = (signal.SIGPIPE, getattr(signal, "SIGXFSZ", None))
    numbers = sorted(signal.valid_signals())
    return [int(n) for n in numbers if signal.getsignal(n) is signal.SIG_IGN and n not in by_python]


# The dispositions at the import of this module, before a screen or a run changes them: the program begins with these.
IGNORED = _ignored()
BLOCKED = sorted(int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, []))


EXECUTE_SECONDS = 0.05
"""The time in which a forked process must have replaced itself by the program."""


class KeeperEvent(TypedDict, total=False):
    event: str
    """The kind of event: started, failed (not executed), reaped, empty (no process is left), gone (the keeper died)."""
    at_ns: int
    """`time.monotonic_ns()`."""
    pid: int
    status: int
    """The raw wait status; see `os.waitstatus_to_exitcode`."""
    error: str


class Keeper:
    """One program and all of its descendants, from `launch()` until `end()`.

    With `inherit` the program has our standard streams and stays in our process group, where the terminal's signals
    reach it; otherwise it has a session of its own, an empty stdin, and writes to `stdout` and `stderr`, which may be
    closed here once the keeper is made. To be used by one thread at a time.

    The session folder is made after the keeper and before the launch: whenever rockproc-tui is killed, the keeper
    removes the folder.
    """

    def __init__(
        self,
        *,
        stdout: int | None = None,
        stderr: int | None = None,
        folder: Path | None = None,
        inherit: bool = False,
    ) -> None:
        self._session = not inherit
        self._folder = folder
        self._program: procfs.Member | None = None
        self._events: list[KeeperEvent] = []
        self._received = b""
        self._gone = False
        self._ended = False
        passed = [_above_standard(fd) for fd in (stdout, stderr) if fd is not None]
        self._socket, theirs = (_socket_above_standard(end) for end in _socket.socketpair())
        null = None if inherit else subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", keeper_process.__file__, str(theirs.fileno())),
                    *([] if folder is None else [str(folder)]),
                ],
                stdin=null,
                stdout=null,
                stderr=null,
                pass_fds=[theirs.fileno(), *passed, *_inheritable()],
                start_new_session=not inherit,
                # In its own process group, so that signals of the terminal or to our group do not reach it.
                process_group=0 if inherit else None,
            )
            streams = iter(passed)
            self._fds = [None, *(None if fd is None else next(streams) for fd in (stdout, stderr))]
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()
            for fd in passed:
                os.close(fd)
        self._socket.setblocking(False)

    def launch(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        stdout_to_stderr: bool = False,
    ) -> None:
        """Start the program. Whether that succeeded is among the events.

        Args:
            argv: the program and its arguments.
            env: its environment; by default ours.
            cwd: its working directory; by default ours.
            stdout_to_stderr: what it writes to its stdout goes to its stderr.
        """
        launch = {
            "argv": [os.fsencode(word) for word in argv],
            "env": {
                os.fsencode(name): os.fsencode(value) for name, value in (os.environ if env is None else env).items()
            },
            "cwd": None if cwd is None else os.fsencode(cwd),
            "fds": [None, 2, None] if stdout_to_stderr else self._fds,
            "session": self._session,
            "group": os.getpgrp(),
            "ignored": [] if self._session else IGNORED,
            "blocked": BLOCKED,
        }
        self._socket.setblocking(True)  # an environment may be larger than the socket's buffer
        with contextlib.suppress(OSError):  # The keeper died: `read_events` returns that.
            self._socket.sendall(pack(launch))
        self._socket.setblocking(False)

    @property
    def pid(self) -> int:
        """The keeper's own pid: the program and its orphans are its children."""
        return self._process.pid

    def fileno(self) -> int:
        """Readable when there are events; -1 after `end()`."""
        return self._socket.fileno()

    def read_events(self) -> list[KeeperEvent]:
        """Return the events since the last call. Never blocks; after `end()` it returns the events before that."""
        self._receive()
        events, self._events = self._events, []
        return events

    def end(self, limit: float = 1.5) -> None:
        """Kill every process of the run and remove its folder. Never raises; returns a little after `limit` at most."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(OSError):
            self._socket.sendall(pack({"do": "end"}))
            self._socket.shutdown(_socket.SHUT_WR)
        self._process.send_signal(signal.SIGCONT)  # A stopped keeper does not answer until it is continued.
        deadline = time.monotonic() + limit
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        while not self._gone and (left := deadline - time.monotonic()) > 0:
            poller.poll(left * 1000)
            self._receive()
        # A keeper that has not finished yet keeps trying: the kernel cannot kill a process that waits for a dead disk.
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(max(deadline - time.monotonic(), 0.05)) < 0:
                self._end_without_keeper()
        self._socket.close()

    def _receive(self) -> None:
        while not self._gone and self._socket.fileno() >= 0:
            try:
                data = self._socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self._gone = not data
            messages, self._received = unpack(self._received + data)
            self._events += cast("list[KeeperEvent]", messages)
            for event in messages:
                if event.get("event") == "started" and (pid := event.get("pid")):
                    start = start_time(pid)
                    self._program = None if start is None else (pid, round(start * TICKS))
        if self._gone and not self._ended:
            self._ended = True
            self._process.wait()
            self._end_without_keeper()
            self._events.append({"event": "gone", "at_ns": time.monotonic_ns()})

    def _end_without_keeper(self) -> None:
        """End the run's processes from outside after the keeper has died and its orphans were adopted by init."""
        keeper_process.end_all(self._family, lambda: False, 1.0)
        if self._program is None:
            # It may just have been forked, and be between two looks while it becomes the program.
            time.sleep(EXECUTE_SECONDS)
            keeper_process.end_all(self._family, lambda: False, 1.0)
        if self._folder is not None:
            keeper_process.remove_folder(os.fsencode(self._folder))

    def _family(self) -> list[procfs.Member]:
        processes = procfs.living()
        found: set[procfs.Member] = set()
        if self._program is not None:
            pid, start = self._program
            found |= set(procfs.descendants(pid, processes))
            if pid in processes and processes[pid][2] == start:
                found.add(self._program)
            if self._session:
                # The program leads a session, whose number no other process can get while it has members.
                found |= {
                    (member, started)
                    for member, (_, sid, started) in processes.items()
                    if sid == pid and started >= start
                }
        if self._folder is not None:
            # Daemons have left both, but not the environment that tells the probe its folder. What has been forked and
            # not executed yet has the keeper's own words.
            mark = re.compile(b"[=\0]" + re.escape(os.fsencode(self._folder)) + b"[\n\0]")
            found |= {
                (pid, processes[pid][2])
                for pid in processes
                if mark.search(_bytes_of(pid, "environ")) or mark.search(_bytes_of(pid, "cmdline"))
            }
        return sorted(found)


def _bytes_of(pid: int, name: str) -> bytes:
    """Return the environment or the arguments that a process, or the one it was forked from, was executed with."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _above_standard(fd: int) -> int:
    """Return a copy of a descriptor that is not a standard stream, even if we were started without some of these."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)


def _socket_above_standard(end: _socket.socket) -> _socket.socket:
    try:
        return _socket.socket(fileno=_above_standard(end.fileno()))
    finally:
        end.close()


def _inheritable() -> list[int]:
    """Return our inheritable descriptors, such as the pipe of a shell's `<(…)`: the program gets them as well."""
    found: list[int] = []
    for name in os.listdir("/dev/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):
            if int(name) > 2 and os.get_inheritable(int(name)):
                found.append(int(name))
    return found
