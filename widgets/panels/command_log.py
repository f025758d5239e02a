"""The actions of the user as the Python that they equal."""

from __future__ import annotations

from ..bases.rows import Row
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import View
from ..formatting.sanitize import sanitize
from .source import python_cells


class CommandLog(SearchablePanel):
    HELP = "Each action as the Python that does the same: what you would write in your own program."
    BINDING_GROUP_TITLE = "@ Command log"
    EMPTY = "No command yet. Each action appears here as the Python that it equals: `worker.terminate()`."
    NAME = "commands"
    TITLE = "Command log"
    DRAWER = True

    def has_content(self, view: View) -> bool:
        return view.snapshot.commands.total > 0

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return view.snapshot.commands.total

    def rows(self, view: View) -> list[Row]:
        first, commands = view.snapshot.commands.since(0)
        rows: list[Row] = []
        for index, command in enumerate(commands):
            cells = ((f"{command.at:8.3f}  ", "dim"), *python_cells(sanitize(command.python)))
            rows.append(Row(first + index, cells))
            if command.result:
                rows.append(
                    Row(
                        (first + index, "result"), (("          ", ""), (f"✗ {sanitize(command.result)}", "bad")), False
                    )
                )
        return rows
