"""A lane for each process: when it ran, waited, was stopped, was born and died, and what it sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import ClassVar

from rockproc.observer.model import Message as Crossed
from rockproc.observer.model import MessageEvent, Process, State, TimelineMark
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from ..bases.panel import fact
from ..bases.rows import Row, Rows, column
from ..bases.view import View
from ..bases.visible_rows_panel import VisibleRowsPanel
from ..formatting import message_arrows, quantities
from ..formatting.cells import Cells
from ..formatting.lane import KINDS, NOTHING, Lane
from ..formatting.sanitize import sanitize
from ..formatting.time_window import Lens, Window, precise, ruler
from ..formatting.timed_events import TimedEvents
from . import moment_detail

GLYPHS = {
    State.RUNNING: ("━", "good"),
    State.WAITING: ("╌", "wait"),
    State.STOPPED: ("‖", "stop"),
    State.ZOMBIE: ("·", "bad"),
}
_GLYPHS = [*(GLYPHS[kind] for kind in KINDS), (" ", "")]
assert len(_GLYPHS) == NOTHING + 1
_LEGEND = "━ runs  ╌ waits  ‖ stopped  · zombie  ↯ signal  ● sends  ○ gets"
_RULER = "ruler"
_SLOWLY = 1.5
"""Seconds between two drawings while nothing happens: an odd second is left out."""
_PAGE = 10
"""Columns that shift and an arrow move by."""


class Timeline(VisibleRowsPanel, inherit_bindings=False):
    HELP = (
        "━ runs   ╌ waits   ‖ stopped   · zombie   ┊ start   ↯ signal   ✓ ✖ end   ● sends   ○ receives\n"
        "The arrows put a cursor on a moment; enlarged, messages of the chosen process, "
        "and the message that is chosen in Messages, have arrows between the lanes."
    )
    BINDING_GROUP_TITLE = "Timeline"
    EMPTY = "No process yet. Each gets a lane here as soon as it starts."
    NAME = "timeline"
    TITLE = "Timeline"
    NUMBER = 2
    BINDINGS: ClassVar[list[BindingType]] = [
        *Rows.ARROWS[:4],
        *Rows.VI,
        Binding("left,h", "moment(-1)", "moment", key_display="←→", tooltip="A cursor on the moment before"),
        Binding("right,l", "moment(1)", "later", show=False, tooltip="A cursor on the moment after"),
        Binding("shift+left", f"moment({-_PAGE})", "earlier", show=False, tooltip="Ten columns back"),
        Binding("shift+right", f"moment({_PAGE})", "later", show=False, tooltip="Ten columns on"),
        Binding("plus,equals_sign", "zoom(1)", "zoom", key_display="+-", tooltip="Show less, larger"),
        Binding("minus", "zoom(-1)", "zoom out", show=False, tooltip="Show more, smaller"),
        Binding("0", "whole", "whole run", tooltip="Fit the whole run"),
        Binding("home", "begin", "begin", show=False, tooltip="The cursor to the beginning of the run"),
        Binding("end", "follow", "now", tooltip="Follow what happens now"),
        Binding("m", "messages", "messages", tooltip="Show where messages leave and arrive, or hide it"),
        Binding("enter", "choose", "go there", tooltip="See the run as it was at the moment under the cursor"),
        Binding("escape", "follow_again", "follow", show=False, tooltip="Take the cursor away and follow"),
    ]

    @dataclass
    class MomentChosen(Message):
        """A person wants to see the run as it was then."""

        seconds: float

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lens = Lens()
        self.moment: float | None = None
        """Where the time cursor stands."""
        self.shows_messages = True
        self.message: Crossed | None = None
        """The one that a person has chosen."""
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._lanes: dict[int, Lane] = {}
        self._marks: dict[int, TimedEvents[TimelineMark]] = {}
        self._signals: dict[int, TimedEvents[TimelineMark]] = {}
        self._messages: dict[int, TimedEvents[MessageEvent]] = {}
        self._marks_seen = self._messages_seen = self._messages_first = 0
        self._taken_in: int | None = None
        """The version of the snapshot that was taken in last."""
        self._name_width = 6

    def reset(self) -> None:
        self._begin_anew()
        self.lens, self.moment, self.message = Lens(), None, None
        super().reset()

    # What is shown

    def show(self, view: View) -> None:
        """Where time alone has passed the lanes grow, and every other second is enough to see that."""
        before, version = self.view, view.snapshot.version
        present = before.moment is None and view.moment is None
        same = present and version is not None and version == before.snapshot.version
        if not (same and 0 < view.now - before.now < _SLOWLY):
            super().show(view)

    @property
    def window(self) -> Window:
        return self.lens.window(self.view.now, max(self.columns - self._name_width - 1, 1))

    @property
    def _cursor_at(self) -> float | None:
        """Where the cursor is drawn: not in what is still to come, when the run is shown as it was earlier."""
        return self.moment if self.moment is not None and self.moment <= self.view.now else None

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.processes)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(view.snapshot.processes) + 1

    def rows(self, view: View) -> list[Row]:
        processes = [each for each in view.snapshot.processes if each.started is not None or each.pid is not None]
        if not processes:
            self.headline(self.title)
            return []
        self._read(view)
        self._take_in(view, processes)
        self._name_width = max(min(max(len(each.name) for each in processes), self.columns // 5), 6)
        window = self.window
        self._update_headline(window)
        spaced = 2 * len(processes) <= self.scrollable_content_region.height
        visible_rows = range(len(processes)) if spaced else self.visible_rows
        lines: message_arrows.Grid = []
        for index, process in enumerate(processes):
            lines.append(
                self._line(process, self._lane(process, view), window, view.now) if index in visible_rows else []
            )
            if spaced and index + 1 < len(processes):
                lines.append([(" ", "")] * window.columns)
        step = 2 if spaced else 1
        self._draw_arrows(lines, {process.key: step * index for index, process in enumerate(processes)}, spaced)
        rows = [Row(_RULER, ((" " * (self._name_width + 1), ""), *ruler(window, view.now, self._cursor_at)), False)]
        for index, line in enumerate(lines):
            process = processes[index // step]
            if index // step not in visible_rows:
                rows.append(_out_of_sight(process.key))
                continue
            lane_itself = index % step == 0
            name = column(process.name if lane_itself else "", self._name_width, view.roles[process.key])
            key = process.key if lane_itself else ("between", process.key)
            rows.append(Row(key, (name, (" ", ""), *_joined(self._with_cursor(line, window))), lane_itself))
        return rows

    def _lane(self, process: Process, view: View, *, soon: bool = True) -> Lane:
        """With what is new in it, but for what a lane that is not drawn may leave for later."""
        lane = self._lanes.get(process.key)
        if lane is None:
            lane = self._lanes[process.key] = Lane()
        lane.update(view.intervals(process.key), soon=soon)
        return lane

    def _take_in(self, view: View, processes: list[Process]) -> None:
        """Before the streams forget it, also what is out of sight. Where time alone has passed there is nothing new."""
        version = view.snapshot.version
        if version is None or version != self._taken_in:
            self._taken_in = version
            for process in processes:
                self._lane(process, view, soon=False)

    def _draw_arrows(self, lines: message_arrows.Grid, lanes: dict[int, int], spaced: bool) -> None:
        """Of the chosen message, and of those of the chosen process. lanes: lines by process."""
        window, now, message, process = self.window, self.view.now, self.message, self._process()
        if spaced and message is not None:
            message_arrows.draw(lines, [message], lanes, window, now, message_arrows.CHOSEN)
        if spaced and self.shows_messages and process is not None and process.key in self._messages:
            found = self._messages[process.key].between(window.begin, min(window.end, now))
            message_arrows.draw(
                lines, (event.message for event in found if event.message is not message), lanes, window, now
            )
        if message is not None:
            message_arrows.ends(lines, message, lanes, window, now)

    def _read(self, view: View) -> None:
        """Takes in the marks and messages that are new."""
        first, marks = view.snapshot.marks.since(self._marks_seen)
        self._marks_seen = first + len(marks)
        for mark in marks:
            self._marks.setdefault(mark.process, TimedEvents()).add(mark.at, mark)
            if mark.kind == "signal":
                self._signals.setdefault(mark.process, TimedEvents()).add(mark.at, mark)
        messages = view.snapshot.messages
        if messages.first < self._messages_first or messages.first > self._messages_seen:
            # Another part of a long run is shown, of which only some messages were seen.
            self._messages, self._messages_seen, self._messages_first = {}, 0, messages.first
        first, events = messages.since(self._messages_seen)
        self._messages_seen = first + len(events)
        for event in events:
            channel = view.channels.get(event.message.channel)
            # What was put is sent later, by a thread that no line of the program knows.
            if event.by_hand and not (channel is not None and channel.internal):
                self._messages.setdefault(event.process, TimedEvents()).add(event.at, event)

    def _update_headline(self, window: Window) -> None:
        """The headline. Whole seconds: a new one repaints the whole panel."""
        process, moment = self._process(), self._cursor_at
        if moment is not None:
            then = moment_detail.in_a_line(process, moment, self.view) if process is not None else ""
            title, subtitle = f"{precise(moment, window.cell)}  {then}", "end follows now"
        else:
            now = self.view.now
            shown = min(now, window.end) - window.begin
            length = f"{int(shown)}s" if 1 <= shown < 60 else quantities.span(shown)
            part = "" if window.begin <= 0 and window.end > now else "last " if window.end > now else "part of "
            title, subtitle = f"{part}{length}  {_LEGEND}", "" if window.end > now else "end follows now"
        self.headline(f"{self.title}  {title}", subtitle)

    def _line(self, process: Process, lane: Lane, window: Window, now: float) -> list[tuple[str, str]]:
        line = [_GLYPHS[state] for state in lane.states(window, now)]
        born = process.started if process.started is not None else process.created
        if born is not None and window.holds(born) and line[window.column(born)][0] == " ":
            line[window.column(born)] = ("┊", "dim")
        if self.shows_messages:
            self._mark_messages(process, line, window, now)
        signals = self._signals.get(process.key)
        for place, _ in signals.first_in_columns(window, now) if signals is not None else ():
            line[place] = ("↯", "warn")
        if process.ended is not None and process.ended <= now and window.holds(process.ended):
            bad = bool(process.signal or process.exitcode)
            line[window.column(process.ended)] = ("✖", "bad") if bad else ("✓", "dim")
        return line

    def _mark_messages(self, process: Process, line: list[tuple[str, str]], window: Window, now: float) -> None:
        messages = self._messages.get(process.key)
        if messages is None:
            return
        found = list(messages.first_in_columns(window, now))
        if len(found) > window.columns // 4:  # so many would hide the states
            return
        for place, event in found:
            line[place] = ("○" if event.op == "received" else "●", "accent")

    def _with_cursor(self, line: list[tuple[str, str]], window: Window) -> list[tuple[str, str]]:
        at = self._cursor_at
        if at is not None and window.holds(at) and line:
            place = window.column(at)
            glyph, role = line[place]
            line[place] = ("│", "dim+moment") if glyph == " " else (glyph, f"{role}+moment")
        return line

    # What was at a moment

    def _process(self) -> Process | None:
        selected = self.selected
        return self.view.processes.get(selected.key) if selected and isinstance(selected.key, int) else None

    def detail(self) -> list[Cells]:
        process = self._process()
        if process is None:
            return []
        marks = self._marks.get(process.key)
        moment = self._cursor_at
        near = marks.between(0.0, self.view.now if moment is None else moment) if marks is not None else []
        return [
            *moment_detail.detail(process, moment, self.view),
            *(fact(f"{mark.at:.3f}", f"{mark.kind} {sanitize(mark.text)}") for mark in near[-6:]),
        ]

    # Where one looks

    def action_moment(self, steps: int) -> None:
        """Moves the time cursor by columns; the first time it appears at the newest."""
        window, now = self.window, self.view.now
        last = window.column(now)
        place = min(last, window.columns - 1) if self.moment is None else window.column(self.moment) + steps
        self._put_cursor(max(min(place, last), window.column(0.0)), window)

    def action_begin(self) -> None:
        window = self.window
        self._put_cursor(window.column(0.0), window)

    def _put_cursor(self, place: int, window: Window) -> None:
        """The middle of a column, but nothing that is still to come."""
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
        if message is not self.message:
            self.message = message
            if self.display:
                self.resized()

    def action_messages(self) -> None:
        self.shows_messages = not self.shows_messages
        self.resized()

    def action_choose(self) -> None:
        if self.moment is not None:
            self.post_message(self.MomentChosen(self.moment))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return self.moment is not None if action in ("choose", "follow_again") else True

    def _look(self, lens: Lens, moment: float | None) -> None:
        appears = (moment is None) != (self.moment is None)
        self.lens, self.moment = lens, moment
        self.resized()
        self.post_message(self.Moved(self, self.selected))
        if appears:
            self.refresh_bindings()

    # The ruler stays in its place while the lanes scroll

    def render_line(self, y: int):
        return super().render_line(y if y else -self.scroll_offset.y)

    def refresh_line(self, y: int) -> None:
        super().refresh_line(y if y else self.scroll_offset.y)

    def reveal(self, index: int) -> None:
        if index <= self.scroll_offset.y:
            self.scroll_to(y=max(index - 1, 0), animate=False, force=True)
        else:
            super().reveal(index)

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        self.resized()

    def on_click(self, event: events.Click) -> None:
        """On the ruler it chooses a moment, on a lane it puts the cursor there."""
        offset = event.get_content_offset(self)
        if offset is None or not self.count():
            return
        window = self.window
        place = offset.x - self._name_width - 1
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
        if event.ctrl:
            event.prevent_default()
            event.stop()
            self.action_zoom(steps)


@lru_cache(maxsize=1024)
def _out_of_sight(process: int) -> Row:
    return Row(process, ())


def _joined(line: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours of one role as one text."""
    for role, cells in groupby(line, key=itemgetter(1)):
        yield "".join(glyph for glyph, _ in cells), role
