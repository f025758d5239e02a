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


def at(site: Site | None) -> str:
    """Return a line after a space: ` at app.py:7`; empty where it is not known."""
    return f" at {site}" if site is not None else ""


def started_at(process: Process, *others: Process) -> str:
    """Return the lines that started processes, after a space: ` (started at app.py:8)`; empty where none is known."""
    sites = dict.fromkeys(str(site) for one in (process, *others) if (site := origin(one)) is not None)
    verb = "started" if process.start_site is not None else "made"
    return f" ({verb} at {enumerated(list(sites))})" if sites else ""


def origin(process: Process) -> Site | None:
    """Return the line that started a process; the line that made it where that is not known."""
    return process.start_site or process.site


def items(count: int) -> str:
    return "an item" if count == 1 else f"{count} items"
