"""The Lab can be used with the mouse: borders are dragged, titles and names are clicked."""

from __future__ import annotations

import pytest
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.screens.lab_layout import PanelArea
from rockproc.widgets.panels.output import Output
from rockproc.widgets.panels.status_line import StatusLine
from rockproc.widgets.panels.tab_bar import TabBar
from textual import events
from textual.app import App, ComposeResult

from tests.tui.conftest import lab, settled


def mouse(kind: type[events.MouseEvent], area: PanelArea, x: int, y: int, button: int = 1) -> events.MouseEvent:
    """Return an event of the mouse at a place of the screen."""
    return kind(area, x, y, 0, 0, button, False, False, False, x, y)


async def test_the_line_beside_the_output_is_dragged(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        area, output = lab(lab_app).query_one(PanelArea), lab(lab_app).query_one(Output)
        x, y = output.region.x, output.region.y + 2
        for event in (
            mouse(events.MouseDown, area, x, y),
            mouse(events.MouseMove, area, x + 5, y),
            mouse(events.MouseMove, area, x + 20, y),
            mouse(events.MouseUp, area, x + 20, y),
            mouse(events.MouseMove, area, x + 30, y),
        ):
            area.post_message(event)
        await settled(pilot)
        assert abs(output.region.x - (x + 20)) <= 1
        assert lab_app.mouse_captured is None
        await pilot.press("L")
        await settled(pilot)
        assert abs(output.region.x - (x + 20)) > 1


@pytest.mark.slow
async def test_the_rule_below_the_output_is_dragged_until_another_layout_is_chosen(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        area, output = lab(lab_app).query_one(PanelArea), lab(lab_app).query_one(Output)
        x, bottom, height = output.region.x + 10, output.region.bottom, output.region.height
        for event in (
            mouse(events.MouseDown, area, x, bottom),
            mouse(events.MouseMove, area, x, bottom - 3),
            mouse(events.MouseUp, area, x, bottom - 3),
        ):
            area.post_message(event)
        await settled(pilot)
        assert output.region.height == height - 3


class Line(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")

    def on_tab_bar_chosen(self, event: TabBar.Chosen) -> None:
        self.chosen.append(event.number)


async def test_a_panel_without_a_place_is_opened_by_a_click_on_its_name() -> None:
    app = Line()
    async with app.run_test(size=(60, 4)) as pilot:
        line = app.query_one(StatusLine)
        line.offer(["no messages", "no findings"], [(4, "Shared"), (5, "Locks")])
        await pilot.pause()
        assert line.text == " no messages · no findingsmore: 4 Shared 5 Locks "
        for x in (59, 48, 4):
            await pilot.click("#status", offset=(x, 0))
        assert app.chosen == [5, 4]
