"""Processes and items, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Process

_MAX_NAMES = 4


def named(processes: Sequence[Process], nobody: str = "nobody") -> str:
    """`a`, `a and b`, `a, b and c`, or `a, b, c and 7 others`."""
    names = [process.name for process in processes[:_MAX_NAMES]]
    rest = len(processes) - len(names)
    if rest:
        names = [*names[:-1], f"{rest + 1} others"]
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0] if names else nobody


def items(count: int) -> str:
    return "an item" if count == 1 else f"{count} items"
