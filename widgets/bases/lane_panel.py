"""A list panel whose rows have lanes: the keys and the mouse move a cursor in time and choose the scale."""

from __future__ import annotations

from dataclasses import dataclass

from rockproc.observer.model import Message as Crossed
from rockproc.observer.model import Process
from rockproc.observer.model.keys import ProcessKey
from textual import events
from textual.binding import Binding
from textual.message import Message

from ..formatting import message_arrows
from ..formatting.time_window import Lens, Window
from .lane_chart import LaneChart
from .visible_rows_panel import VisibleRowsPanel

_PAGE_COLUMNS = 10
"""The number of columns that shift and an arrow key move by."""

LANE_BINDINGS = (
    Binding("left", "moment(-1)", "moment", key_display="←→", tooltip="Move the time cursor one column back"),
    Binding("right", "moment(1)", "later", show=False, tooltip="Move the time cursor one column forward"),
    Binding("shift+left", f"moment({-_PAGE_COLUMNS})", "earlier", show=False, tooltip="Move it ten columns back"),
    Binding("shift+right", f"moment({_PAGE_COLUMNS})", "later", show=False, tooltip="Move it ten columns forward"),
    Binding("plus,equals_sign", "zoom(1)", "zoom", key_display="+-", tooltip="Zoom in"),
    Binding("minus", "zoom(-1)", "zoom out", show=False, tooltip="Zoom out"),
    Binding("0", "whole", "whole run", tooltip="Fit the whole run"),
    Binding("m", "messages", "messages", tooltip="Show or hide where messages leave and arrive"),
    Binding("enter", "choose", "go there", tooltip="Rewind the run to the moment under the cursor"),
    Binding("escape", "follow_again", "follow", show=False, tooltip="Remove the time cursor and follow the run"),
)


class LanePanel(VisibleRowsPanel, inherit_bindings=False):
    @dataclass
    class MomentChosen(Message):
        """The user wants to rewind the run to a moment."""

        seconds: float
        """Seconds since launch."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.chart = LaneChart()

    def reset(self) -> None:
        self.chart.reset()
        super().reset()

    # The interface for subclasses

    @property
    def lane_begin(self) -> int:
        """The first column of the lanes."""
        return 0

    @property
    def has_lanes(self) -> bool:
        return True

    @property
    def process(self) -> Process | None:
        """The process under the cursor."""
        selected = self.selected
        return self.view.processes.get(ProcessKey(selected.key)) if selected and isinstance(selected.key, int) else None

    # The time cursor and the scale

    @property
    def window(self) -> Window:
        return self.chart.window(self.view, self.columns - self.lane_begin)

    @property
    def lens(self) -> Lens:
        return self.chart.lens

    @lens.setter
    def lens(self, lens: Lens) -> None:
        self.chart.lens = lens

    @property
    def moment(self) -> float | None:
        """The moment of the time cursor, in seconds since launch."""
        return self.chart.moment

    @property
    def message(self) -> Crossed | None:
        """The message whose ends are shown."""
        return self.chart.message

    def draw_arrows(self, lines: message_arrows.Grid, lanes: dict[ProcessKey, int], *, spaced: bool) -> None:
        """Draw arrows for the selected message and for those of the selected process.

        Args:
            lines: The lanes, with a free line between each two if they are spaced.
            lanes: The index of the line of each process.
            spaced: False if there is no room for arrows, but only for their ends.
        """
        chart, window, now, process = self.chart, self.window, self.view.now, self.process
        message = chart.message
        if spaced and message is not None:
            message_arrows.draw(lines, [message], lanes, window, now, message_arrows.CHOSEN)
        if spaced and chart.shows_messages and process is not None and process.key in chart.messages:
            found = chart.messages[process.key].between(window.begin, min(window.end, now))
            message_arrows.draw(
                lines, (event.message for event in found if event.message is not message), lanes, window, now
            )
        if message is not None:
            message_arrows.ends(lines, message, lanes, window, now)

    def action_moment(self, steps: int) -> None:
        """Move the time cursor by columns. At first it appears at the newest moment."""
        window, now = self.window, self.view.now
        last = window.column(now)
        place = min(last, window.columns - 1) if self.moment is None else window.column(self.moment) + steps
        self._put_cursor(max(min(place, last), window.column(0.0)), window)

    def action_begin(self) -> None:
        window = self.window
        self._put_cursor(window.column(0.0), window)

    def _put_cursor(self, place: int, window: Window) -> None:
        """Put the time cursor into the middle of a column, but not into the future."""
        at = min(window.at(place) + window.cell / 2, self.view.now)
        self._look(self.lens.reaching(at, window), at)

    def action_zoom(self, steps: int) -> None:
        window = self.window
        newest = window.begin > 0 and window.end > self.view.now
        around = self.moment
        if around is None and not newest and self.lens.begin is not None:
            around = window.begin + window.columns * window.cell / 2
        self._look(self.lens.zoomed(steps, window, around), self.moment)

    def action_whole(self) -> None:
        self._look(Lens(whole=True), self.moment)

    def action_follow(self) -> None:
        self._look(Lens(), None)

    def action_follow_again(self) -> None:
        self.action_follow()

    def point_at(self, message: Crossed | None) -> None:
        """Show where one message left and where it arrived."""
        if message is not self.chart.message:
            self.chart.message = message
            if self.display and self.has_lanes:
                self.resized()

    def action_messages(self) -> None:
        self.chart.shows_messages = not self.chart.shows_messages
        self.resized()

    def action_choose(self) -> None:
        if self.moment is not None:
            self.post_message(self.MomentChosen(self.moment))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("choose", "follow_again"):
            return self.has_lanes and self.moment is not None
        if action in ("moment", "zoom", "whole", "messages", "follow", "begin"):
            return self.has_lanes
        return super().check_action(action, parameters)

    def _look(self, lens: Lens, moment: float | None) -> None:
        appears = (moment is None) != (self.moment is None)
        self.chart.lens, self.chart.moment = lens, moment
        self.resized()
        self.post_message(self.Moved(self, self.selected))
        if appears:
            self.refresh_bindings()

    # The ruler is the first row and does not scroll

    def render_line(self, y: int):
        return super().render_line(y if y or not self.has_lanes else -self.scroll_offset.y)

    def refresh_line(self, y: int) -> None:
        super().refresh_line(y if y or not self.has_lanes else self.scroll_offset.y)

    def reveal(self, index: int) -> None:
        if self.has_lanes and index <= self.scroll_offset.y:
            self.scroll_to(y=max(index - 1, 0), animate=False, force=True)
        else:
            super().reveal(index)

    def on_click(self, event: events.Click) -> None:
        """Handle a click: on the ruler it rewinds to its moment; on a lane it puts the time cursor there."""
        offset = event.get_content_offset(self)
        if offset is None or not self.count() or not self.has_lanes:
            return
        window = self.window
        place = offset.x - self.lane_begin
        if 0 <= place <= window.column(self.view.now):
            self._put_cursor(place, window)
            if offset.y == 0:
                event.prevent_default()
                self.action_choose()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, steps: int) -> None:
        if event.ctrl and self.has_lanes:
            event.prevent_default()
            event.stop()
            self.action_zoom(steps)
