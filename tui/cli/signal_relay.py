"""Passes the signals that are sent to a run without a screen on to the program, exactly once.

The program is in our process group. It receives directly what the terminal sends (Ctrl+C) and what is sent to the
whole group (`kill %1`); and some programs end their workers by a signal to their group, which is not for us. Python's
handlers do not tell which process sent a signal, so a thread waits for it. A monitor process in the group, to which no
process sends a signal directly, receives only signals to the whole group. It shows whether the program has received
the signal already.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType

PASSED_ON = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2")
ENDING = frozenset({"SIGTERM", "SIGINT", "SIGQUIT"})
"""Signals that ask a program to end. SIGHUP does when a terminal goes; otherwise many programs read their settings."""
MONITOR_WAIT_SECONDS = 0.2
SECOND_INTERRUPT_GRACE_SECONDS = 2.0
SENT_BY_KERNEL = 0x80
"""`si_code` of a signal that no process sent: the terminal did."""


class SignalRelay:
    """The signals that came during a run, and the time by which the program must end."""

    def __init__(self, is_own: Callable[[int], bool], deliver: Callable[[int], None], grace_seconds: float) -> None:
        """Prepare the relay; it works inside `relaying()`.

        Args:
            is_own: whether a pid is that of a process of the run.
            deliver: sends the signal of that number to the main program.
            grace_seconds: what the program has for its end after the first signal that asks for it.
        """
        self._is_own = is_own
        self._deliver = deliver
        self._grace_seconds = grace_seconds
        self._interrupts = 0
        self.number = 0
        """The first signal that asked the program to end; 0 while there was none."""
        self.deadline = float("inf")
        """The `time.monotonic()` at which the remaining processes of the run are killed."""

    def receive(self, number: int, sender: int, code: int, *, in_group: Callable[[int], bool]) -> None:
        """Handle one signal.

        Args:
            number: the number of the signal.
            sender: the pid of the sender.
            code: the `si_code` of the signal.
            in_group: returns True if the whole process group has got a signal of that number.
        """
        name = signal.Signals(number).name
        by_terminal = code == SENT_BY_KERNEL
        if not by_terminal and self._is_own(sender):
            return
        if by_terminal and name == "SIGINT":
            self._interrupts += 1
            if self._interrupts == 1:
                return  # the program got it, and may go on
            grace = 0.0 if self._interrupts > 2 else min(SECOND_INTERRUPT_GRACE_SECONDS, self._grace_seconds)
            self._end_within(number, grace)
            return
        if not by_terminal and not in_group(number):
            self._deliver(number)
        if name in ENDING or (name == "SIGHUP" and by_terminal):
            self._end_within(number, self._grace_seconds)

    def _end_within(self, number: int, grace_seconds: float) -> None:
        self.number = self.number or number
        self.deadline = min(self.deadline, time.monotonic() + grace_seconds)


@contextlib.contextmanager
def relaying(relay: SignalRelay) -> Generator[None]:
    """Let `relay` have the signals of this process. Threads that are started meanwhile leave them alone, too."""
    numbers = {number for name in PASSED_ON if (number := getattr(signal, name, None)) is not None}
    # `nohup` has ignored SIGHUP, and a shell SIGINT for what runs in the background.
    numbers = {number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}
    if not numbers or not hasattr(signal, "sigwaitinfo"):
        with _handling(relay, numbers):
            yield
        return
    over = threading.Event()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    monitor = _GroupSignalMonitor(numbers)

    def wait() -> None:
        while True:
            found = signal.sigwaitinfo(numbers)
            if over.is_set():
                return
            relay.receive(found.si_signo, found.si_pid, found.si_code, in_group=monitor.saw)

    thread = threading.Thread(target=wait, name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        signal.pthread_kill(thread.ident or 0, next(iter(numbers)))
        thread.join()
        monitor.close()
        # The run is over, so these signals have no receiver.
        while signal.sigtimedwait(numbers - before, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _GroupSignalMonitor:
    """A child in our process group that reports each signal which is sent to the group. It ends with us."""

    def __init__(self, numbers: set[signal.Signals]) -> None:
        """Fork the child. The signals must be blocked, and no other thread may run yet."""
        self._reports, reports_end = os.pipe()
        alive, self._alive_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._alive_end)
                os.close(self._reports)
                _report_signals(numbers, alive, reports_end)
            finally:
                os._exit(0)
        os.close(alive)
        os.close(reports_end)
        self._seen: list[tuple[float, int]] = []

    def saw(self, number: int) -> bool:
        """Return whether a signal of that number came to the whole group just now. Takes 0.2 s when it did not."""
        deadline = time.monotonic() + MONITOR_WAIT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._reports], [], [], left)[0]:
                data = os.read(self._reports, 4096)
                self._seen += [(time.monotonic(), byte) for byte in data]
                if not data:
                    return False
            recent = time.monotonic() - 2 * MONITOR_WAIT_SECONDS
            self._seen = [(at, number) for at, number in self._seen if at > recent]
            for index, (_, seen) in enumerate(self._seen):
                if seen == number:
                    del self._seen[index]
                    return True
        return False

    def close(self) -> None:
        os.close(self._alive_end)
        os.close(self._reports)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _report_signals(numbers: set[signal.Signals], alive: int, reports: int) -> None:
    """Write the number of each signal to `reports` as one byte, until the other end of `alive` is closed."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):  # a reader of our output must see its end when the program ends
        os.dup2(null, fd)
    for fd in _descriptors() - {0, 1, 2, alive, reports}:
        with contextlib.suppress(OSError):
            os.close(fd)
    os.set_blocking(reports, False)
    signal.set_wakeup_fd(reports, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, _ignore)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
    while not select.select([alive], [], [])[0]:
        pass


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Stand for a handler: the interpreter writes the number of each signal that has one to the wake-up descriptor."""


def _descriptors() -> set[int]:
    return {int(name) for name in os.listdir("/dev/fd")}  # noqa: PTH208


@contextlib.contextmanager
def _handling(relay: SignalRelay, numbers: set[signal.Signals]) -> Generator[None]:
    """Pass on every signal, on systems that do not tell who sent it."""

    def handle(number: int, _frame: FrameType | None) -> None:
        relay.receive(number, 0, 0, in_group=lambda _: number == signal.SIGINT and sys.stdin.isatty())

    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
