"""The times at which a screen draws its next frame."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.message_pump import MessagePump

FRAMES_PER_SECOND, IDLE_FRAMES_PER_SECOND = 12, 1
SETTLED_SECONDS = 2.0
"""The time without news after which a run counts as idle."""
QUIET_SECONDS, QUIET_INTERVAL_SECONDS = 5.0, 5
"""The time without news after which the panels are drawn less often, and the interval then: only ages still change."""
REST_FACTOR = 6
"""A screen rests this many times as long as its last frame took to make, in CPU time."""


class FrameClock:
    """Calls for frames often while something happens, and once a second while nothing does."""

    def __init__(self, pump: MessagePump, draw: Callable[[], None], settled: Callable[[], None]) -> None:
        """Start the timers of a mounted screen.

        Args:
            pump: The screen whose message loop the timers belong to. It is mounted.
            draw: Draws a frame, if there is anything new.
            settled: Called each second while nothing has happened for some time.
        """
        self._draw, self._settled = draw, settled
        self._active_at = 0.0
        self._rests_until = 0.0
        self._frames = pump.set_interval(1 / FRAMES_PER_SECOND, draw)
        pump.set_interval(1 / IDLE_FRAMES_PER_SECOND, self.draw_idle)

    @property
    def resting(self) -> bool:
        """True if it is too soon after an expensive frame: keys are handled in the time between frames."""
        return time.monotonic() < self._rests_until

    @property
    def panel_interval(self) -> int:
        """The seconds between two drawings of the panels while nothing happens."""
        return QUIET_INTERVAL_SECONDS if time.monotonic() - self._active_at > QUIET_SECONDS else 1

    def mark_active(self) -> None:
        """Note that something has happened."""
        self._active_at = time.monotonic()

    def wake(self) -> None:
        """Draw often again, since something has happened or the user presses keys."""
        self.mark_active()
        self._frames.resume()

    def rest_after(self, cpu_seconds: float) -> None:
        self._rests_until = time.monotonic() + cpu_seconds * REST_FACTOR

    def end_rest(self) -> None:
        self._rests_until = 0.0

    def draw_idle(self) -> None:
        """Draw the frame of a second; stop the others when nothing has happened for some time."""
        self._draw()
        if time.monotonic() - self._active_at > SETTLED_SECONDS:
            self._frames.pause()
            self._settled()
