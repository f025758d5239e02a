"""A run that can be looked at as it was at any moment."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from rockproc.observer.recording.format import SUFFIX, RecordingError
from rockproc.observer.recording.jumps import Wanted, a_step
from rockproc.widgets.bases.view import View
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.panels.time_bar import TimeBar
from textual import on

from .run_screen import RunScreen

if TYPE_CHECKING:
    from ..run.run_protocol import RunProtocol

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)
LEAP = 5.0
"""Seconds."""


class RewindScreen(RunScreen):
    """`moment` is where the view stands, in seconds since launch; None is the present of a run that goes on."""

    moment: float | None = None
    playing = False
    speed = 1.0
    _played_at = 0.0
    _shown: tuple[object, ...] = ()

    @property
    def held(self) -> bool:
        return super().held or self.moment is not None

    @property
    def recorded(self) -> bool:
        return self.run is not None and self.run.recorded

    @property
    def end(self) -> float:
        return self.run.snapshot().now if self.run is not None else 0.0

    @property
    def wanted(self) -> Wanted:
        """What the jump keys lead to."""
        return a_step()

    def forget(self) -> None:
        self.moment, self.playing, self._shown = None, False, ()

    def began(self, run: RunProtocol) -> None:
        super().began(run)
        if self.run is run and run.recorded:
            self.play_from_begin()

    def play_from_begin(self) -> None:
        self.playing = True
        self.go_to(0)

    def frame(self) -> None:
        super().frame()
        if self.moment is None or self.run is None or not self.is_current:
            return
        end = self.end
        if self.playing:
            self._moved = now = time.monotonic()
            self.moment = min(self.moment + (now - self._played_at) * self.speed, end)
            self._played_at = now
            if self.moment >= end:
                self.playing = False
                if not self.recorded:
                    self.action_live()
                    return
        self._show_moment()

    def _show_moment(self) -> None:
        """Draws the moment, if that is not what is drawn already."""
        assert self.moment is not None
        assert self.run is not None
        end, wanted = self.end, self.wanted
        shown = (self.moment, round(end, 1), self.playing, self.speed, wanted.name)
        if shown == self._shown:
            return
        moved = self._shown[:1] != shown[:1]
        self._shown = shown
        if moved:
            try:
                assert self.run.history is not None
                self.view = View.of(self.run.history.at(self.moment), self.moment, self.rockproc.keys_shown)
            except RecordingError as error:
                self.playing = False
                self.notify(
                    sanitize(f"It {error}."), title="This moment cannot be shown", severity="error", markup=False
                )
                return
            self.draw(self.view)
            if self.recorded:  # of a run that goes on, the first line tells the present
                self.draw_header(self.view)
                self._tick(self.view.snapshot)
        found = [finding.at for finding in self.run.snapshot().findings if finding.severity != "info"]
        self.query_one(TimeBar).show(
            self.moment,
            end,
            playing=self.playing,
            speed=self.speed,
            jump=wanted.name,
            recorded=self.recorded,
            marks=found,
            keys=self.rockproc.keys_shown,
        )

    # Moving in time

    def go_to(self, moment: float) -> None:
        """Shows the run as it was then."""
        if self.run is None or self.run.history is None:
            self.notify("This run is not recorded: only its present can be seen.", severity="warning")
            return
        self.paused = False
        self.moment = min(max(moment, 0.0), self.end)
        self._played_at = time.monotonic()
        self.show_paused()
        self._show_moment()

    @property
    def _here(self) -> float:
        return self.moment if self.moment is not None else self.view.now

    def _leap(self, wanted: Wanted, *, forward: bool) -> None:
        if self.run is None or self.run.history is None:
            self.go_to(0)
            return
        if forward and self.moment is None:
            self._tell_present()
            return
        self.playing = False
        try:
            found = self.run.history.nearest(wanted, self._here, forward=forward)
        except RecordingError as error:
            self.notify(sanitize(f"It {error}."), title="The recording", severity="error", markup=False)
            return
        if found is not None:
            self.go_to(found)
        else:
            where = "after" if forward else "before"
            self.notify(f"There is no {sanitize(wanted.name)} {where} this moment.", timeout=2, markup=False)
            if self.moment is None:
                self.go_to(self._here)

    def action_step_back(self) -> None:
        self._leap(a_step(), forward=False)

    def action_step_on(self) -> None:
        self._leap(a_step(), forward=True)

    def action_jump_back(self) -> None:
        self._leap(self.wanted, forward=False)

    def action_jump_on(self) -> None:
        self._leap(self.wanted, forward=True)

    def action_leap_back(self) -> None:
        self.go_to(self._here - LEAP)

    def action_leap_on(self) -> None:
        if self.moment is not None:
            self.go_to(self.moment + LEAP)
        else:
            self._tell_present()

    def _tell_present(self) -> None:
        self.notify(f"This is the present: {self.rockproc.keys_shown['step_back']} goes back.", timeout=2)

    def action_slower(self) -> None:
        self._set_speed(-1)

    def action_faster(self) -> None:
        self._set_speed(1)

    def _set_speed(self, step: int) -> None:
        place = SPEEDS.index(self.speed) + step
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]
        if self.moment is not None:
            self._show_moment()
        else:
            self.notify(f"What is rewound will play at {self.speed:g}×.", timeout=2)

    def action_pause(self) -> None:
        """Holds the present still; what is rewound or recorded is played, or held."""
        if self.moment is None:
            super().action_pause()
            return
        if not self.playing and self.moment >= self.end:
            self.moment = 0.0
        self.playing = not self.playing
        self._played_at = time.monotonic()
        self._show_moment()

    def action_live(self) -> None:
        """Back to the present; in a recording, to its end."""
        if self.recorded:
            self.playing = False
            self.go_to(self.end)
            return
        self.moment, self.playing, self.paused = None, False, False
        self._shown = self._drawn = ()
        self.show_paused()
        self.frame()

    @on(TimeBar.Moved)
    def drag(self, event: TimeBar.Moved) -> None:
        self.playing = False
        self.go_to(event.moment)

    # Keeping

    def action_save(self) -> None:
        """Saves what has been recorded by now next to where the command was started."""
        if self.run is None:
            return
        path = Path(time.strftime(f"{Path(self.launch.script).stem or 'run'}-%Y%m%d-%H%M%S{SUFFIX}"))
        try:
            self.run.save(path)
        except OSError as error:
            reason = sanitize(f"{path}: {error.strerror or error}")
            self.notify(reason, title="It cannot be saved", severity="error", markup=False)
        else:
            title = "Saved up to now" if self.run.snapshot().now and not self.run.ended.is_set() else "Saved"
            self.notify(f"rockproc-tui replay {sanitize(str(path))}", title=title, markup=False)
