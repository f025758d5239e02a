"""Counts how often the waits of each thread for an object have timed out since its last success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model import Finding, Thread, World

MAX_INNOCENT_POLLS = 3
"""The number of consecutive unsuccessful attempts that is not yet suspicious."""
_RECENT_SECONDS = 5.0
"""Seconds after its last attempt for which a thread is still polling."""


class Polls:
    """Counts, for each thread and object, the consecutive waits that have timed out."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Thread, int], tuple[int, int, float]] = {}
        self._attempts: dict[tuple[Thread, int], tuple[int, float]] = {}
        self.found: dict[tuple[Thread, int], Finding] = {}
        """The polls that were found and have not succeeded since. Between two attempts, a thread is in no wait."""

    def get(self, key: tuple[Thread, int]) -> tuple[int, float] | None:
        """Return the number of waits for an object that timed out since the last success, and the time of the first."""
        return self._attempts.get(key)

    def attempts(self) -> Mapping[tuple[Thread, int], tuple[int, float]]:
        """Return the result of `get` for every thread and object."""
        return self._attempts

    def active(self, world: World) -> Iterator[Finding]:
        """Return the polls that still hold: the thread's process lives, and it has tried again recently."""
        for key, finding in list(self.found.items()):
            process = world.processes.get(key[0][0])
            if (
                key not in self._attempts
                or process is None
                or process.ended
                or world.now - finding.at > _RECENT_SECONDS
            ):
                del self.found[key]
            else:
                yield finding

    def look(self, world: World) -> None:
        """Update the polls with the attempts of threads since the last call."""
        self._attempts = {}
        seen: dict[tuple[Thread, int], tuple[int, int, float]] = {}
        for access_key, access in world.access.items():
            for thread, failures in access.gave_up.items():
                successes = access.completed.get(thread, 0)
                known = self._seen.get((thread, access_key))
                if known is None or known[0] != successes:
                    known = (successes, failures, world.now)
                    self.found.pop((thread, access_key), None)
                seen[thread, access_key] = known
                self._attempts[thread, access_key] = (failures - known[1], known[2])
        self._seen = seen
