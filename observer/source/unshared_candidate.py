"""A variable that, according to the source, is changed in one process and read in another."""

from __future__ import annotations

import msgspec

from ..model import Site, UnsharedKind


class Candidate(msgspec.Struct, frozen=True):
    kind: UnsharedKind
    name: str
    """The name of the variable as the source has it: `counter`, `Worker.result`."""
    function: str
    """The name of the function that the child runs; empty for a subclass of Process."""
    cls: str
    """The name of the subclass of Process; empty for a function."""
    change: Site
    read: Site
    lines: tuple[int, int]
    """The first and the last line of the call that makes the process; zeros for tasks of a pool, and for a class."""
    private: bool = False
    """True if the child reads the variable itself, which may then be meant to be different in each process."""
    conditional: bool = False
    """True if the child changes it only under a condition, which may not have been true."""
