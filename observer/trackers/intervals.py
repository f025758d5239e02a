"""The state of each process, and the intervals of the timeline in which it was in each state."""

from __future__ import annotations

from msgspec.structs import replace

from ..log import Log
from ..model import TRANSITIONS, Process, State, StateInterval, Stream, World
from ..model.keys import ProcessKey

log = Log(__name__)
_SEPARATE_WAITS_SECONDS = 0.1
"""Two waits for one object are two intervals if they begin at least this long after each other."""


class StateIntervals:
    """Sets `Process.state` and keeps `world.spans`. A process changes its state only as `TRANSITIONS` allows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._texts: dict[ProcessKey, str] = {}
        """The text of the last interval of each process."""

    def begin(self, process: Process, at: float) -> None:
        """Begin the first interval of a process, in the state that it has."""
        self._world.changes += 1
        self._world.spans[process.key] = spans = Stream[StateInterval]()
        spans.append(StateInterval(process.key, at, None, process.state))

    def become(self, process: Process, at: float, state: State, text: str = "", *, begins: bool = False) -> None:
        """End the present interval of a process and begin the next one.

        A state that cannot follow the present one is ignored: what is known about the end of a process is not taken
        back by an older observation that comes later.

        Args:
            process: the process.
            at: the moment of the change.
            state: the new state.
            text: the operation that the process waits in.
            begins: `at` is the beginning of a wait, so that a later one is another wait.
        """
        if state is not process.state and state not in TRANSITIONS[process.state]:
            log.info("%s cannot become %s after %s", process.name, state, process.state)
            return
        spans = self._world.spans.setdefault(process.key, Stream())
        if process.state is state and self._texts.get(process.key, "") == text:
            last = spans.since(spans.total - 1)[1]
            if not begins or not last or at - last[0].begin < _SEPARATE_WAITS_SECONDS:
                return
        process.state = state
        self._world.changes += 1
        self._texts[process.key] = text
        _close(spans, at)
        if state not in (State.JOINED, State.GONE):
            spans.append(StateInterval(process.key, at, None, state, text))

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        self._texts = {key: text for key, text in self._texts.items() if key in self._world.processes}


def _close(spans: Stream[StateInterval], at: float) -> None:
    """End the last interval.

    A change that is reported late may lie before the last interval: a death is noticed after the join that proves it.
    """
    while spans.total > 1 and spans.since(spans.total - 1)[1][0].begin > at:
        spans.take_last()
    if spans.total > spans.first:
        last = spans.since(spans.total - 1)[1][0]
        if last.end is None or last.end > at:
            spans.replace_last(replace(last, end=max(at, last.begin)))
