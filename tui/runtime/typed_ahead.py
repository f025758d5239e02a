"""Keys that are typed while the app is imported, before the terminal is the app's.

Until then the terminal is in its usual mode, in which it keeps what is typed but for ctrl+q and ctrl+s: they are flow
control there, and no program gets to see them.
"""

from __future__ import annotations

import contextlib
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
    # The app has a handler of its own later.
    handler = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
        signal.signal(signal.SIGTERM, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
