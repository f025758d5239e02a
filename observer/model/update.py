"""Processes that read a shared Value and then write it: updates, of which one may undo another."""

from __future__ import annotations

import enum

import msgspec

from .keys import LockKey, ProcessKey
from .site import Site


class Dependence(enum.Enum):
    """The way in which a write depends on what was read before, according to the source."""

    SAME_LINE = "same line"
    """`v.value += 1`"""
    EARLIER_LINE = "earlier line"
    """`old = v.value`, and below that `v.value = old + 1`, or a write below `if v.value …:`"""
    NONE = "none"
    """`v.value = 0`, and where nothing is known of it."""


class Updater(msgspec.Struct):
    """One process, and one line by which it writes a Value that it has read before."""

    process: ProcessKey
    site: Site
    dependence: Dependence
    read_line: int | None = None
    """The line of the same file that reads, where that is known."""
    locks: frozenset[LockKey] | None = None
    """The locks that were held at every write that left a record; None where that is not known."""
    lost: int = 0
    """The number of writes of others, since it had read the Value, that its recorded writes have overwritten."""


class Updates(msgspec.Struct):
    """All that is known of the updates of one Value."""

    updaters: dict[tuple[ProcessKey, Site], Updater] = msgspec.field(
        default_factory=dict[tuple[ProcessKey, Site], Updater]
    )
    lost: int = 0
    """The number of writes that the content lacks: a process that had read the Value before overwrote them."""
    concurrent: bool = False
    """True if two processes have written at the same time, and neither has waited for anything in between."""
