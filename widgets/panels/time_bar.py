"""A bar with the position of a rewound view in the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.message import Message

from ..bases.bar import Bar
from ..bases.rows import length
from ..formatting import quantities
from ..formatting.cells import Cells

KEYS = ("step_back", "step_on", "jump_back", "jump_on", "pause", "live")


class _At(NamedTuple):
    moment: float
    end: float
    playing: bool
    speed: float
    jump: str
    recorded: bool
    marks: Sequence[float]
    keys: Mapping[str, str]


class TimeBar(Bar):
    """A bar with a track that can be dragged by mouse."""

    @dataclass
    class Moved(Message):
        moment: float
        """Seconds since launch."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._at: _At | None = None
        self._dragging = False
        self._track = range(0)
        """The columns of the track."""

    def show(
        self,
        moment: float,
        end: float,
        *,
        playing: bool,
        speed: float,
        jump: str,
        recorded: bool,
        marks: Sequence[float],
        keys: Mapping[str, str],
    ) -> None:
        """Show a moment of the run.

        Args:
            moment: the moment, in seconds since launch.
            end: the end of what can be shown.
            playing: True if the moment advances.
            speed: the factor at which it advances.
            jump: the kind of thing to which the jump keys go.
            recorded: True for a recording.
            marks: the moments that are marked, in seconds.
            keys: the name of the key of each action.
        """
        self._at = _At(moment, end, playing, speed, jump, recorded, marks, keys)
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        if self._at is None or not self.size.width:
            return
        moment, end, playing, speed, jump, recorded, marks, keys = self._at
        glyph = "▸" if playing else "‖"
        times = speed if speed < 1 else int(speed)
        rate = f" {times:g}×" if speed != 1 else ""
        head = f" {glyph} {'RECORDING' if recorded else 'REWOUND'} {_precise(moment)} of {quantities.clock(end)}{rate} "
        back, on, jump_back, jump_on, play, live = (keys[name] for name in KEYS)
        hints = f"  {back} {on} step  {jump_back} {jump_on} {jump}  {play} {'hold' if playing else 'play'}"
        hints += "  " if recorded else f"  {live} now "
        room = self.size.width - len(head) - length(((hints, ""),))
        if room < 12:
            hints = f" {back} {on} {jump_back} {jump_on} {play} " + ("" if recorded else f"{live} ")
            room = self.size.width - len(head) - length(((hints, ""),))
        self._track = range(len(head), len(head) + max(room, 0))
        self.set_cells(((head, ""), *_track(moment, end, room, marks)), ((hints, ""),))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragging = True
        self.capture_mouse()
        self._go(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if event.button and self._dragging:
            self._go(event.x)

    def on_mouse_up(self) -> None:
        self._dragging = False
        self.release_mouse()

    def _go(self, column: int) -> None:
        if self._at is not None and len(self._track) > 1:
            share = (column - self._track.start) / (len(self._track) - 1)
            self.post_message(self.Moved(min(max(share, 0.0), 1.0) * self._at.end))


def _precise(seconds: float) -> str:
    """Return a moment in milliseconds: `00:04.213`."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(minutes):02d}:{rest:06.3f}"


def _track(moment: float, end: float, columns: int, marks: Sequence[float]) -> Cells:
    if columns < 1:
        return ()

    def place(at: float) -> int:
        return min(int(at / end * (columns - 1) + 0.5), columns - 1) if end > 0 else 0

    line = ["━" if index < place(moment) else "─" for index in range(columns)]
    for mark in marks:
        line[place(mark)] = "◆"
    line[place(moment)] = "●"
    return (("".join(line), ""),)
