"""The layout of the Lab: all panels with content in a large terminal, two panels in a small one, or one enlarged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
from rockproc.observer.model import RunState, Snapshot
from rockproc.widgets.bases.panel import Panel
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.processes import Processes
from rockproc.widgets.panels.status_line import StatusLine
from rockproc.widgets.panels.steps import Steps
from rockproc.widgets.panels.tab_bar import TabBar
from textual import events
from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from .lab_columns import BORDER_ROWS, WHOLE, Need
from .lab_plan import (
    FILLERS,
    LANES_COLUMNS,
    LAYOUTS,
    LEFT,
    TALL,
    Edge,
    Plan,
    Shares,
    edge_at,
    enlarged_plan,
    large_plan,
    small_plan,
)

MAX_DESCRIBED = 8
"""The number of processes up to which each is described in a line of its own in a tall terminal."""
USUAL_ROWS = 24
"""The height from which a small terminal has room for the whole text of a step."""
STRIP_ROWS_NARROW, STRIP_ROWS_WIDE = 3, 2
"""The most rows that the present step takes in a small and in a large terminal."""


class Arrangement(msgspec.Struct):
    has_steps: bool = False
    narrow: bool = False
    enlarged: str | None = None
    """The name of the panel that has the whole screen."""
    opened: str | None = None
    """The name of the panel that was opened on demand."""
    second: int = 3
    """The panel below the processes in a small terminal."""
    chosen: bool = False
    """True if the user has chosen that panel."""
    remembered: int | None = None
    """The panel that the user had chosen in the last session. It is shown unless it has nothing to show."""
    shares: Shares = LAYOUTS["balanced"]
    """The shares of the panels in a large terminal."""
    heights: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """The heights of panels that the user has chosen with the mouse, by name."""
    focused: int = 1
    plan: Plan | None = None

    def focus(self, number: int) -> None:
        self.focused = number
        if number != Processes.NUMBER:
            self.second = number
            self.chosen = True

    def follow(self, snapshot: Snapshot) -> None:
        """Select a second panel with content until the user selects one; the output when the program fails."""
        if not self.chosen:
            failed = snapshot.state is RunState.ENDED and snapshot.main is not None and snapshot.main.exitcode
            has = {
                3: snapshot.messages.total,
                4: snapshot.values,
                5: snapshot.locks,
                6: snapshot.output.total,
            }
            order = [6, *has] if failed else [*has] if self.remembered is None else [self.remembered, *has]
            self.second = next((number for number in order if has.get(number, True)), 3)


class PlannedLayout(Layout):
    """Places the children of a container as a plan says."""

    name = "planned"

    def __init__(self) -> None:
        self.regions: Mapping[str, Region] = {}

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002
        return [
            WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if (region := self.regions.get(child.id or "")) is not None
        ]


class PanelArea(Container):
    """The part of the Lab that its panels share."""

    class Resized(Message):
        """The area has another size now, so its panels need other regions."""

    def __init__(self, *children: Widget, id: str) -> None:
        super().__init__(*children, id=id)
        self._planned = PlannedLayout()
        self._edge: Edge | None = None
        """The edge on which the mouse button is pressed."""

    @property
    def layout(self) -> Layout:
        return self._planned

    @dataclass
    class EdgeDragged(Message):
        """The mouse has dragged an edge of a panel to a place in the area."""

        edge: Edge
        x: int
        y: int

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def on_mouse_down(self, event: events.MouseDown) -> None:
        place = event.screen_offset - self.region.offset
        self._edge = edge_at(self._planned.regions, place.x, place.y) if event.button == 1 else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the edge on which the button was pressed, from the first move on: a click is for the panel."""
        if self._edge is None:
            return
        if event.button != 1:  # it was released where no event came from
            self._stop_dragging()
            return
        self.capture_mouse()
        event.stop()
        place = event.screen_offset - self.region.offset
        self.post_message(self.EdgeDragged(self._edge, place.x, place.y))

    def on_mouse_up(self) -> None:
        self._stop_dragging()

    def _stop_dragging(self) -> None:
        self._edge = None
        self.release_mouse()

    def apply(self, plan: Plan) -> None:
        if self._planned.regions != plan.regions:
            self._planned.regions = dict(plan.regions)
            for child in self.children[:1]:
                child.refresh(layout=True)  # a widget drops the arrangement of its ancestors, not its own
            self.refresh(layout=True)


def arrange(screen: Screen[object], panels: Sequence[Panel], arrangement: Arrangement, view: View) -> None:
    """Apply the arrangement. To set a style to the value that it has costs nothing."""
    area = screen.query_one(PanelArea)
    if not area.size.height:
        return
    arrangement.follow(view.snapshot)
    by_name = {panel.NAME: panel for panel in panels}
    processes = screen.query_one(Processes)
    processes.lanes = screen.size.width >= LANES_COLUMNS and not arrangement.narrow
    processes.describes_all = screen.size.height >= TALL and len(view.snapshot.processes) <= MAX_DESCRIBED
    plan = arrangement.plan = _plan(area.size, by_name, arrangement, view, lanes=processes.lanes)
    for name, panel in by_name.items():
        panel.display = name in plan.regions
        if panel.display:  # a hidden one keeps what it has: to change the class costs a millisecond
            panel.stand_beside(plan.regions[name].x > 0)
        enlarged = arrangement.enlarged == name
        if panel.enlarged != enlarged:
            panel.enlarged = enlarged
            panel.refresh_bindings()
    if screen.has_class("-zoomed") != bool(arrangement.enlarged):
        screen.set_class(bool(arrangement.enlarged), "-zoomed")
        screen.refresh_bindings()
    tabs = screen.query_one("#tabs", TabBar)
    tabs.display = "tabs" in plan.regions
    area.apply(plan)
    _arrange_strip(screen, arrangement)
    shown = {panel.NAME for panel in panels if arrangement.second == panel.NUMBER}
    second = arrangement.second if arrangement.opened is None else by_name[arrangement.opened].NUMBER
    tabs.offer([(panel.NUMBER, _tab(panel, view)) for panel in _tab_panels(panels, view, shown)], second)
    _say_what_is_missing(screen, panels, plan, view)


def _plan(size: Size, panels: Mapping[str, Panel], arrangement: Arrangement, view: View, *, lanes: bool) -> Plan:
    if arrangement.enlarged is not None:
        return enlarged_plan(size, arrangement.enlarged)
    narrow = arrangement.narrow
    needs = {name: _need(panel, arrangement, view, size.width) for name, panel in panels.items()}
    if narrow:
        second = next(panel.NAME for panel in panels.values() if arrangement.second == panel.NUMBER)
        return small_plan(size, needs, arrangement.opened or second, opened=arrangement.opened is not None)
    return large_plan(size, needs, arrangement.opened, LEFT if lanes else ("timeline", *LEFT), arrangement.shares)


def _need(panel: Panel, arrangement: Arrangement, view: View, width: int) -> Need:
    """Return what a panel asks for. A filler is asked for its rows where a place for it is considered."""
    if panel.NAME in arrangement.heights:
        return Need(arrangement.heights[panel.NAME] - BORDER_ROWS, panel.has_content(view), chosen=True)
    fills = panel.NAME in FILLERS and arrangement.opened != panel.NAME and not arrangement.narrow
    columns = panel.columns if panel.display and panel.columns else width // (1 if arrangement.narrow else 2)
    return Need(
        0 if fills else panel.preferred_rows(view, columns),
        panel.has_content(view),
        most=panel.most_rows(view, columns) if panel.NAME in WHOLE else 0,
        rows_at=partial(panel.preferred_rows, view) if fills else None,
    )


def _tab_panels(panels: Sequence[Panel], view: View, shown: set[str]) -> list[Panel]:
    """Return the panels that a small terminal offers; Pools only if there are any."""
    numbered = sorted((panel for panel in panels if panel.NUMBER), key=lambda panel: panel.NUMBER)
    return [
        panel
        for panel in numbered
        if panel.NAME != Processes.NAME and (panel.NAME != "pools" or panel.NAME in shown or panel.has_content(view))
    ]


def _tab(panel: Panel, view: View) -> str:
    found = sum(finding.active for finding in view.snapshot.findings) if panel.NAME == "findings" else 0
    return f"{panel.TITLE} ({found})" if found else panel.TITLE


def _say_what_is_missing(screen: Screen[object], panels: Sequence[Panel], plan: Plan, view: View) -> None:
    """Let the status line name the panels that have nothing to show, and those for which there is no place."""
    hidden = [panel for panel in panels if panel.NOTHING and panel.NAME not in plan.regions and panel.NAME != "pools"]
    empty = [panel.NOTHING for panel in hidden if not panel.has_content(view)]
    more = [(panel.NUMBER, panel.TITLE) for panel in panels if panel.NAME in plan.left_out]
    screen.query_one(StatusLine).offer(empty, more)


def _arrange_strip(screen: Screen[object], arrangement: Arrangement) -> None:
    strip = screen.query_one("#strip", Steps)
    strip.display = arrangement.has_steps and not arrangement.enlarged
    most = _max_strip_rows(screen.size.height, narrow=arrangement.narrow)
    strip.one_line = most == 1
    strip.styles.height = max(min(strip.lines, most), 1)


def _max_strip_rows(height: int, *, narrow: bool) -> int:
    if not narrow:
        return STRIP_ROWS_WIDE
    return STRIP_ROWS_NARROW if height >= USUAL_ROWS else 1
