"""The actions on the list that has the focus: search, mark, sort, hide, copy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rockproc.observer.report.data import report
from rockproc.observer.report.text import report_text
from rockproc.widgets.bases.prompt import Prompted
from rockproc.widgets.bases.rows import Rows
from rockproc.widgets.bases.searching import Searching
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.formatting.sort_orders import SORT_ORDERS
from rockproc.widgets.panels.messages import Messages
from rockproc.widgets.panels.output import Output
from rockproc.widgets.panels.processes import Processes
from textual.screen import Screen

from ..run.run_controller import RunController


class ListActions:
    def __init__(self, screen: Screen[object], controller: RunController) -> None:
        self._screen, self._controller = screen, controller
        self.handlers: dict[str, Callable[[], None]] = {
            "prompt": self._open_prompt,
            "find_next": partial(self._find, 1),
            "find_before": partial(self._find, -1),
            "mark": self._mark,
            "next_mark": self._next_mark,
            "one_process": self._toggle_one_process,
            "sort": self._sort,
            "hide_ended": self._hide_ended,
            "hide_all_ended": self._hide_all_ended,
            "show_hidden": self._show_hidden,
            "copy": self._copy,
            "copy_report": self._copy_report,
        }

    @property
    def _processes(self) -> Processes:
        return self._screen.query_one(Processes)

    def _warn(self, message: str) -> None:
        self._screen.notify(message, severity="warning", markup=False)

    def _open_prompt(self) -> None:
        focused = self._screen.focused
        if isinstance(focused, Prompted) and focused.searchable:
            focused.open_prompt()

    def _find(self, step: int) -> None:
        focused = self._screen.focused
        if isinstance(focused, Searching) and not focused.find(step):
            self._warn(f"Nothing matches “{sanitize(focused.prompt)}”.")

    def _mark(self) -> None:
        self._screen.query_one(Messages).mark()

    def _next_mark(self) -> None:
        if not self._screen.query_one(Messages).next_mark():
            self._warn(f"No message is marked: {self._controller.services.keys_shown['mark']} marks one.")

    def _toggle_one_process(self) -> None:
        self._screen.query_one(Output).choose()

    def _sort(self) -> None:
        processes = self._processes
        processes.sort(SORT_ORDERS[(SORT_ORDERS.index(processes.order) + 1) % len(SORT_ORDERS)])

    def _hide_ended(self) -> None:
        process = self._processes.process
        if process is not None and not self._processes.hide_ended([process.key]):
            self._warn(f"{sanitize(process.name)} has not ended: only ended processes can be hidden.")

    def _hide_all_ended(self) -> None:
        if not self._processes.hide_ended(self._controller.view.processes):
            self._warn("No process in the list has ended.")

    def _show_hidden(self) -> None:
        if not self._processes.restore():
            self._warn("No process is hidden.")

    def _copy(self) -> None:
        if isinstance(self._screen.focused, Rows):
            self._controller.services.copy(self._screen.focused.copied())

    def _copy_report(self) -> None:
        if self._controller.run is not None:
            self._controller.services.copy(report_text(report(self._controller.run)))
