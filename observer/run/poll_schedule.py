"""Decides when the observer polls, and what: often while something happens, rarely while nothing does."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

POLL_INTERVAL_SECONDS = 0.05
"""Seconds from one look at the journals to the next, while something happens."""


class _Looks(NamedTuple):
    every: float
    rest: float
    """The pause after a poll, as a multiple of the CPU time it took: with hundreds of processes a poll is expensive."""
    longest_rest: float


_BUSY = _Looks(POLL_INTERVAL_SECONDS, 3, 0.1)
"""The schedule while much is recorded. It is frequent enough that no journal fills up in between."""
_QUIET = _Looks(0.1, 400, 1.0)
_FIRST_SECONDS, _FIRST_INTERVAL_SECONDS = 0.3, 0.01
"""At first a look comes sooner: when a short program ends, there is less left to be read."""
_SAMPLE_SECONDS = 0.5
_MIN_SAMPLE_SECONDS = 0.15
"""The shortest time between two samples, for new processes. A program may start hundreds of them."""
_FIND_SECONDS = 0.25
_QUIET_SAMPLE_SECONDS, _MAX_QUIET_SAMPLE_SECONDS = 1.0, 3.0
"""Seconds between two samples while nothing happens; the second is for hundreds of processes."""
_QUIET_FIND_SECONDS = 2.0


class PollSchedule:
    """The times of journal polls, samples of the process table, and searches for findings.

    quiet: nothing has changed for a while, as of the last poll. A poll sees what ends that, unless `wake` is called
    before.
    """

    def __init__(self) -> None:
        self.quiet = False
        self._began = time.monotonic()
        self._look_at = self._sample_at = self._sampled_at = 0.0
        self._found_at = -_QUIET_FIND_SECONDS

    @property
    def rest(self) -> float:
        """Seconds until the next look."""
        return max(self._look_at - time.monotonic(), 0.0)

    def wake(self, *, at_once: bool = False) -> None:
        """End the pause of an idle run, since a process has ended or printed something."""
        if at_once:
            self._look_at = 0.0
        elif self.quiet:
            self._look_at = min(self._look_at, time.monotonic() + POLL_INTERVAL_SECONDS)

    @contextmanager
    def look(self) -> Generator[None, None, None]:
        began, used = time.monotonic(), time.thread_time()
        yield
        looks = _QUIET if self.quiet else _BUSY
        rest = min((time.thread_time() - used) * looks.rest, looks.longest_rest)
        is_first = not self.quiet and began - self._began < _FIRST_SECONDS
        every = _FIRST_INTERVAL_SECONDS if is_first else looks.every
        self._look_at = max(began + every, time.monotonic() + rest)

    def finds(self) -> bool:
        """Return True if this poll searches for findings."""
        now = time.monotonic()
        # The interval is that of now: a search must not wait for the end of one that began in the quiet.
        due = now - self._found_at >= (_QUIET_FIND_SECONDS if self.quiet else _FIND_SECONDS)
        if due:
            self._found_at = now
        return due

    def sample_soon(self) -> None:
        """Sample the process table at the next poll, since something has just been done or reported."""
        self._sample_at = 0.0

    def samples(self, *, new: bool) -> bool:
        """Return True if this poll is to sample the process table.

        Args:
            new: True if some processes were in no sample yet, or only before their exec.
        """
        if new:
            self._sample_at = min(self._sample_at, self._sampled_at + _MIN_SAMPLE_SECONDS)
        return time.monotonic() >= self._sample_at

    @contextmanager
    def sample(self) -> Generator[None, None, None]:
        now, used = time.monotonic(), time.thread_time()
        self._sampled_at, self._sample_at = now, now + _SAMPLE_SECONDS
        yield
        if self.quiet:
            rest = (time.thread_time() - used) * _QUIET.rest
            self._sample_at = now + min(max(rest, _QUIET_SAMPLE_SECONDS), _MAX_QUIET_SAMPLE_SECONDS)
