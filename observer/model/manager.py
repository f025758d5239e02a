"""A manager process and the objects that live in it."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """Its content as text: the items of a container, the holder of a lock."""
    replaced: bool = False
    """True if the object was deleted, and another one has its identity and its former key."""
    value_calls: int = 0
    """The number of calls that it had answered when `value` was read, which is within a second of the last call."""
    changed_copies: dict[Site, str] = field(default_factory=dict[Site, str])
    """Lines that have changed what they got from it, a copy, with the text of the change: `d['x'].append(…)`."""
    held_by: Hold | None = None
    """The holder of a lock, if it was reported since the last call. The thread is 0 unless it is a main thread."""


@dataclass
class Manager:
    key: ManagerKey
    cls: str
    name: str
    pid: int
    site: Site | None = None
    alive: bool = True
    """True while its process lives. When it ends, all objects in it are lost."""
