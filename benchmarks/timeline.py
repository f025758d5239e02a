"""Measures the cost of drawing the timeline: `python -m benchmarks.timeline`.

A hundred processes for an hour, each changing its state twice a second (`dense`) or twice a minute, beside the first
minute of the same: a lane shall cost about its columns, whatever the run's length.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from rockproc.observer.model import State, StateInterval, Stream
from rockproc.widgets.formatting.lane import Lane
from rockproc.widgets.formatting.time_window import Lens, Window

LANES, COLUMNS, HOUR, MINUTE = 100, 128, 3600.0, 60.0
STATES = (State.RUNNING, State.WAITING)


def spans(until: float, pause: float, seed: int) -> Stream[StateInterval]:
    """Return the state intervals of one process, alternating between running and waiting."""
    rng, at, number = random.Random(seed), 0.0, 0
    stream: Stream[StateInterval] = Stream(1_000_000)
    while at < until:
        end = at + rng.uniform(0.2, 1.8) * pause
        stream.append(StateInterval(seed, at, end, STATES[number % 2]))
        at, number = end, number + 1
    return stream


def milliseconds(action: Callable[[], object], times: int = 5) -> float:
    """Return the shortest time of several runs of an action."""
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - begin)
    return best * 1e3


def filled(until: float, pause: float) -> tuple[list[Lane], list[Stream[StateInterval]], float]:
    """Return lanes that were filled one by one, their intervals, and the seconds that took."""
    streams = [spans(until, pause, seed) for seed in range(LANES)]
    lanes = [Lane() for _ in streams]

    def take_in() -> None:
        for lane, stream in zip(lanes, streams, strict=True):
            lane.update(stream)

    return lanes, streams, milliseconds(take_in, 1)


def main() -> None:
    """Measure and print a table."""
    for name, pause in (("dense", 0.5), ("sparse", 30.0)):
        minute, _, _ = filled(MINUTE, pause)
        hour, streams, taken_in = filled(HOUR, pause)
        runs = ((minute, MINUTE), (hour, HOUR))
        count = sum(stream.total for stream in streams)
        print(f"{name}: {LANES} lanes, {count} stretches an hour, taken in once in {taken_in:.0f} ms")
        for what, lens in (("whole run", Lens(whole=True)), ("newest", Lens()), ("0.1 s columns", Lens(0.1))):
            for when in ("first", "again"):
                costs = [drawn(lanes, lens.window(now, COLUMNS), now, when) for lanes, now in runs]
                print(
                    f"  {what:14} {when}: minute {costs[0]:6.2f} ms   hour {costs[1]:6.2f} ms"
                    f"   ratio {costs[1] / costs[0]:5.2f}"
                )


def drawn(lanes: list[Lane], window: Window, now: float, when: str) -> float:
    """Return the time that drawing the lanes takes.

    Args:
        lanes: the lanes.
        window: the part of the timeline that is drawn.
        now: the time up to which there is something to draw.
        when: "first", at a scale that was not shown before, or "again", as in every later frame.
    """

    def draw(window: Window) -> None:
        for lane in lanes:
            lane.states(window, now)

    def anew() -> None:
        draw(Window(0.0, 9e9, 0))  # another scale: what was known is forgotten
        draw(window)

    return milliseconds(anew) if when == "first" else milliseconds(lambda: draw(window))


if __name__ == "__main__":
    main()
