"""A manager process and the objects that live in it."""

from __future__ import annotations

import msgspec

from .keys import ManagedKey, ManagerKey, ProcessKey
from .lock import Hold
from .site import Site


class ChangedCopy(msgspec.Struct, frozen=True):
    """A line that changes what an object of a manager has returned, which is a copy, so that the change is lost."""

    site: Site
    text: str
    """The text of the change: `d['x'].append(…)`."""


class LostItem(msgspec.Struct, frozen=True):
    """A line whose update of an item has overwritten what another thread had written since the item was read."""

    item: str
    """The item as the program writes it: `'hits'`, `3`; `value` of a Value."""
    site: Site
    """The line that writes it."""
    read_line: int
    """The line of the same file that has read it before."""
    count: int
    """The number of its writes that have certainly overwritten another one that their thread had not read.

    Fewer updates may be lost: a thread that writes on from its own write undoes what had overwritten that.
    """


class SharedItem(msgspec.Struct, frozen=True):
    """A line by which a process updates an item that others update meanwhile, so that an update may be lost."""

    item: str
    """The item as the program writes it."""
    process: ProcessKey
    site: Site
    """The line that writes it."""
    read_line: int
    """The line of the same file that has read it before."""


class ManagedObject(msgspec.Struct):
    """An object that lives in a manager's process and is used through proxies."""

    key: ManagedKey
    manager: ManagerKey
    type: str
    """The name of its type at the manager: `dict`, `Namespace`."""
    name: str
    site: Site | None = None
    calls: int = 0
    failed: int = 0
    """The number of calls that raised."""
    last: str = ""
    """The text of the last call: `append(3)`."""
    last_at: float | None = None
    caller: ProcessKey | None = None
    """Key of the process that made the last call."""
    value: str = ""
    """The content as text: the items of a container, the holder of a lock."""
    replaced: bool = False
    """True if the object was deleted, and another one has its identity and its former key."""
    uncounted: bool = False
    """True if it is only known from outside, so that its calls are in no count."""
    value_calls: int = 0
    """The number of calls that it had answered when `value` was read, which is within a second of the last call."""
    changed_copies: tuple[ChangedCopy, ...] = ()
    """Lines that have changed what they got from it, at most one entry each."""
    lost_items: tuple[LostItem, ...] = ()
    """Lines that have lost updates of its items, at most one entry for each line and item."""
    shared_items: tuple[SharedItem, ...] = ()
    """Lines by which several processes update an item at the same time, at most one entry for each process and item."""
    held_by: Hold | None = None
    """The holder of a lock, if it was reported since the last call. The thread is 0 unless it is a main thread."""


class Manager(msgspec.Struct):
    key: ManagerKey
    cls: str
    name: str
    pid: int
    site: Site | None = None
    alive: bool = True
    """True while its process lives. When it ends, all objects in it are lost."""
    extended: bool = False
    """The program gives it classes or an address of its own: its server may do more than it is asked to by the
    processes of the program, or be asked by others."""
