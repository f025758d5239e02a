"""The stretch of a run that is drawn: how much time a column stands for, and the ruler above the columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .cells import Cells

CELLS = tuple(float(f"{step}e{power}") for power in range(-4, 4) for step in (1, 1.5, 2, 3, 5, 7))
"""Seconds that a column may stand for."""
FINEST, COARSEST = 0.1, 1.0
"""Within these the whole run is shown by itself; what does not fit then is shown as far as it is new."""
ZOOM = 2
"""Steps in `CELLS` that make things about twice as large."""
_TICKS = (
    *(float(f"{step}e{power}") for power in range(-3, 0) for step in (1, 2, 5)),
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400,
)  # fmt: skip
_APART = 10
"""Columns between two ticks, at least."""


@dataclass(frozen=True)
class Window:
    begin: float
    """A multiple of `cell`: whatever part of the run is shown, columns have the same borders."""
    cell: float
    """Seconds in a column."""
    columns: int

    @property
    def end(self) -> float:
        return self.at(self.columns)

    def at(self, column: int) -> float:
        """The moment at which a column begins."""
        return self.begin + column * self.cell

    def column(self, at: float) -> int:
        """Where a moment is drawn: outside of 0 to `columns` if it is not in the window."""
        return math.floor((at - self.begin) / self.cell + 1e-9)

    def begun(self, at: float) -> int:
        """How many columns begin before a moment."""
        return max(min(math.ceil((at - self.begin) / self.cell - 1e-9), self.columns), 0)

    def holds(self, at: float) -> bool:
        return 0 <= self.column(at) < self.columns


@dataclass(frozen=True)
class Lens:
    """What a person has chosen to see of a run, whatever its length: a window follows from it."""

    cell: float | None = None
    """None: as fine as lets the run fit."""
    begin: float | None = None
    """None: the newest part."""
    whole: bool = False
    """Fits the run whatever its length."""

    def window(self, now: float, columns: int) -> Window:
        cell = self.cell
        if cell is None:
            choice = CELLS if self.whole else tuple(each for each in CELLS if FINEST <= each <= COARSEST)
            cell = next((each for each in choice if now / each < columns), choice[-1])
        begin = self.begin
        if begin is None:
            begin = max(math.floor(now / cell) - columns + 1, 0) * cell
        return Window(begin, cell, columns)

    def zoomed(self, steps: int, window: Window, around: float | None) -> Lens:
        """Larger for positive steps. The moment `around` stays in its column; without one, follow the newest."""
        place = min(range(len(CELLS)), key=lambda index: abs(math.log(CELLS[index] / window.cell)))
        cell = CELLS[max(min(place - steps * ZOOM, len(CELLS) - 1), 0)]
        if around is None:
            return Lens(cell)
        begin = math.floor(around / cell) - window.column(around)
        return Lens(cell, max(begin, 0) * cell)

    def reaching(self, at: float, window: Window) -> Lens:
        """Moved as little as brings a moment into the window."""
        column = window.column(at)
        begin = window.begin + (min(column, 0) + max(column - window.columns + 1, 0)) * window.cell
        return replace(self, cell=window.cell, begin=max(begin, 0.0))


def ruler(window: Window, now: float, moment: float | None) -> Cells:
    """A line of `window.columns` cells with the times of its ticks; past `now` it is empty."""
    line = [" "] * window.columns
    begun = window.begun(now)
    line[:begun] = "─" * begun
    for column, text in _ticks(window):
        line[column : column + len(text)] = text
    if moment is None or not window.holds(moment):
        return (("".join(line), "dim"),)
    place, label = window.column(moment), "▼" + precise(moment, window.cell)
    if place + len(label) > window.columns:
        label = precise(moment, window.cell) + "▼"
        place -= len(label) - 1
    begin = max(place, 0)
    text = "".join(line)
    return ((text[:begin], "dim"), (label, "moment"), (text[begin + len(label) :], "dim"))


def _ticks(window: Window) -> Iterator[tuple[int, str]]:
    step = next((each for each in _TICKS if each / window.cell >= _APART), _TICKS[-1])
    number = math.ceil(window.begin / step - 1e-9)
    while (column := window.column(number * step)) < window.columns:
        text = "├" + clock(number * step, step)
        if column + len(text) < window.columns:
            yield column, text
        number += 1


def clock(at: float, step: float) -> str:
    """A moment of the run, as finely as `step` needs: `4s`, `4.25s`, `1:05`, `1:00:05`."""
    digits = max(math.ceil(-math.log10(step) - 1e-9), 0)
    at = round(at, digits)
    if at < 60:
        return f"{at:.{digits}f}s"
    minutes, seconds = divmod(at, 60)
    text = f"{seconds:0{3 + digits if digits else 2}.{digits}f}"
    return f"{minutes:.0f}:{text}" if minutes < 60 else f"{minutes // 60:.0f}:{minutes % 60:02.0f}:{text}"


def precise(at: float, cell: float) -> str:
    """A moment as finely as a column tells it."""
    return clock(at, 10.0 ** math.floor(math.log10(cell)))
