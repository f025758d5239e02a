"""The end of the app on SIGTERM and SIGHUP, whatever state its terminal is in.

asyncio's own signal handlers wait for the loop. When a terminal is gone its writing thread dies, and the loop waits
endlessly for room in the queue of that thread (textual 8.2.8, `drivers/_writer_thread.py`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

GRACE_SECONDS = 3.0
"""The time that the app has to end by itself, and to leave its terminal as it was."""
GONE_GRACE_SECONDS = 0.2
"""The same where there is no terminal any more."""


def exit_on_signals(leave: Callable[[], None], stop_runs: Callable[[], None]) -> None:
    """Install the handlers. The app's thread calls it.

    Args:
        leave: Ends the app; called in its thread when its loop still runs.
        stop_runs: Ends all runs; called by another thread.
    """
    loop = asyncio.get_running_loop()

    def force_exit(number: int) -> None:
        stop_runs()
        time.sleep(GRACE_SECONDS if _has_terminal() else GONE_GRACE_SECONDS)
        os._exit(128 + number)

    def handle(number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=force_exit, args=(number,), name="termination", daemon=True).start()
        if not loop.is_closed():
            loop.call_soon_threadsafe(leave)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handle)


def _has_terminal() -> bool:
    return any(os.isatty(descriptor) for descriptor in range(3))
