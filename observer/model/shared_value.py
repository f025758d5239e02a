"""A Value, an Array, a SharedMemory or a ShareableList."""

from __future__ import annotations

import msgspec

from .keys import LockKey, ManagerKey, ProcessKey, ValueKey
from .site import Site


class SharedValue(msgspec.Struct):
    """A Value, Array, RawValue or RawArray; a SharedMemory or ShareableList."""

    key: ValueKey
    kind: str
    name: str
    type: str
    """The type: `int`, `double[100]`, `Point[3]`."""
    site: Site | None = None
    length: int | None = None
    """The number of items of an Array; `value` holds only the first ones of a long Array."""
    value: object = None
    """The content, decoded from the shared memory: a number, text, a list, or a dict for a Structure."""
    history: tuple[float, ...] = ()
    """The last values, oldest first, where it is one number."""
    changed: float | None = None
    """The time at which the observer last saw the content change."""
    reads: int | None = None
    writes: int | None = None
    """The number of writes; None for raw objects, whose accesses cannot be counted; so is `reads`."""
    unseen: bool = False
    """True if the program also uses it past its wrapper, through `get_obj()` or a field of an item: both counts are
    then too low."""
    writer: ProcessKey | None = None
    """Key of the process that wrote last, where that is known."""
    written: float | None = None
    written_site: Site | None = None
    """The line of the last write that left a record; `written` is its time."""
    lock: LockKey | None = None
    owner: ProcessKey | None = None
    size: int = 0
    segment: str | None = None
    """The name of a SharedMemory in the operating system: `psm_12ab34cd`."""
    guess: str = ""
    """The guessed type of a SharedMemory's content: `str`, `int64`, `int32`, `float64` or `bytes`."""
    open_by: tuple[ProcessKey, ...] = ()
    """Keys of the processes that have it open."""
    opened_by: tuple[ProcessKey, ...] = ()
    """Keys of the processes that have or had it open, in the order in which they opened it."""
    closed: float | None = None
    """The time at which the last process closed it."""
    unlinked: float | None = None
    """The time at which its name was removed, after which nobody can open it again."""
    unlinked_by: ProcessKey | None = None
    """Key of the process whose `unlink()` that was; None when something else did it, as a resource tracker does."""
    bereft: tuple[ProcessKey, ...] = ()
    """Keys of the processes that had it open when something other than the program unlinked it."""
    manager: ManagerKey | None = None
    """The SharedMemoryManager that will unlink it."""
    layout: str = ""
    """The description of its bytes that `decoding.layouts.parse_layout` reads."""
    raw: bytes = b""
    """All bytes of an Array with more numbers than `value` holds; empty for a very large one."""
    kept: float | None = None
    """The time at which `raw` was read. It may be before `changed`: not every content of a large Array is kept."""
    internal: bool = False
    """True if a library made it for an object of its own."""
    shared_with_unobserved: tuple[ProcessKey, ...] = ()
    """Keys of the unobserved processes that have or had it open; no count includes their operations."""
    library_site: Site | None = None
    """The line of the library that made it, where `site` is the line of the user's code that called the library."""
