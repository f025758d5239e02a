"""Ends the app on SIGTERM and SIGHUP, whatever state its terminal is in.

Not by asyncio's handlers, which wait for the loop: when a terminal is gone, its writing thread dies, and
the loop then waits for room in that thread's queue for ever (textual 8.2.8, `drivers/_writer_thread.py`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

PATIENCE = 3.0
"""Seconds that the app has to end by itself."""


def leave_on_signals(leave: Callable[[], None], stop_runs: Callable[[], None]) -> None:
    """Called in the app's thread. leave: called there as well, when the loop can. stop_runs: from another thread."""
    loop = asyncio.get_running_loop()

    def insist(number: int) -> None:
        stop_runs()
        time.sleep(PATIENCE)
        os._exit(128 + number)

    def asked(number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=insist, args=(number,), name="leaving", daemon=True).start()
        if not loop.is_closed():
            loop.call_soon_threadsafe(leave)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, asked)
