"""What the keys do in the list that has the focus: search, mark, sort, dismiss, copy."""

from __future__ import annotations

from rockproc.observer.report.data import report
from rockproc.observer.report.text import report_text
from rockproc.widgets.bases.prompt import Prompted
from rockproc.widgets.bases.rows import Rows
from rockproc.widgets.bases.searching import Searching
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.formatting.sort_orders import SORT_ORDERS
from rockproc.widgets.panels.messages import Messages
from rockproc.widgets.panels.output import Output

from .drawers import DrawerScreen


class ListScreen(DrawerScreen):
    def action_prompt(self) -> None:
        if isinstance(self.focused, Prompted) and self.focused.searchable:
            self.focused.open_prompt()

    def action_find_next(self, step: int = 1) -> None:
        if isinstance(self.focused, Searching) and not self.focused.find(step):
            self.notify(f"Nothing matches “{sanitize(self.focused.prompt)}”.", severity="warning", markup=False)

    def action_find_before(self) -> None:
        self.action_find_next(-1)

    def action_mark(self) -> None:
        self.query_one(Messages).mark()

    def action_next_mark(self) -> None:
        if not self.query_one(Messages).next_mark():
            self.notify("No message is marked: m marks one.", severity="warning")

    def action_one_process(self) -> None:
        self.query_one(Output).choose()

    def action_sort(self) -> None:
        place = SORT_ORDERS.index(self.processes.order)
        self.processes.sort(SORT_ORDERS[(place + 1) % len(SORT_ORDERS)])
        self.rockproc.keep(order=self.processes.order)

    def action_hide_ended(self) -> None:
        process = self.processes.process
        if process is not None and not self.processes.dismiss([process.key]):
            self.notify(f"{sanitize(process.name)} has not ended: only what has ended can be dismissed.",
                        severity="warning", markup=False)  # fmt: skip

    def action_hide_all_ended(self) -> None:
        if not self.processes.dismiss(self.view.processes):
            self.notify("No process is listed that has ended.", severity="warning")

    def action_show_hidden(self) -> None:
        if not self.processes.restore():
            self.notify("No process was dismissed.", severity="warning")

    def action_copy(self) -> None:
        if isinstance(self.focused, Rows):
            self.rockproc.copy(self.focused.copied())

    def action_copy_report(self) -> None:
        if self.run is not None:
            self.rockproc.copy(report_text(report(self.run)))
