"""Waits until an app of Textual has handled everything. It replaces Textual's own way of waiting.

Textual's pilot waits until the process uses less than 1 ms of CPU in a sleep of 20 ms, for at most a second at a key.
On a busy machine a sleep takes much longer, the frames that became due during it are drawn at once, and the process
never looks idle: a test took 8 to 17 s for a tenth of a second of work. The state of the message queues does not
depend on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from textual._context import active_app
from textual.app import App
from textual.pilot import Pilot

QUIET_LOOKS = 3
"""The number of checks in a row in which nothing may be pending."""
DEADLINE_SECONDS = 20.0


async def wait_for_messages(*_seconds: float) -> None:
    """Wait until no message, callback or layout of the app is pending. Textual's time limits are ignored."""
    app = active_app.get()
    deadline = time.monotonic() + DEADLINE_SECONDS
    quiet = 0
    await asyncio.sleep(0.001)  # what another thread has sent arrives in the next turns of the event loop
    while quiet < QUIET_LOOKS and app.is_running and app._exception is None:
        assert time.monotonic() < deadline, "the app is still busy"
        if not _pending(app):
            quiet += 1
            await asyncio.sleep(0)
            continue
        quiet = 0
        await Pilot(app)._wait_for_screen()
        app.screen._on_timer_update()


def _pending(app: App[Any]) -> bool:
    if app._resize_event is not None:  # Textual waits for a moment, since many sizes may follow
        return True
    screens = app.screen_stack if app._screen_stacks.get(app._current_mode) else []
    for pump in (app, *(node for screen in screens for node in screen.walk_children(with_self=True))):
        if pump.message_queue_size or pump._next_callbacks:
            return True
    screen = screens[-1] if screens else None
    return screen is not None and bool(screen._layout_required or screen._dirty_widgets or screen._callbacks)
