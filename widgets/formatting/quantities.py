"""Formats numbers for narrow columns."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def clock(seconds: float) -> str:
    """Return a time since launch: `00:12.4`, and `1:02:03` from an hour on."""
    tenths = int(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    if minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02d}:{tenths // 10:02d}"
    return f"{minutes:02d}:{tenths // 10:02d}.{tenths % 10}"


def span(seconds: float) -> str:
    """Return a duration: `40µs`, `12ms`, `2.1s`, `3m05`."""
    if seconds < 0.001:
        return f"{max(seconds, 0) * 1_000_000:.0f}µs"
    if seconds < 1:
        return f"{seconds * 1_000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}"


def with_noun(count: int, noun: str) -> str:
    """Return a number with its noun: `1 thread`, `2 threads`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def since(seconds: float) -> str:
    """Return the duration of something that goes on, coarse enough not to flicker."""
    return f"{max(seconds, 0):.1f}s" if seconds < 60 else span(seconds)


def size(count: int | None) -> str:
    """Return a number of bytes in at most five characters: `512B`, `11M`."""
    if count is None:
        return ""
    if count < 1_000:
        return f"{count}B"
    value = float(count)
    for unit in "kMGT":
        value /= 1024
        if value < 999.5:
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return f"{value:.0f}P"


def count(number: float) -> str:
    """Return a count: `7`, `1.2k`, `3.4M`."""
    if number < 1_000:
        return f"{number:.0f}"
    for unit in "kMGT":
        number /= 1_000
        if number < 999.5:
            return f"{number:.1f}{unit}" if number < 9.95 else f"{number:.0f}{unit}"
    return "lots"


def bars(values: Sequence[float], cells: int, scale: tuple[float, float] | None = None) -> str:
    """Return the last `cells` values as bars, scaled to a range or to their minimum and maximum.

    Without a range, equal values are drawn at half height, so that they do not look like zeros.
    """
    shown = values[-cells:] if cells > 0 else ()
    if not shown:
        return ""
    low, high = scale or (min(shown), max(shown))
    if not high > low or high - low == float("inf"):
        return (BARS[0] if scale and not high > low else BARS[3]) * len(shown)
    return "".join(BARS[min(int((value - low) / (high - low) * 8), 7)] if value == value else " " for value in shown)
