"""The visible part of a run: how much time a column stands for, and the ruler above the columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from .cells import Cells

CELL_SECONDS = tuple(float(f"{step}e{power}") for power in range(-4, 4) for step in (1, 1.5, 2, 3, 5, 7))
"""The numbers of seconds that a column can stand for."""
FITTING_SECONDS = (0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0)
"""The seconds per column with which the whole run is fitted. Of a longer run the newest part is shown."""
FINE_FITTING_SECONDS = (0.05, 0.06, 0.075, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 1.0)
"""The same for few lanes. Smaller steps leave fewer columns blank, but each step draws every lane again."""
ZOOM_STEPS = 2
"""Steps in `CELL_SECONDS` that zoom by about a factor of two."""
_TICKS = (
    *(float(f"{step}e{power}") for power in range(-3, 0) for step in (1, 2, 5)),
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400,
)  # fmt: skip
_MIN_TICK_COLUMNS = 10
"""The minimum number of columns between two ticks."""


class Window(msgspec.Struct, frozen=True):
    begin: float
    """The begin in seconds since launch: a multiple of `cell`, so that all windows have the same columns."""
    cell: float
    """The number of seconds in a column."""
    columns: int

    @property
    def end(self) -> float:
        return self.at(self.columns)

    def at(self, column: int) -> float:
        """Return the moment at which a column begins."""
        return self.begin + column * self.cell

    def column(self, at: float) -> int:
        """Return the column of a moment; it is not in 0 to `columns` if the moment is outside."""
        return math.floor((at - self.begin) / self.cell + 1e-9)

    def begun(self, at: float) -> int:
        """Return how many columns begin before a moment."""
        return max(min(math.ceil((at - self.begin) / self.cell - 1e-9), self.columns), 0)

    def holds(self, at: float) -> bool:
        return 0 <= self.column(at) < self.columns


class Lens(msgspec.Struct, frozen=True):
    """The part of a run that the user wants to see, from which the window follows."""

    cell: float | None = None
    """The number of seconds per column; None for the smallest with which the run fits."""
    begin: float | None = None
    """The begin in seconds since launch; None to follow the newest part."""
    whole: bool = False
    """True to fit a run of any length."""

    def window(self, now: float, columns: int, *, fine: bool = False) -> Window:
        """Return the window at a moment.

        Args:
            now: the moment, in seconds since launch.
            columns: the number of columns.
            fine: True if there are few lanes, so that the scale may change in small steps.
        """
        cell = self.cell
        if cell is None:
            fitting = FINE_FITTING_SECONDS if fine else FITTING_SECONDS
            choice = CELL_SECONDS if self.whole else fitting
            cell = next((seconds for seconds in choice if now / seconds < columns), choice[-1])
        begin = self.begin
        if begin is None:
            begin = max(math.floor(now / cell) - columns + 1, 0) * cell
        return Window(begin, cell, columns)

    def zoomed(self, steps: int, window: Window, around: float | None) -> Lens:
        """Return a lens that zooms in for positive steps and keeps a moment in its column; without one it follows."""
        place = min(range(len(CELL_SECONDS)), key=lambda index: abs(math.log(CELL_SECONDS[index] / window.cell)))
        cell = CELL_SECONDS[max(min(place - steps * ZOOM_STEPS, len(CELL_SECONDS) - 1), 0)]
        if around is None:
            return Lens(cell)
        begin = math.floor(around / cell) - window.column(around)
        return Lens(cell, max(begin, 0) * cell)

    def reaching(self, at: float, window: Window) -> Lens:
        """Return a lens that is moved as little as needed to show a moment."""
        column = window.column(at)
        begin = window.begin + (min(column, 0) + max(column - window.columns + 1, 0)) * window.cell
        return replace(self, cell=window.cell, begin=max(begin, 0.0))


class RulerMark(NamedTuple):
    """A mark on the ruler."""

    at: float
    """Seconds since launch."""
    glyph: str
    role: str


def ruler(window: Window, now: float, moment: float | None, marks: Sequence[RulerMark] = ()) -> Cells:
    """Return a line of `window.columns` cells with labelled ticks up to `now`, the time cursor, and marks."""
    cells = _ruler(window, now, moment)
    for mark in marks:
        if window.holds(mark.at) and mark.at <= now:
            cells = _replaced(cells, window.column(mark.at), mark.glyph, mark.role)
    return cells


def _replaced(cells: Cells, place: int, glyph: str, role: str) -> Cells:
    """Return the cells with another glyph at one place."""
    found: list[tuple[str, str]] = []
    begin = 0
    for text, text_role in cells:
        index = place - begin
        if 0 <= index < len(text):
            found += [(text[:index], text_role), (glyph, role), (text[index + 1 :], text_role)]
        else:
            found.append((text, text_role))
        begin += len(text)
    return tuple(found)


def _ruler(window: Window, now: float, moment: float | None) -> Cells:
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
    step = next((seconds for seconds in _TICKS if seconds / window.cell >= _MIN_TICK_COLUMNS), _TICKS[-1])
    number = math.ceil(window.begin / step - 1e-9)
    while (column := window.column(number * step)) < window.columns:
        text = "├" + clock(number * step, step)
        if column + len(text) < window.columns:
            yield column, text
        number += 1


def clock(at: float, step: float) -> str:
    """Return a moment as precisely as `step` needs: `4s`, `4.25s`, `1:05`, `1:00:05`."""
    digits = max(math.ceil(-math.log10(step) - 1e-9), 0)
    at = round(at, digits)
    if at < 60:
        return f"{at:.{digits}f}s"
    minutes, seconds = divmod(at, 60)
    text = f"{seconds:0{3 + digits if digits else 2}.{digits}f}"
    return f"{minutes:.0f}:{text}" if minutes < 60 else f"{minutes // 60:.0f}:{minutes % 60:02.0f}:{text}"


def precise(at: float, cell: float) -> str:
    """Return a moment as precisely as a column shows it."""
    return clock(at, 10.0 ** math.floor(math.log10(cell)))
