"""Processes and items, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Process, Site

_MAX_NAMES = 4


def named(processes: Sequence[Process], nobody: str = "no process") -> str:
    """Return a list of names in words: `a`, `a and b`, `a, b and c`, or `a, b, c and 7 others`."""
    return enumerated([process.name for process in processes], nobody)


def enumerated(names: Sequence[str], nobody: str = "no process", *, most: int = _MAX_NAMES) -> str:
    """Do what `named` does, with names, of which at most `most` parts are shown."""
    shown = list(names[:most])
    rest = len(names) - len(shown)
    if rest:
        shown = [*shown[:-1], f"{rest + 1} others"]
    return ", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else shown[0] if shown else nobody


def made_at(site: Site | None) -> str:
    """Return the line that made an object, after a space: ` (made at app.py:7)`; empty where it is not known."""
    return f" (made at {site})" if site is not None else ""


def started_at(process: Process) -> str:
    """Return the line that started a process, after a space: ` (started at app.py:8)`; empty where it is not known."""
    return f" (started at {process.start_site})" if process.start_site is not None else made_at(process.site)


def origin(process: Process) -> Site | None:
    """Return the line that started a process; the line that made it where that is not known."""
    return process.start_site or process.site


def items(count: int) -> str:
    return "an item" if count == 1 else f"{count} items"
