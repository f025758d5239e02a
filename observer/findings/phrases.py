"""Processes and items, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Process, Site

_MAX_NAMES = 4


def named(processes: Sequence[Process], default: str = "no process") -> str:
    """Return the names of processes as `enumerated` joins them."""
    return enumerated([process.name for process in processes], default)


def enumerated(names: Sequence[str], default: str = "no process", *, most: int = _MAX_NAMES) -> str:
    """Join names: `a`, `a and b`, `a, b and c`, or `a, b, c and 7 others`.

    Args:
        names: the names.
        default: the result where there is no name.
        most: the largest number of parts, of which "7 others" is one.
    """
    shown = list(names[:most])
    rest = len(names) - len(shown)
    if rest:
        shown = [*shown[:-1], f"{rest + 1} others"]
    return ", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else shown[0] if shown else default


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
