"""A screen with a run behind it: its beginning and end, and the view that is drawn ten times a second."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from rockproc.observer.model import RunState, Snapshot
from rockproc.observer.scenarios.catalog import Scenario
from rockproc.observer.scenarios.experiments import seen
from rockproc.observer.scenarios.launch import Launch
from rockproc.widgets.bases.view import EMPTY_VIEW, View
from rockproc.widgets.formatting.sanitize import sanitize
from textual import work

from .sized import SizedScreen

if TYPE_CHECKING:
    from ..app import RockprocApp
    from ..run.run_protocol import RunProtocol

FRAMES, IDLE_FRAMES = 12, 1
"""A second, and while nothing happens."""
SETTLED = 2.0
"""Seconds without news after which nothing happens."""
REST = 6
"""How many times as long as a frame took to make, in CPU, the screen rests after it."""


class RunScreen(SizedScreen):
    def __init__(self, scenario: Scenario, launch: Launch, replay: RunProtocol | None = None) -> None:
        """replay: a recording to show instead of a run that begins."""
        super().__init__()
        self._replay = replay
        self._rests_until = 0.0
        self.scenario, self.launch = scenario, launch
        self.run: RunProtocol | None = None
        self.view: View = EMPTY_VIEW
        """What the panels show: the newest, or the one that is held."""
        self._present = EMPTY_VIEW
        """The newest, also while `view` is held."""
        self.paused = False
        self._holds = 0
        self._ending = False
        self._drawn: tuple[object, ...] = ()
        self._moves: tuple[object, ...] = ()
        self._moved = 0.0
        """What tells that something has happened, and when it last did."""

    @property
    def rockproc(self) -> RockprocApp:
        return cast("RockprocApp", self.app)

    @property
    def done(self) -> set[int]:
        """The experiments of this scenario that were seen."""
        return self.rockproc.ticks.setdefault(self.scenario.path, set())

    @property
    def held(self) -> bool:
        return self.paused or self._holds > 0

    def on_mount(self) -> None:
        self.begin()
        self._frames = self.set_interval(1 / FRAMES, self.frame)
        self.set_interval(1 / IDLE_FRAMES, self.rest)

    # The life of the run

    @work(thread=True, group="run", description="start the run")
    def begin(self) -> None:
        try:
            run = self._replay or self.rockproc.begin(self.launch)
        except Exception as error:  # LaunchError, or what the system says: a program that does not start is no crash
            self.rockproc.call_from_thread(self._did_not_start, str(error) or type(error).__name__)
        else:
            self.rockproc.call_from_thread(self.began, run)

    def began(self, run: RunProtocol) -> None:
        if not self.is_attached:
            self.rockproc.end_later(run)
            return
        self.run = run
        self.stir()
        self._ending = False

    def _did_not_start(self, reason: str) -> None:
        self.notify(sanitize(reason), title="It did not start", severity="error", timeout=20, markup=False)
        self.view = View.of(replace(self.view.snapshot, state=RunState.ENDED), keys=self.rockproc.keys_shown)
        self.draw(self.view)

    @work(thread=True, group="run", description="stop the run")
    def finish(self, *, again: bool = False) -> None:
        """Ends the run, and then starts it anew."""
        run = self.run
        if run is not None:
            self.rockproc.end(run)
        del run  # or it is kept until the next one has begun
        if again:
            self.rockproc.call_from_thread(self._restart)

    def _restart(self) -> None:
        self.run, self.view, self.paused, self._drawn = None, EMPTY_VIEW, False, ()
        self.forget()
        self.begin()

    # The frame

    def stir(self) -> None:
        """Something has happened, or somebody is at the keys: draw often again."""
        if self.run is not None:
            self._moved = time.monotonic()
            self._frames.resume()

    def rest(self) -> None:
        """While nothing happens, the clocks go on; what ends that tells of itself."""
        self.frame()
        if self.run is not None and time.monotonic() - self._moved > SETTLED:
            self._frames.pause()
            self.run.await_news(self._present.snapshot, self._hear_news)

    def _hear_news(self) -> None:
        """By the observer's thread."""
        with contextlib.suppress(RuntimeError):  # the app has just ended
            self.call_later(self.stir)

    def frame(self) -> None:
        """Draws what is new. The panels stay as they are while the view is held."""
        if self.run is None or time.monotonic() < self._rests_until:
            return
        begin = time.thread_time()
        snapshot = self.run.snapshot()
        # Where nothing happens, the clocks alone go on: once a second is enough for them.
        now = snapshot.now if snapshot.version is None else int(snapshot.now)
        streams = snapshot.commands.total, snapshot.output.total
        own = self.held, self._ending, self.rockproc.recording
        moves = snapshot.state, snapshot.version, streams, own
        state = now, moves
        if snapshot.version is None or moves != self._moves:
            self._moves, self._moved = moves, time.monotonic()
        if state == self._drawn or (not self.is_current and self._holds == 0):
            return
        self._drawn = state
        newest = self._present = self._present.updated(snapshot, self.rockproc.keys_shown)
        self.draw_header(newest)
        if not self.run.recorded and not self._ending:  # whom we end, nobody has killed to see what happens
            self._tick(snapshot)
        if not self.held:
            self.view = newest
            self.draw(newest)
            # Of hundreds of processes a frame costs much: it shall leave time for keys. What the observer's thread
            # has taken meanwhile does not count.
            self._rests_until = time.monotonic() + (time.thread_time() - begin) * REST
        if self.run.recorded:
            return
        late = self.rockproc.timeout is not None and snapshot.now > self.rockproc.timeout
        if late and snapshot.state is not RunState.ENDED and not self._ending:
            self._ending = True
            self.notify(f"--timeout {self.rockproc.timeout:g} has passed.", title="The run is ended")
            self.finish()

    def redraw(self) -> None:
        """Draws the same view again, for panels that have just come into sight."""
        self.draw(self.view)

    def _tick(self, snapshot: Snapshot) -> None:
        for index, experiment in enumerate(self.scenario.experiments):
            if index not in self.done and seen(experiment.see, snapshot):
                self.done.add(index)
                self.ticked(index)

    # Holding the view still

    def hold(self) -> None:
        """Keeps the picture until `release`: held once for each time it is asked."""
        self._holds += 1
        if self._holds == 1 and not self.paused:
            self._freeze()

    def release(self) -> None:
        self._holds -= 1
        self._drawn = ()

    def action_pause(self) -> None:
        self.paused = not self.paused
        if self.paused:
            self._freeze()
        self._drawn = ()
        self.frame()
        self.show_paused()

    def _freeze(self) -> None:
        """The streams of a snapshot go on growing: the view that is held gets copies that do not."""
        snapshot = self.view.snapshot
        self.view = View.of(
            replace(
                snapshot,
                messages=snapshot.messages.held(),
                output=snapshot.output.held(),
                marks=snapshot.marks.held(),
                spans={key: spans.held() for key, spans in list(snapshot.spans.items())},
            ),
            keys=self.rockproc.keys_shown,
        )

    # What the Lab draws

    def ticked(self, index: int) -> None:
        """That experiment was seen."""
        raise NotImplementedError

    def draw(self, view: View) -> None:
        raise NotImplementedError

    def draw_header(self, view: View) -> None:
        raise NotImplementedError

    def show_paused(self) -> None:
        raise NotImplementedError

    def forget(self) -> None:
        """Empties the panels for another run."""
        raise NotImplementedError
