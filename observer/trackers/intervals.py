"""The lanes of the timeline: in which state each process was, from when to when."""

from __future__ import annotations

from dataclasses import replace

from ..model import Process, State, StateInterval, Stream, World

_APART = 0.1
"""Seconds between the beginnings of two waits for one object from which on they are two stretches of the lane."""


class StateIntervals:
    """Keeps `world.spans`, and with it the state of each process."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._texts: dict[int, str] = {}
        """What each lane says of its last stretch."""

    def begin(self, process: Process, at: float) -> None:
        self._world.changes += 1
        self._world.spans[process.key] = spans = Stream[StateInterval]()
        spans.append(StateInterval(process.key, at, None, process.state))

    def become(self, process: Process, at: float, state: State, text: str = "", *, begins: bool = False) -> None:
        """begins: at is the beginning of a wait, so that a later one is another wait."""
        spans = self._world.spans.setdefault(process.key, Stream())
        if process.state is state and self._texts.get(process.key, "") == text:
            last = spans.since(spans.total - 1)[1]
            if not begins or not last or at - last[0].begin < _APART:
                return
        process.state = state
        self._world.changes += 1
        self._texts[process.key] = text
        _close(spans, at)
        if state not in (State.JOINED, State.GONE):
            spans.append(StateInterval(process.key, at, None, state, text))

    def forget(self) -> None:
        """Of processes that are in the world no more."""
        self._texts = {key: text for key, text in self._texts.items() if key in self._world.processes}


def _close(spans: Stream[StateInterval], at: float) -> None:
    """End the last span. What is told late may lie before it: a death is noticed after the join that proves it."""
    while spans.total > 1 and spans.since(spans.total - 1)[1][0].begin > at:
        spans.take_last()
    if spans.total > spans.first:
        last = spans.since(spans.total - 1)[1][0]
        if last.end is None or last.end > at:
            spans.replace_last(replace(last, end=max(at, last.begin)))
