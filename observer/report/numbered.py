"""A number with its noun, in the singular or the plural."""

from __future__ import annotations


def numbered(count: int, noun: str) -> str:
    """Return `1 record`, or `1,204 records`. The plural of the noun must end in `s`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
