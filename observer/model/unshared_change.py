"""A variable that a child process changes in its own copy, and that its parent reads, or the other way round."""

from __future__ import annotations

import enum

import msgspec

from .keys import ProcessKey
from .site import Site


class UnsharedKind(enum.StrEnum):
    """The kind of the variable."""

    GLOBAL = "global"
    ARGUMENT = "argument"
    """A container that the child got as an argument."""
    ATTRIBUTE = "attribute"
    """An attribute of an object of a subclass of Process."""
    FLAG = "flag"
    """A global that the parent changes, and for which a loop of the child waits."""


class UnsharedChange(msgspec.Struct):
    """According to the source; the processes have really run the function or the `run()` in question."""

    kind: UnsharedKind
    name: str
    """The name of the variable as the source has it: `counter`, `Worker.result`."""
    change: Site
    read: Site
    private: bool
    """True if the child reads the variable itself, which may then be meant to be different in each process."""
    conditional: bool
    """True if the child changes it only under a condition, which may not have been true."""
    parent: ProcessKey | None
    processes: list[ProcessKey]
    """The keys of the children."""
