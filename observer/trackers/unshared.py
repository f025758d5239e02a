"""Finds ordinary variables that a process has changed for itself, and that its parent reads as if they were shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..model import Process, UnsharedChange, UnsharedKind, World
from ..model.keys import ProcessKey
from ..source.questions import unshared_changes

if TYPE_CHECKING:
    from ..source.unshared_candidate import Candidate


class UnsharedTracker:
    """Keeps `world.unshared`: what the source shows of processes that have run the function in question."""

    def __init__(self, world: World, functions: Mapping[ProcessKey, set[str]]) -> None:
        """Create a tracker for a world; `functions` are the names of those that each worker of a pool has run."""
        self._world = world
        self._functions = functions
        self._judged: dict[ProcessKey, int] = {}
        """Processes that need no further look, with the number of functions that they had run."""

    def look(self) -> None:
        """Examine processes that have ended or run a further function since the last call."""
        for process in self._world.processes.values():
            functions = self._functions.get(process.key, set[str]())
            is_over = process.ended is not None and process.exitcode is not None
            state = len(functions) + (1 if is_over else 0) + (1 if process.ran else 0)
            if not process.probed or self._judged.get(process.key) == state:
                continue
            self._judged[process.key] = state
            for candidate in self._candidates(process, functions):
                self._note(process, candidate)

    def _candidates(self, process: Process, functions: set[str]) -> Iterator[Candidate]:
        pool = self._world.pools.get(process.pool) if process.pool is not None else None
        if pool is not None:
            if pool.site is not None and functions:
                for candidate in unshared_changes(pool.site.path):
                    if candidate.function in functions and candidate.lines == (0, 0):
                        yield candidate
            return
        if process.site is None or process.library_site is not None or not process.ran:
            return
        for candidate in unshared_changes(process.site.path):
            if candidate.kind is UnsharedKind.FLAG:
                if process.ended is not None or process.daemon:
                    continue  # it did not wait for ever, or does not need the flag: it ends with its parent
            elif process.exitcode != 0:
                continue  # it may have failed before the change
            if candidate.cls:
                if candidate.cls == process.cls:
                    yield candidate
            elif candidate.function == process.target:
                first, last = candidate.lines
                if first <= process.site.line <= last:
                    yield candidate

    def _note(self, process: Process, candidate: Candidate) -> None:
        key = candidate.kind, candidate.name, candidate.change, candidate.read
        change = self._world.unshared.get(key)
        if change is None:
            parents = (other.key for other in self._world.processes.values() if other.pid == process.parent)
            change = self._world.unshared[key] = UnsharedChange(
                candidate.kind,
                candidate.name,
                candidate.change,
                candidate.read,
                candidate.private,
                candidate.conditional,
                next(parents, None),
                [],
            )
        if process.key not in change.processes:
            change.processes.append(process.key)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self._judged = {key: state for key, state in self._judged.items() if key in known}
