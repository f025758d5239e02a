"""One process's life, measured out in cells."""

from __future__ import annotations

import math

from ..observer.stream import Stream
from ..observer.world import Process, Span, State

KINDS = (State.RUNNING, State.WAITING, State.STOPPED, State.ZOMBIE)
GLYPHS = {
    State.CREATED: (" ", ""),
    State.RUNNING: ("━", "good"),
    State.WAITING: ("╌", "wait"),
    State.STOPPED: ("‖", "stop"),
    State.ZOMBIE: ("·", "bad"),
}
FINEST = 0.1
COARSEST = 0.8
"""Seconds in a cell. The whole run is shown until a cell would hold more; then the newest part."""


class Lane:
    """How long the process was in which state, cell by cell. Only what is new is looked at again."""

    def __init__(self) -> None:
        self.scale = FINEST
        self._cells: list[list[float]] = []
        self._closed = 0
        self._seen = 0

    def coarsen(self, scale: float) -> None:
        """Joins cells in pairs until each holds `scale` seconds."""
        while self.scale < scale - 1e-9:
            cells = self._cells
            if len(cells) % 2:
                cells.append([0.0] * len(KINDS))
            self._cells = [
                [one + other for one, other in zip(*pair, strict=True)]
                for pair in zip(cells[::2], cells[1::2], strict=True)
            ]
            self.scale *= 2

    def update(self, spans: Stream[Span] | None) -> None:
        """Takes in the spans that have ended since the last time."""
        if spans is None:
            return
        first, new = spans.since(self._seen)
        for index, span in enumerate(new):
            end = span.end
            if end is None:
                if index + 1 == len(new):
                    break
                end = new[index + 1].begin
            self._add(span.state, span.begin, end)
            self._seen = first + index + 1

    def line(self, process: Process, spans: Stream[Span] | None, now: float, columns: int) -> list[tuple[str, str]]:
        """The last `columns` cells up to `now`, as texts with their roles."""
        last = math.floor(now / self.scale)
        start = max(last - columns + 1, 0)
        extra = self._present(process, spans, now)
        born = process.started if process.started is not None else process.created
        ended = process.ended
        texts: list[tuple[str, str]] = []
        for cell in range(start, last + 1):
            glyph, role = self._glyph(cell, extra)
            if ended is not None and cell == math.floor(ended / self.scale):
                glyph, role = "✖", "bad" if process.signal or process.exitcode else "dim"
            elif born is not None and cell == math.floor(born / self.scale) and glyph == " ":
                glyph, role = "┊", "dim"
            if texts and texts[-1][1] == role:
                texts[-1] = (texts[-1][0] + glyph, role)
            else:
                texts.append((glyph, role))
        return texts

    def _glyph(self, cell: int, extra: tuple[State, float, float] | None) -> tuple[str, str]:
        held = self._cells[cell] if cell < len(self._cells) else [0.0] * len(KINDS)
        if extra is not None:
            state, begin, end = extra
            overlap = min(end, (cell + 1) * self.scale) - max(begin, cell * self.scale)
            if overlap > 0 and state in KINDS:
                held = list(held)
                held[KINDS.index(state)] += overlap
        most = max(held)
        if most <= 0:
            return " ", ""
        return GLYPHS[KINDS[held.index(most)]]

    def _present(self, process: Process, spans: Stream[Span] | None, now: float) -> tuple[State, float, float] | None:
        """The stretch that has not ended: from the spans, or else from the process itself."""
        kept = spans.since(max(self._seen - 1, 0))[1] if spans is not None else []
        if kept and kept[-1].end is None:
            return kept[-1].state, kept[-1].begin, now
        begin = kept[-1].end if kept else process.started
        if begin is None or not (process.state.alive or process.state is State.ZOMBIE):
            return None
        return process.state, begin, now

    def _add(self, state: State, begin: float, end: float) -> None:
        if state not in KINDS or end <= begin:
            return
        kind, scale, cells = KINDS.index(state), self.scale, self._cells
        last = math.floor(end / scale)
        while len(cells) <= last:
            cells.append([0.0] * len(KINDS))
        for cell in range(max(math.floor(begin / scale), 0), last + 1):
            cells[cell][kind] += max(min(end, (cell + 1) * scale) - max(begin, cell * scale), 0.0)
