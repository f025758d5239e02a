"""The part of `observer.run.Run` that the screens use; an opened recording has it as well."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from rockproc.observer.kernel.stacks import ThreadStacks
from rockproc.observer.model import Command, Intervention, Plan, Snapshot
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.recording.history import History
from rockproc.observer.report.data import Reported
from rockproc.observer.scenarios.catalog import Scenario


class RunProtocol(Reported, Protocol):
    recorded: bool
    """True if it is a recording."""
    ended: threading.Event

    @property
    def history(self) -> History | None:
        """The earlier moments of the run; None when it is not recorded."""
        ...

    def start(self) -> None: ...
    def signal(self, process_key: ProcessKey, number: int) -> Command: ...
    def signal_all(self, number: int) -> Command: ...
    def plan(self, intervention: Intervention) -> Plan: ...
    def intervene(self, intervention: Intervention) -> Command: ...
    def await_news(self, known: Snapshot, notify: Callable[[], None]) -> None: ...
    def stacks(self, process_key: ProcessKey) -> ThreadStacks: ...
    def save(self, path: Path) -> None: ...
    def stop(self) -> None: ...


class Recording(RunProtocol, Protocol):
    """A recording that was opened."""

    path: Path
    damage: str
    """The damage of the file; empty if it is intact."""

    @property
    def scenario(self) -> Scenario: ...
