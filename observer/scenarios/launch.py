"""The program to run and how, or the running program to attach to."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec


class Launch(msgspec.Struct, frozen=True):
    """A program to observe: `python [-m] script args…`."""

    script: str
    """A path, or with `module` a module's name."""
    args: tuple[str, ...] = ()
    python: str = sys.executable
    start_method: str | None = None
    """The default start method that is set before the program begins; None leaves Python's own default."""
    module: bool = False
    detail: str = "auto"
    """The detail: light (states and counts), auto (records within a budget), full (a record of every operation)."""
    folder: str | None = None
    """The working directory; None is ours."""
    pid: int | None = None
    """A process of a program that is running already: it is attached to, and nothing is started."""
    probe: bool = False
    """Bring the probe into the running program (CPython 3.14 and later); only with `pid`."""
    follow: bool = False
    """Observe Pythons that the program starts by `subprocess`, too."""
    strict: bool = False
    """Report a proved lost update as an error instead of a warning."""

    @property
    def title(self) -> str:
        return self.script if self.module else Path(self.script).name
