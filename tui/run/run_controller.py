"""Control of one run: its start and end, the mode in which it is shown, and the view that the panels draw."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace
from rockproc.observer.model import RunState, Snapshot
from rockproc.observer.recording.file_name import file_name
from rockproc.observer.scenarios.catalog import Scenario
from rockproc.observer.scenarios.launch import Launch
from rockproc.observer.scenarios.steps import seen
from rockproc.widgets.bases.view import EMPTY_VIEW, View
from rockproc.widgets.formatting.sanitize import sanitize
from textual.screen import Screen

from .frame_clock import FrameClock
from .mode import Mode, changed
from .run_protocol import RunProtocol
from .services import AppServices, services_of


class RunDisplay(Protocol):
    """The part of a screen that shows what the controller has."""

    def draw(self, view: View) -> None:
        """Draw the panels."""
        ...

    def draw_header(self, view: View) -> None:
        """Draw the first lines, which follow the run also while the panels do not."""
        ...

    def note(self, view: View) -> None:
        """Keep facts that later views will not have, while the panels keep an earlier view."""
        ...

    def mode_changed(self) -> None: ...
    def run_began(self, run: RunProtocol) -> None: ...

    def run_forgotten(self) -> None:
        """Empty the panels for another run."""
        ...

    def step_seen(self, index: int) -> None: ...


class RunController:
    """Starts, follows and ends the run of a screen.

    The panels show `view`. It is the newest one while the mode follows the run and no dialog holds it.
    """

    def __init__(
        self,
        screen: Screen[object],
        display: RunDisplay,
        scenario: Scenario,
        launch: Launch,
        recording: RunProtocol | None = None,
        *,
        ready: bool = False,
    ) -> None:
        """Make the control of a run.

        Args:
            screen: The screen that shows the run.
            display: The same screen, as this module uses it.
            scenario: The scenario that runs.
            launch: The way in which it is started.
            recording: A recording that is shown instead of a run that is started.
            ready: Whether the run waits until the user starts it.
        """
        self._screen, self._display, self._recording = screen, display, recording
        self.scenario, self.launch = scenario, launch
        self.run: RunProtocol | None = None
        self.mode = Mode.READY if ready else Mode.LIVE
        self.view: View = EMPTY_VIEW
        """The view that the panels show."""
        self.newest: View = EMPTY_VIEW
        """The newest view, also while the panels show another one."""
        self.generation = 0
        """The number of times that `invalidate` was called."""
        self._holds = 0
        self._end_requested = False
        self._drawn: object = None
        self._panels_drawn: object = None
        self._activity: object = None
        self.clock: FrameClock | None = None
        self._draw_after = list[Callable[[], None]]()

    @property
    def services(self) -> AppServices:
        return services_of(self._screen)

    @property
    def ending(self) -> bool:
        """True if the user, or the time limit, has ended this run."""
        return self._end_requested

    @property
    def held(self) -> bool:
        """True if the panels keep their view while the run goes on."""
        return not self.mode.follows or self._holds > 0

    @property
    def recorded(self) -> bool:
        return self.run is not None and self.run.recorded

    @property
    def ended(self) -> bool:
        return self.newest.snapshot.state is RunState.ENDED

    @property
    def end_seconds(self) -> float:
        """The run's end, or its present, in seconds since launch."""
        return self.run.snapshot().now if self.run is not None else 0.0

    @property
    def seen_steps(self) -> set[int]:
        return self.services.seen_steps.setdefault(self.scenario.steps_key, set())

    # Start and end

    def start(self, *after_frame: Callable[[], None]) -> None:
        """Start the run and the frames of its screen, which is mounted. `after_frame` is called behind each frame."""
        self._draw_after += after_frame
        self.clock = FrameClock(self._screen, self.frame, self._await_news)
        if self.mode is Mode.READY:
            self.view = replace(EMPTY_VIEW, keys=self.services.keys_shown, started=False)
            self._display.mode_changed()
        else:
            self._start_run()

    def _start_run(self) -> None:
        self._screen.run_worker(self._start_in_thread, thread=True, group="run", description="start the run")

    def _start_in_thread(self) -> None:
        services = self.services
        try:
            run = self._recording or services.start_run(self.launch)
        except Exception as error:  # LaunchError or the system's: a program that does not start is content, no crash
            services.call_from_thread(self._report_start_failure, str(error) or type(error).__name__)
        else:
            services.call_from_thread(self._began, run)

    def _began(self, run: RunProtocol) -> None:
        if not self._screen.is_attached:
            self.services.end_run_in_background(run)
            return
        self.run, self._end_requested = run, False
        self.wake()
        self._display.run_began(run)

    def _report_start_failure(self, reason: str) -> None:
        self._screen.notify(
            sanitize(reason), title="The program did not start", severity="error", timeout=20, markup=False
        )
        ended = replace(self.view.snapshot, state=RunState.ENDED)
        self.view = View.of(ended, keys=self.services.keys_shown)
        self._display.draw(self.view)

    def end_run(self) -> None:
        """End every process of the run."""
        if self.run is None or self.run.snapshot().state is RunState.ENDED:
            again = self.services.keys_shown["again"]
            self._screen.notify(f"The run has ended already. {again} runs it again.", severity="warning")
            return
        self._request_end()
        self._end_in_background()

    def run_again(self) -> None:
        self._request_end()
        self._end_in_background(again=True)

    def leave(self) -> None:
        """End the run without waiting: its screen closes."""
        run, self.run = self.run, None
        if run is not None:
            self.services.end_run_in_background(run)

    def _request_end(self) -> None:
        self._end_requested = True
        if self.mode is Mode.LIVE:
            self.change_mode(Mode.ENDING)

    def _end_in_background(self, *, again: bool = False) -> None:
        def end() -> None:
            services = self.services
            if self.run is not None:
                services.end_run(self.run)
            if again:
                services.call_from_thread(self._restart)

        self._screen.run_worker(end, thread=True, group="run", description="end the run")

    def _restart(self) -> None:
        self.run, self.view, self.mode = None, EMPTY_VIEW, Mode.LIVE
        self.invalidate()
        self._display.run_forgotten()
        self._display.mode_changed()
        self._start_run()

    # Frames

    def invalidate(self) -> None:
        """Make the next frame draw everything, including what has not changed."""
        self.generation += 1
        self._drawn = self._panels_drawn = None

    def wake(self) -> None:
        """Draw often again, since something has happened or the user presses keys."""
        if self.run is not None and self.clock is not None:
            self.clock.wake()

    def mark_active(self) -> None:
        if self.clock is not None:
            self.clock.mark_active()

    def _await_news(self) -> None:
        """Request a notification of news from an idle run."""
        if self.run is not None:
            self.run.await_news(self.newest.snapshot, self._hear_news)

    def _hear_news(self) -> None:
        """Wake the screen. The observer's thread calls this."""
        with contextlib.suppress(RuntimeError):  # the app has just ended
            self._screen.call_later(self.wake)

    def frame(self) -> None:
        """Draw what is new. The panels keep their view while it is held."""
        self._follow_run()
        for draw in self._draw_after:
            draw()

    def frame_now(self) -> None:
        """Draw a frame although the last one was expensive."""
        if self.clock is not None:
            self.clock.end_rest()
        self.frame()

    def _follow_run(self) -> None:
        clock = self.clock
        if self.run is None or clock is None or clock.resting:
            return
        begin = time.thread_time()
        snapshot = self.run.snapshot()
        # Where nothing happens only the clocks go on: once a second is enough for them.
        now = snapshot.now if snapshot.version is None else int(snapshot.now)
        streams = snapshot.commands.total, snapshot.output.total
        own = self.held, self.ending, self.services.recording
        activity = snapshot.state, snapshot.version, streams, own
        if snapshot.version is None or activity != self._activity:
            self._activity = activity
            clock.mark_active()
        if (now, activity) == self._drawn or (not self._screen.is_current and self._holds == 0):
            return
        self._drawn = now, activity
        newest = self.newest = self.newest.updated(snapshot, self.services.keys_shown)
        self._display.draw_header(newest)
        if self.held:
            self._display.note(newest)
        if not self.run.recorded and not self.ending:  # what our own ending does to the processes counts for no step
            self.note_steps(snapshot)
        shown = now if snapshot.version is None else now // clock.panel_interval, activity
        if not self.held and shown != self._panels_drawn:
            self._panels_drawn = shown
            self.view = newest
            self._display.draw(newest)
            # With hundreds of processes a frame is expensive. The CPU time of the observer's thread does not count.
            clock.rest_after(time.thread_time() - begin)
        if not self.run.recorded:
            self._apply_time_limit(snapshot)

    def _apply_time_limit(self, snapshot: Snapshot) -> None:
        limit = self.services.timeout
        if limit is None or snapshot.now <= limit or snapshot.state is RunState.ENDED or self.ending:
            return
        self._screen.notify(f"--timeout {limit:g} has passed.", title="The run is ended", timeout=20)
        self._request_end()
        self._end_in_background()

    def note_steps(self, snapshot: Snapshot) -> None:
        """Tick the steps of the scenario that can be seen in a snapshot."""
        for index, step in enumerate(self.scenario.steps):
            if index not in self.seen_steps and seen(step.see, snapshot):
                self.seen_steps.add(index)
                self._display.step_seen(index)

    # The mode

    def change_mode(self, mode: Mode) -> None:
        """Change the mode. Raises IllegalTransition."""
        if mode is not self.mode:
            self.mode = changed(self.mode, mode)
            self.invalidate()
            self._display.mode_changed()

    def follow(self) -> None:
        """Show the present again."""
        if not self.recorded:
            self.change_mode(Mode.ENDING if self.ending else Mode.LIVE)
            self.frame()

    def toggle_pause(self) -> None:
        """Pause the view or follow the run again; start a run that waits for that."""
        if self.mode is Mode.READY:
            self.view = EMPTY_VIEW
            self.change_mode(Mode.LIVE)
            self._start_run()
        elif self.mode is Mode.PAUSED:
            self.follow()
        else:
            self.change_mode(Mode.PAUSED)
            self._freeze_view()
            self.frame()

    def hold(self) -> None:
        """Keep the view until `release`. Holds are counted."""
        self._holds += 1
        if self._holds == 1 and self.mode is not Mode.PAUSED:
            self._freeze_view()

    def release(self) -> None:
        self._holds -= 1
        self.invalidate()

    def show_moment(self, snapshot: Snapshot, moment: float) -> None:
        """Show an earlier moment, in seconds since launch."""
        self.view = View.of(snapshot, moment, self.services.keys_shown)
        self._display.draw(self.view)
        self._display.draw_header(self.view)
        if self.recorded:
            self.note_steps(snapshot)

    def _freeze_view(self) -> None:
        """Replace the streams of the view by copies that do not grow."""
        snapshot = self.view.snapshot
        self.view = View.of(
            replace(
                snapshot,
                messages=snapshot.messages.held(),
                output=snapshot.output.held(),
                marks=snapshot.marks.held(),
                spans={key: spans.held() for key, spans in list(snapshot.spans.items())},
            ),
            self.view.moment,
            self.services.keys_shown,
        )

    # Saving

    def save(self) -> None:
        """Save what has been recorded so far, in the current directory."""
        if self.run is None:
            return
        path = Path(file_name(self.launch.script))
        try:
            self.run.save(path)
        except OSError as error:
            reason = sanitize(f"{path}: {error.strerror or error}")
            self._screen.notify(reason, title="The run cannot be saved", severity="error", markup=False)
        else:
            title = "Saved up to now" if self.run.snapshot().now and not self.run.ended.is_set() else "Saved"
            self._screen.notify(f"rockproc-tui replay {sanitize(str(path))}", title=title, markup=False)
