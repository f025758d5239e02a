"""A Value, an Array, a SharedMemory or a ShareableList."""

from __future__ import annotations

from dataclasses import dataclass

from .keys import LockKey, ManagerKey, ProcessKey, ValueKey
from .site import Site


@dataclass
class SharedValue:
    """A Value, Array, RawValue or RawArray; a SharedMemory or ShareableList."""

    key: ValueKey
    kind: str
    name: str
    type: str
    """`int`, `double[100]`, `Point[3]`."""
    site: Site | None = None
    length: int | None = None
    """Of an Array; of a long one `value` holds the beginning."""
    value: object = None
    """Decoded from the shared memory: a number, text, a list, or a dict for a Structure."""
    history: tuple[float, ...] = ()
    """The last values, oldest first, where it is one number."""
    changed: float | None = None
    """When the observer last saw another content."""
    reads: int | None = None
    writes: int | None = None
    """None for raw objects, whose accesses nobody can count."""
    unseen: bool = False
    """Its wrapper is passed by, with `get_obj()` or in a field of an item, so that there are more of both."""
    writer: ProcessKey | None = None
    """Key of the process that wrote last, where that is known."""
    written: float | None = None
    written_site: Site | None = None
    """When and where that was, as the last write that left a record tells."""
    lock: LockKey | None = None
    owner: ProcessKey | None = None
    size: int = 0
    segment: str | None = None
    """What the operating system calls a SharedMemory: `psm_12ab34cd`."""
    guess: str = ""
    """What the content of a SharedMemory was taken for: `str`, `int64`, `int32`, `float64`, `bytes`."""
    open_by: tuple[ProcessKey, ...] = ()
    """Keys of the processes that have it open."""
    opened_by: tuple[ProcessKey, ...] = ()
    """Keys of those that have or had it open, in that order."""
    closed: float | None = None
    """When nobody had it open any more."""
    unlinked: float | None = None
    """When its name went: nobody can open it again."""
    unlinked_by: ProcessKey | None = None
    """Key of the process whose `unlink()` that was; None when something else did it, as a resource tracker does."""
    bereft: tuple[int, ...] = ()
    """Keys of those that had it open when something else than the program unlinked it."""
    manager: ManagerKey | None = None
    """The SharedMemoryManager that will unlink it."""
    layout: str = ""
    """How its bytes are to be read; see `memory.parse_layout`."""
    raw: bytes = b""
    """Of an Array of more numbers than `value` holds, all of them; see `numbers`. Of a very large one: nothing."""
    kept: float | None = None
    """When `raw` was read. It may lag behind `changed`: to keep every moment of a large Array would be too much."""
    internal: bool = False
    """Made by a library for an object of its own."""
    shared_with_unobserved: tuple[ProcessKey, ...] = ()
    """Keys of the unobserved processes that have or had it open: what they did with it is in none of the counts."""
    library_site: Site | None = None
    """The line of the library that made it, where `site` is the line of the user's code that called the library."""
