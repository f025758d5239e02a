"""Makes the names of processes distinct: of several with the same one, all but the first get a number (`twin#2`)."""

from __future__ import annotations

import heapq
from collections.abc import Container

import msgspec

from ..model.keys import ProcessKey


class _Uses(msgspec.Struct):
    """The numbers that are in use of one name."""

    highest: int = 0
    free: list[int] = msgspec.field(default_factory=list[int])
    """A heap of the numbers below the highest one that are not in use."""

    def take(self) -> int:
        if self.free:
            return heapq.heappop(self.free)
        self.highest += 1
        return self.highest

    def give_back(self, number: int) -> None:
        heapq.heappush(self.free, number)


class ProcessNames:
    """The names that processes have been given, by the keys of the processes."""

    def __init__(self) -> None:
        self._given: dict[ProcessKey, tuple[str, int]] = {}
        self._uses: dict[str, _Uses] = {}

    def name(self, key: ProcessKey, wanted: str) -> str:
        """Return the name of a process; the same one for as long as it wants the same."""
        name, number = self._given.get(key, ("", 0))
        if name != wanted:
            self.release(key)
            number = self._uses.setdefault(wanted, _Uses()).take()
            self._given[key] = wanted, number
        return wanted if number == 1 else f"{wanted}#{number}"

    def release(self, key: ProcessKey) -> None:
        """Let another process have the name of this one."""
        name, number = self._given.pop(key, ("", 0))
        if number:
            uses = self._uses[name]
            uses.give_back(number)
            if len(uses.free) == uses.highest:
                del self._uses[name]

    def keep(self, known: Container[ProcessKey]) -> None:
        """Drop the names of all processes but the known ones."""
        for key in [key for key in self._given if key not in known]:
            self.release(key)
