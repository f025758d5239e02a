"""A manager process and the objects that live in it."""

from __future__ import annotations

from dataclasses import dataclass

from .keys import ManagedKey, ManagerKey, ProcessKey
from .lock import Hold
from .site import Site


@dataclass
class ManagedObject:
    """An object that lives in a manager's process and is used through proxies."""

    key: ManagedKey
    manager: ManagerKey
    type: str
    """Its type's name at the manager: `dict`, `Namespace`."""
    name: str
    site: Site | None = None
    calls: int = 0
    failed: int = 0
    """Calls that raised."""
    last: str = ""
    """`append(3)`."""
    last_at: float | None = None
    caller: ProcessKey | None = None
    """Key of the process that made the last call."""
    value: str = ""
    """What it holds, as text: its items, who has it if it is a lock."""
    replaced: bool = False
    """The object is no more, and another one has its identity and its key: this one has got a new key."""
    value_calls: int = 0
    """How many calls it had answered then. What a burst of them has done is told within a second."""
    held_by: Hold | None = None
    """Who has it, if it is a lock, where that is told since the last call. A thread other than the main one is 0."""


@dataclass
class Manager:
    key: ManagerKey
    cls: str
    name: str
    pid: int
    site: Site | None = None
    alive: bool = True
    """When its process has ended, so has every object in it."""
