"""The layout of the Lab: all panels in a large terminal, two in a small one, or one enlarged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rockproc.observer.model import RunState, Snapshot
from rockproc.widgets.bases.panel import Panel
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.findings import Findings
from rockproc.widgets.panels.pools import Pools
from rockproc.widgets.panels.processes import Processes
from rockproc.widgets.panels.steps import Steps
from rockproc.widgets.panels.tab_bar import TabBar
from textual.screen import Screen

SPANS = {1: 6, 2: 12, 3: 6, 4: 4, 5: 4, 6: 4}
"""The width of each panel in twelfths of a large terminal."""


@dataclass
class Arrangement:
    has_experiments: bool = False
    narrow: bool = False
    zoomed: int | None = None
    """The number of the enlarged panel."""
    second: int = 3
    """The panel below the processes in a small terminal."""
    chosen: bool = False
    """Whether the user has chosen that panel."""
    focused: int = 1
    rows: str = ""
    """The heights of the grid's rows that are set."""

    def focus(self, number: int) -> None:
        self.focused = number
        if number != Processes.NUMBER:
            self.second = number
            self.chosen = True
        if self.zoomed:
            self.zoomed = number

    def follow(self, snapshot: Snapshot) -> None:
        """Selects a panel with content until the user selects one; the output when the program fails."""
        if not self.chosen:
            failed = snapshot.state is RunState.ENDED and snapshot.main is not None and snapshot.main.exitcode
            has = {
                3: snapshot.messages.total,
                4: snapshot.values,
                5: snapshot.locks,
                6: snapshot.output.total,
            }
            self.second = 6 if failed and has[6] else next((number for number, some in has.items() if some), 3)

    def shows(self, number: int) -> bool:
        if self.zoomed:
            return number == self.zoomed
        return not self.narrow or number in (Processes.NUMBER, self.second)


def arrange(screen: Screen[object], panels: Sequence[Panel], arrangement: Arrangement, view: View) -> None:
    """Applies the arrangement. To set a style to the value that it has costs nothing."""
    arrangement.follow(view.snapshot)
    for panel in panels:
        panel.display = arrangement.shows(panel.NUMBER)
        span = 1 if arrangement.narrow or arrangement.zoomed else SPANS[panel.NUMBER]
        panel.styles.column_span = span
        enlarged = arrangement.zoomed == panel.NUMBER
        if panel.enlarged != enlarged:
            panel.enlarged = enlarged
            panel.refresh_bindings()
    if screen.has_class("-zoomed") != bool(arrangement.zoomed):
        screen.set_class(bool(arrangement.zoomed), "-zoomed")
        screen.refresh_bindings()
    container = screen.query_one("#panels")
    columns, rows = _grid(arrangement, view, container.size.height)
    container.styles.grid_size_columns = columns
    if arrangement.rows != rows:
        arrangement.rows = container.styles.grid_rows = rows
    _arrange_strip(screen, arrangement)
    names = [(panel.NUMBER, panel.TITLE) for panel in panels if panel.NUMBER != Processes.NUMBER]
    found = len([finding for finding in view.snapshot.findings if finding.active])
    names.append((Findings.NUMBER, f"Findings{f' ({found})' if found else ''}"))
    if view.snapshot.pools:
        names.append((Pools.NUMBER, Pools.TITLE))
    tabs = screen.query_one("#tabs", TabBar)
    tabs.display = arrangement.narrow and not arrangement.zoomed
    tabs.offer(names, arrangement.second)


def _grid(arrangement: Arrangement, view: View, height: int) -> tuple[int, str]:
    if arrangement.zoomed:
        return 1, "1fr"
    count = len(view.snapshot.processes)
    if arrangement.narrow:
        top = max(min(count + 1, height // 2), min(5, height // 2), 1)
        return 1, f"{top} 1 1fr"
    lanes = max(min(count, height // 4), 3) + 3
    rest = height - lanes
    top = max(min(max(count + 2, rest // 2), rest * 3 // 5), 6)
    return 12, f"{top} {lanes} 1fr"


def _arrange_strip(screen: Screen[object], arrangement: Arrangement) -> None:
    strip = screen.query_one("#strip", Steps)
    if not arrangement.has_experiments or arrangement.zoomed:
        strip.display = False
        return
    strip.display = True
    strip.one_line = arrangement.narrow
    most = 1 if arrangement.narrow else 3
    lines = max(min(strip.lines, most), 1)
    if strip.styles.height is None or strip.styles.height.value != lines:
        strip.styles.height = lines
