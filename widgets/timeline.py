"""A lane for each process: when it ran, waited, was stopped, was born and died."""

from __future__ import annotations

from typing import ClassVar

from ..observer.world import Mark
from . import figures
from .lane import COARSEST, FINEST, Lane
from .panel import Panel, fact
from .plain import plain
from .rows import Cells, Row, column
from .view import View


class Timeline(Panel):
    HELP = "━ runs   ╌ waits   ‖ stopped   · zombie   ┊ start   ↯ signal   ✖ end"
    BINDING_GROUP_TITLE = "Timeline"
    EMPTY = "No process yet. Each gets a lane here as soon as it starts."
    NUMBER: ClassVar[int] = 2
    TITLE = "Timeline"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lanes: dict[int, Lane] = {}
        self._signals: dict[int, list[Mark]] = {}
        self._marks_seen = 0
        self._scale = FINEST

    def reset(self) -> None:
        self._lanes.clear()
        self._signals.clear()
        self._marks_seen, self._scale = 0, FINEST
        super().reset()

    def rows(self, view: View) -> list[Row]:
        processes = [each for each in view.snapshot.processes if each.started is not None or each.pid is not None]
        name_width = max(min(max((len(each.name) for each in processes), default=0), self.columns // 5), 6)
        columns = max(self.columns - name_width - 1, 1)
        while view.now / self._scale > columns and self._scale < COARSEST:
            self._scale *= 2
        self._read_marks(view)
        whole = view.now / self._scale <= columns
        shown = view.now if whole else columns * self._scale
        # Whole seconds: a new headline repaints the whole panel.
        length = f"{int(shown)}s" if 1 <= shown < 60 else figures.span(shown)
        self.headline(f"{self.title}  {'' if whole else 'last '}{length}  ━ runs ╌ waits ‖ stopped ↯ signal ✖ end")
        rows: list[Row] = []
        for process in processes:
            lane = self._lanes.setdefault(process.key, Lane())
            lane.coarsen(self._scale)
            spans = view.spans(process.key)
            lane.update(spans)
            texts = lane.line(process, spans, view.now, columns)
            texts = self._with_signals(texts, process.key, view.now, columns)
            rows.append(
                Row(process.key, (column(process.name, name_width, view.roles[process.key]), (" ", ""), *texts))
            )
        return rows

    def _read_marks(self, view: View) -> None:
        first, marks = view.snapshot.marks.since(self._marks_seen)
        self._marks_seen = first + len(marks)
        for mark in marks:
            if mark.kind == "signal":
                self._signals.setdefault(mark.process, []).append(mark)

    def _with_signals(self, texts: list[tuple[str, str]], key: int, now: float, columns: int) -> list[tuple[str, str]]:
        marks = self._signals.get(key)
        if not marks:
            return texts
        start = max(int(now / self._scale) - columns + 1, 0)
        places = {int(mark.at / self._scale) - start for mark in marks}
        cells = [(glyph, role) for text, role in texts for glyph in text]
        return [
            ("↯", "warn") if index in places and cell[0] != "✖" else cell for index, cell in enumerate(cells)
        ]  # fmt: skip

    def detail(self) -> list[Cells]:
        selected = self.selected
        if selected is None or not isinstance(selected.key, int):
            return []
        process = self.view.processes.get(selected.key)
        if process is None:
            return []
        _, marks = self.view.snapshot.marks.since(0)
        own = [mark for mark in marks if mark.process == process.key][-8:]
        return [fact(f"{mark.at:.3f}", f"{mark.kind} {plain(mark.text)}") for mark in own]
