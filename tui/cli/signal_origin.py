"""Signals that end a run without a screen, told apart by who has sent them.

The program is in our process group, and some programs end their workers by a signal to the whole group. That one is
not for us. Python's handlers do not tell the sender, so a thread waits for these signals.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Generator

_ASKED_FOR = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


class Asked:
    """number: of the first signal from somebody else than the run's own processes; 0 until then."""

    def __init__(self) -> None:
        self.number = 0


@contextlib.contextmanager
def told_apart(own: Callable[[int], bool]) -> Generator[Asked]:
    """own: whether a pid is one of the run's. Threads that are started within leave these signals alone, too."""
    asked = Asked()
    numbers = {number for name in _ASKED_FOR if (number := getattr(signal, name, None)) is not None}
    # `nohup` has ignored SIGHUP, and a parent may have blocked what it likes.
    numbers = {number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}
    if not numbers or not hasattr(signal, "sigwaitinfo"):  # macOS: there a signal to the group ends us, too
        yield from _handled(asked, numbers & {signal.SIGTERM, signal.SIGHUP})
        return
    over = threading.Event()

    def wait() -> None:
        while True:
            found = signal.sigwaitinfo(numbers)
            if over.is_set():
                return
            if not asked.number and not own(found.si_pid):
                asked.number = found.si_signo

    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    thread = threading.Thread(target=wait, name="senders", daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        over.set()
        signal.pthread_kill(thread.ident or 0, next(iter(numbers)))
        thread.join()
        # What came after the first has nothing to add.
        while signal.sigtimedwait(numbers - before, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _handled(asked: Asked, numbers: set[int]) -> Generator[Asked]:
    def handle(number: int, _frame: object) -> None:
        asked.number = asked.number or number

    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
