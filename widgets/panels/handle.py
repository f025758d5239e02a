"""The selected process: its handle as the program sees it, and everything else that is known about it."""

from __future__ import annotations

from collections.abc import Iterator

from rockproc.observer.model import Process
from rockproc.observer.model.keys import ProcessKey

from ..bases.panel import wrapped_fact
from ..bases.rows import Row
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import View
from ..formatting.cells import Cells
from ..formatting.latest import Latest
from ..formatting.sanitize import sanitize
from .process_detail import cpu_time, handle_attributes, process_detail

_LABEL_CELLS = 10
_ATTRIBUTES_LABEL = "handle"
_GAP = "  "
"""The separator of two attributes in a line."""


class Handle(SearchablePanel):
    HELP = (
        "The selected process: its attributes as the program's own handle would give them, its threads, its waits, "
        "what it holds and uses, and its CPU time."
    )
    BINDING_GROUP_TITLE = "Handle"
    EMPTY = "No process is selected."
    NAME = "handle"
    TITLE = "Handle"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._key: ProcessKey | None = None
        """The key of the selected process."""
        self._latest = Latest[list[Row]]()

    def reset(self) -> None:
        self._latest.forget()
        super().reset()

    def select_process(self, process: Process | None) -> None:
        """Describe another process from the next view on."""
        self._key = process.key if process is not None else None

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.processes)

    def preferred_rows(self, view: View, columns: int) -> int:
        return len(self._formatted(view, columns))

    def rows(self, view: View) -> list[Row]:
        process = view.processes.get(self._key) if self._key is not None else None
        self.headline(f"{self.title}  {sanitize(process.name, 60)}" if process is not None else self.title)
        return self._formatted(view, self.columns)

    def _formatted(self, view: View, columns: int) -> list[Row]:
        return self._latest.of(view, (self._key, columns), lambda: self._described(view, columns))

    def _described(self, view: View, columns: int) -> list[Row]:
        process = view.processes.get(self._key) if self._key is not None else None
        if process is None:
            return []
        lines = [*_attributes(process, columns), *_facts(process, view, columns)]
        return [Row(index, cells) for index, cells in enumerate(lines)]


def _attributes(process: Process, columns: int) -> Iterator[Cells]:
    """Yield the attributes of the handle, as many in a line as there is room for."""
    cells: list[tuple[str, str]] = [(f"{_ATTRIBUTES_LABEL:<{_LABEL_CELLS}}", "dim")]
    used = _LABEL_CELLS
    for name, value in handle_attributes(process):
        length = len(name) + 1 + len(value) + len(_GAP)
        if used + length > columns and used > _LABEL_CELLS:
            yield tuple(cells)
            cells, used = [(" " * _LABEL_CELLS, "")], _LABEL_CELLS
        cells += [(f"{name} ", "name"), (value, "number"), (_GAP, "")]
        used += length
    yield tuple(cells)


def _facts(process: Process, view: View, columns: int) -> Iterator[Cells]:
    lines = process_detail(process, view)
    if cpu := cpu_time(process):
        lines.append(((f"{'CPU time':<{_LABEL_CELLS}}", "dim"), (cpu.removeprefix("CPU time "), "")))
    for cells in lines:
        yield from wrapped_fact(cells, columns)
