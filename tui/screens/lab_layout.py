"""Which panels of the Lab stand where: all of them in a wide terminal, two at a time in a narrow one, or one alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rockproc.observer.model import RunState, Snapshot
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.findings import Findings
from rockproc.widgets.panels.pools import Pools
from rockproc.widgets.panels.processes import Processes
from rockproc.widgets.panels.steps import Steps
from rockproc.widgets.panels.tab_bar import TabBar

if TYPE_CHECKING:
    from .lab import Lab

SPANS = {1: 6, 2: 12, 3: 6, 4: 4, 5: 4, 6: 4}
"""Columns of twelve that each panel takes."""


@dataclass
class Arrangement:
    narrow: bool = False
    zoomed: int | None = None
    """The number of the panel that has the screen to itself."""
    second: int = 3
    """The panel that is with the processes in a narrow terminal."""
    chosen: bool = False
    """Whether the user has said which that shall be."""
    focused: int = 1
    rows: str = ""
    """The heights that are set."""

    def focus(self, number: int) -> None:
        self.focused = number
        if number != Processes.NUMBER:
            self.second = number
            self.chosen = True
        if self.zoomed:
            self.zoomed = number

    def follow(self, snapshot: Snapshot) -> None:
        """Until the user chooses, show what this program has to show; when it fails, what it has said."""
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


def arrange(lab: Lab, arrangement: Arrangement, view: View) -> None:
    """Puts the panels in their places; setting what is set already costs nothing."""
    arrangement.follow(view.snapshot)
    for panel in lab.panels:
        panel.display = arrangement.shows(panel.NUMBER)
        span = 1 if arrangement.narrow or arrangement.zoomed else SPANS[panel.NUMBER]
        panel.styles.column_span = span
        enlarged = arrangement.zoomed == panel.NUMBER
        if panel.enlarged != enlarged:
            panel.enlarged = enlarged
            panel.refresh_bindings()
    if lab.has_class("-zoomed") != bool(arrangement.zoomed):
        lab.set_class(bool(arrangement.zoomed), "-zoomed")
        lab.refresh_bindings()
    container = lab.query_one("#panels")
    columns, rows = _grid(arrangement, view, container.size.height)
    container.styles.grid_size_columns = columns
    if arrangement.rows != rows:
        arrangement.rows = container.styles.grid_rows = rows
    _arrange_strip(lab, arrangement)
    names = [(panel.NUMBER, panel.TITLE) for panel in lab.panels if panel.NUMBER != Processes.NUMBER]
    found = len([finding for finding in view.snapshot.findings if finding.active])
    names.append((Findings.NUMBER, f"Findings{f' ({found})' if found else ''}"))
    if view.snapshot.pools:
        names.append((Pools.NUMBER, Pools.TITLE))
    tabs = lab.query_one("#tabs", TabBar)
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


def _arrange_strip(lab: Lab, arrangement: Arrangement) -> None:
    strip = lab.query_one("#strip", Steps)
    if not lab.scenario.experiments or arrangement.zoomed:
        strip.display = False
        return
    strip.display = True
    strip.one_line = arrangement.narrow
    most = 1 if arrangement.narrow else 3
    lines = max(min(strip.lines, most), 1)
    if strip.styles.height is None or strip.styles.height.value != lines:
        strip.styles.height = lines
