"""Updates of raw shared objects, of which no access is observed: which processes have run a line that updates one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..model import Dependence, Process, SharedValue, Site, Updater, Updates, World
from ..source.questions import raw_updates, uses_file_locks
from .updates import is_unordered

if TYPE_CHECKING:
    from ..source.raw_updates import RawUpdate


class RawUpdateTracker:
    """Adds to `world.updates` what the source of the program shows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._judged: tuple[int, int] = (0, 0)
        """The numbers of raw objects and of processes that had run at the last look."""

    def look(self) -> None:
        """Compare all processes, if there are new ones."""
        raw = [value for value in self._world.values.values() if value.writes is None]
        ran = [process for process in self._world.processes.values() if process.ran and process.target]
        if not raw or (len(raw), len(ran)) == self._judged:
            return
        self._judged = len(raw), len(ran)
        free = [process for process in ran if not self._may_take_turns(process)]
        alike = Counter(_last_name(value) for value in self._world.values.values())
        for value in raw:
            # Which of several objects with the same name a line updates is not known.
            if value.site is not None and value.key not in self._world.updates and alike[_last_name(value)] == 1:
                self._compare(value, value.site.path, free)

    def _compare(self, value: SharedValue, path: str, processes: list[Process]) -> None:
        found = [update for update in raw_updates(path) if update.name == _last_name(value)]
        pairs = [(process, update) for process in processes for update in found if _runs(process, update)]
        at_risk = [
            (process, update)
            for process, update in pairs
            if any(process is not other and is_unordered(process, other) for other, _ in pairs)
        ]
        if at_risk and not uses_file_locks(path):
            updaters = (
                Updater(process.key, Site(path, update.line), Dependence.SAME_LINE, update.line, frozenset())
                for process, update in at_risk
            )
            self._world.updates[value.key] = Updates(
                {(updater.process, updater.site): updater for updater in updaters}, concurrent=True
            )

    def _may_take_turns(self, process: Process) -> bool:
        """Return whether a process has used anything by which it may wait for another process."""
        used = (users for access in self._world.access.values() for users in (access.users, access.readers))
        return any(key == process.key for users in used for key, _ in users)


def _last_name(value: SharedValue) -> str:
    """Return `total` for `self.total#2`."""
    return value.name.partition("#")[0].rpartition(".")[2]


def _runs(process: Process, update: RawUpdate) -> bool:
    return process.target is not None and process.target.rpartition(".")[2] == update.function
