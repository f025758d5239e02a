"""The columns of the Lab's layout: how the height of each is shared among its panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

BORDER_ROWS = 1
FRAME_COLUMNS = 4
"""The columns of a panel's border, padding and scrollbar."""
MIN_ROWS = 4
"""The height of a panel that shows two rows."""
MIN_FILL_ROWS = 5
"""The smallest useful height of a filler."""
MIN_SOURCE_ROWS = 12
"""The height that the source keeps when it makes room for a lesson that has none elsewhere."""
STEP_ROWS = 4
"""The rows by which a panel grows with its text, so that the panels below it do not move at every line."""
ONLY_IN_FREE_SPACE = ("history", "legend")
"""The fillers for which the source does not give up rows."""
WHOLE = ("legend",)
"""The fillers that are of no use when they are cut."""
LIVE = ("words", "handle")
"""The fillers whose text changes while the program runs."""


class Need(NamedTuple):
    """The size that a panel asks for."""

    rows: int
    """The rows that show everything, without the border."""
    content: bool
    """True if there is anything to show."""
    chosen: bool = False
    """True if the user has chosen these rows."""
    most: int = 0
    """The rows that the panel can fill, if that is more than it asks for."""
    rows_at: Callable[[int], int] | None = None
    """Returns the rows that show everything in a number of columns, for a text that is wrapped."""


Needs = Mapping[str, Need]
"""The needs of panels, by name."""


class Column(msgspec.Struct):
    """Panels that stand below each other."""

    width: int
    height: int
    panels: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """The height of each panel, with its border."""

    @property
    def free(self) -> int:
        """The number of rows that no panel has."""
        return self.height - sum(self.panels.values())

    def wanted(self, name: str, needs: Needs) -> int:
        """Return the height in which a panel is not cut here, with its border."""
        need = needs[name]
        rows = need.rows if need.rows_at is None else need.rows_at(max(self.width - FRAME_COLUMNS, 1))
        return rows + BORDER_ROWS

    def asked(self, name: str, needs: Needs) -> int:
        """Return the height that a filler asks for here: that of a live text has a reserve."""
        wanted = self.wanted(name, needs)
        return -(-wanted // STEP_ROWS) * STEP_ROWS if name in LIVE and not needs[name].chosen else wanted

    def missing(self, needs: Needs) -> int:
        """Return how many rows the panels need in addition to those that they have and to the free ones."""
        cut = sum(max(self.wanted(name, needs) - rows, 0) for name, rows in self.panels.items())
        return cut - self.free

    def settle(self, needs: Needs) -> None:
        """Give rows that are blank in one panel, or in none, to those that are cut."""
        for name in self.panels:
            missing = self.wanted(name, needs) - self.panels[name]
            for other in self.panels if missing > 0 else ():
                blank = 0 if needs[other].chosen else self.panels[other] - self.wanted(other, needs)
                moved = max(min(missing, blank), 0)
                self.panels[other] -= moved
                self.panels[name] += moved
                missing -= moved
            self.panels[name] += max(min(missing, self.free), 0)
        for name in self.panels:
            if name in WHOLE:
                self.panels[name] += max(min(needs[name].most + BORDER_ROWS - self.panels[name], self.free), 0)

    def stretch(self, name: str = "") -> None:
        """Give the free rows to one of the panels, to the last one if that is not there."""
        if self.panels:
            self.panels[name if name in self.panels else list(self.panels)[-1]] += self.free


def fill(columns: Sequence[Column], needs: Needs, names: Sequence[str]) -> None:
    """Add fillers to the first column that has room for all of their rows, and then those that find room for some."""
    low: list[str] = []
    for name in names:
        if name in WHOLE:  # it can fill more rows than it asks for
            columns = sorted(columns, key=lambda column: -column.free)
        column = next((column for column in columns if column.asked(name, needs) <= column.free), None)
        if column is None and name not in ONLY_IN_FREE_SPACE:
            column = _beside_source(columns, name, needs)
        if column is None:
            low += [name] if name not in WHOLE else []
        else:
            column.panels[name] = column.asked(name, needs)
    for name in low:
        column = max(columns, key=lambda column: column.free)
        if column.free >= MIN_FILL_ROWS:
            column.panels[name] = column.free


def _beside_source(columns: Sequence[Column], name: str, needs: Needs) -> Column | None:
    """Take rows from the source, which can be scrolled, if it has more than it needs to be of use."""
    for column in columns:
        wanted = column.asked(name, needs)
        if column.panels.get("source", 0) - wanted >= MIN_SOURCE_ROWS:
            column.panels["source"] -= wanted
            return column
    return None


def shared_rows(available: int, wanted: Sequence[int]) -> list[int]:
    """Share rows among panels. Those at the end for which no row is left are not in the result.

    Each gets a minimum; then those that want more grow together, the lowest one first.
    """
    heights = [min(rows, MIN_ROWS) for rows in wanted]
    while sum(heights) > available:
        heights.pop()
    rest = available - sum(heights)
    while rest > 0:
        growing = [index for index, rows in enumerate(heights) if rows < wanted[index]]
        if not growing:
            break
        heights[min(growing, key=lambda index: heights[index])] += 1
        rest -= 1
    return heights
