"""Travel in the time of a run: steps, jumps and playback."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from rockproc.observer.recording.format import RecordingError
from rockproc.observer.recording.jumps import Wanted, all_changes
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.panels.time_bar import TimeBar
from textual.screen import Screen

from .mode import Mode
from .run_controller import RunController

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)
LEAP_SECONDS = 5.0


class Playback:
    """The moment that a rewound or replayed run shows, and its movement."""

    def __init__(self, screen: Screen[object], controller: RunController, jump_target: Callable[[], Wanted]) -> None:
        """Create it for one screen. `jump_target` returns the kind of thing to which the jump keys go."""
        self._screen, self._controller, self._jump_target = screen, controller, jump_target
        self.moment: float | None = None
        """The moment of the view in seconds since launch; None is the present of a run that continues."""
        self.playing = False
        self.speed = 1.0
        self._played_at = 0.0
        self._shown: tuple[object, ...] = ()
        self.handlers: dict[str, Callable[[], None]] = {
            "pause": self.pause_or_play,
            "step_back": partial(self._step, forward=False),
            "step_on": partial(self._step, forward=True),
            "jump_back": partial(self._jump_in_panel, forward=False),
            "jump_on": partial(self._jump_in_panel, forward=True),
            "leap_back": self._leap_back,
            "leap_on": self._leap_on,
            "slower": partial(self._change_speed, -1),
            "faster": partial(self._change_speed, 1),
            "live": self.follow,
        }

    def forget(self) -> None:
        """Begin again with another run."""
        self.moment, self.playing, self._shown = None, False, ()

    def play_from_start(self) -> None:
        self.playing = True
        self.go_to(0)

    def frame(self) -> None:
        """Move on while playing, and draw the moment."""
        if self.moment is None or self._controller.run is None or not self._screen.is_current:
            return
        end = self._controller.end_seconds
        if self.playing:
            self._controller.mark_active()
            now = time.monotonic()
            self.moment = min(self.moment + (now - self._played_at) * self.speed, end)
            self._played_at = now
            if self.moment >= end:
                self.playing = False
                if not self._controller.recorded:
                    self.follow()
                    return
        self._show()

    def _show(self) -> None:
        """Draw the moment, unless it is drawn already."""
        controller, moment = self._controller, self.moment
        run = controller.run
        if run is None or moment is None or run.history is None:
            return
        end, target = controller.end_seconds, self._jump_target()
        shown = (moment, controller.generation, round(end, 1), self.playing, self.speed, target.name)
        if shown == self._shown:
            return
        moved = self._shown[:2] != shown[:2]
        self._shown = shown
        if moved:
            try:
                controller.show_moment(run.history.at(moment), moment)
            except RecordingError as error:
                self.playing = False
                self._notify_damage("This moment cannot be shown", error)
                return
        marks = [finding.at for finding in run.snapshot().findings if finding.severity != "info"]
        self._screen.query_one(TimeBar).show(
            moment,
            end,
            playing=self.playing,
            speed=self.speed,
            jump=target.name,
            recorded=controller.recorded,
            marks=marks,
            keys=controller.services.keys_shown,
        )

    def _notify_damage(self, title: str, error: RecordingError) -> None:
        self._screen.notify(sanitize(f"It {error}."), title=title, severity="error", markup=False)

    # Movement

    def go_to(self, moment: float) -> None:
        """Show the run as it was at a moment, in seconds since launch."""
        controller = self._controller
        if controller.run is None or controller.run.history is None:
            self._screen.notify("This run is not recorded: only its present can be seen.", severity="warning")
            return
        self.moment = min(max(moment, 0.0), controller.end_seconds)
        self._played_at = time.monotonic()
        controller.change_mode(Mode.REPLAY if controller.recorded else Mode.REWOUND)
        self._show()

    @property
    def _here(self) -> float:
        return self.moment if self.moment is not None else self._controller.view.now

    def _jump(self, target: Wanted, *, forward: bool) -> None:
        run = self._controller.run
        if run is None or run.history is None:
            self.go_to(0)
            return
        if forward and self.moment is None:
            self._say_that_this_is_the_present()
            return
        self.playing = False
        try:
            found = run.history.nearest(target, self._here, forward=forward)
        except RecordingError as error:
            self._notify_damage("The recording", error)
            return
        if found is not None:
            self.go_to(found)
        else:
            where = "after" if forward else "before"
            self._screen.notify(f"There is no {sanitize(target.name)} {where} this moment.", timeout=2, markup=False)
            if self.moment is None:
                self.go_to(self._here)

    def _step(self, *, forward: bool) -> None:
        self._jump(all_changes(), forward=forward)

    def _jump_in_panel(self, *, forward: bool) -> None:
        self._jump(self._jump_target(), forward=forward)

    def _leap_back(self) -> None:
        self.go_to(self._here - LEAP_SECONDS)

    def _leap_on(self) -> None:
        if self.moment is not None:
            self.go_to(self.moment + LEAP_SECONDS)
        else:
            self._say_that_this_is_the_present()

    def _say_that_this_is_the_present(self) -> None:
        back = self._controller.services.keys_shown["step_back"]
        self._screen.notify(f"This is the present: {back} goes back.", timeout=2)

    def _change_speed(self, step: int) -> None:
        place = SPEEDS.index(self.speed) + step
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]
        if self.moment is not None:
            self._show()
        else:
            self._screen.notify(f"A rewound run will play at {self.speed:g}×.", timeout=2)

    def pause_or_play(self) -> None:
        """Pause the view of the present; play or stop a rewound run or a recording."""
        if self.moment is None:
            self._controller.toggle_pause()
            return
        if not self.playing and self.moment >= self._controller.end_seconds:
            self.moment = 0.0
        self.playing = not self.playing
        self._played_at = time.monotonic()
        self._show()

    def drag_to(self, moment: float) -> None:
        self.playing = False
        self.go_to(moment)

    def follow(self) -> None:
        """Go to the present; in a recording, to its end."""
        self.playing = False
        if self._controller.recorded:
            self.go_to(self._controller.end_seconds)
            return
        self.moment, self._shown = None, ()
        self._controller.follow()
