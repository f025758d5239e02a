"""Processes and items, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Process

_MAX_NAMES = 4


def named(processes: Sequence[Process], nobody: str = "nobody") -> str:
    """Return a list of names in words: `a`, `a and b`, `a, b and c`, or `a, b, c and 7 others`."""
    return enumerated([process.name for process in processes], nobody)


def enumerated(names: Sequence[str], nobody: str = "nobody") -> str:
    """Do what `named` does, with names."""
    shown = list(names[:_MAX_NAMES])
    rest = len(names) - len(shown)
    if rest:
        shown = [*shown[:-1], f"{rest + 1} others"]
    return ", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else shown[0] if shown else nobody


def items(count: int) -> str:
    return "an item" if count == 1 else f"{count} items"
