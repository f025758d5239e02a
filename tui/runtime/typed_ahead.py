"""Keys that are typed while the app is imported, before the terminal is the app's.

Until then the terminal is in its usual mode, in which it keeps what is typed but for ctrl+q and ctrl+s: they are flow
control there, and no program gets to see them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
from collections.abc import Generator
from types import FrameType
from typing import NoReturn

_INPUT_FLAGS = 0
"""The place of the flags of the input in what `termios.tcgetattr` returns."""


@contextlib.contextmanager
def flow_control_off() -> Generator[None]:
    """Switch flow control off in the block, and leave the terminal as it was before."""
    try:
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        during = [*before]
        during[_INPUT_FLAGS] = before[_INPUT_FLAGS] & ~termios.IXON
        termios.tcsetattr(descriptor, termios.TCSANOW, during)
    except (termios.error, OSError, ValueError):
        yield
        return
    before_start = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    handlers = {number: handler for number, handler in before_start.items() if handler is not signal.SIG_IGN}

    def end_at_once(number: int, _frame: FrameType | None) -> NoReturn:
        # An exception would be raised in the middle of an import, where C code may replace it by another one or lose
        # it: msgspec would do without `datetime`, and crash later. There is nothing to clean up but the terminal.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
        os._exit(128 + number)

    for number in handlers:
        signal.signal(number, end_at_once)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def end_by_exceptions() -> None:
    """Let SIGTERM and SIGINT raise exceptions, so that the app restores the terminal when it ends."""
    for number, handler in ((signal.SIGTERM, _end), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
