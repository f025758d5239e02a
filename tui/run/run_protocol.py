"""What the app needs of `observer.run.Run`; a recording that is opened has it as well."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from rockproc.observer.kernel.stacks import ThreadStacks
from rockproc.observer.model import Command, Snapshot
from rockproc.observer.recording.history import History
from rockproc.observer.report.data import Reported


class RunProtocol(Reported, Protocol):
    recorded: bool
    """Whether it is over long since: a recording."""
    ended: threading.Event

    @property
    def history(self) -> History | None:
        """What it was before; None when it is not recorded."""
        ...

    def start(self) -> None: ...
    def signal(self, process_key: int, number: int) -> Command: ...
    def signal_all(self, number: int) -> Command: ...
    def await_news(self, known: Snapshot, tell: Callable[[], None]) -> None: ...
    def stacks(self, process_key: int) -> ThreadStacks: ...
    def save(self, path: Path) -> None: ...
    def stop(self) -> None: ...
