"""What opens over the panels of the Lab: findings, pools, source, stack, experiments, the command log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rockproc.observer.kernel.stacks import ThreadStacks
from rockproc.widgets.bases.panel import Panel
from rockproc.widgets.panels.source import Source
from rockproc.widgets.panels.stack import Stack
from textual import work

from .signalling import SignallingScreen

if TYPE_CHECKING:
    from ..run.run_protocol import RunProtocol


class DrawerScreen(SignallingScreen):
    """One drawer at a time, which has the keys while it is open."""

    drawer: Panel | None = None
    """What lies open over the panels."""

    def focus_panel(self) -> None:
        """Gives the keys back to the panel that had them."""
        raise NotImplementedError

    def open_drawer(self, selector: str) -> None:
        drawer = self.query_one(selector, Panel)
        was_open = drawer is self.drawer
        self.close_drawer()
        if not was_open:
            self.drawer = drawer
            drawer.add_class("-open")
            drawer.show(self.view)
            self.set_focus(drawer)

    def close_drawer(self) -> None:
        drawer, self.drawer = self.drawer, None
        if drawer is not None:
            drawer.remove_class("-open")
            self.focus_panel()

    def action_findings(self) -> None:
        self.open_drawer("#findings")

    def action_pools(self) -> None:
        self.open_drawer("#pools")

    def action_source(self) -> None:
        self.open_drawer("#source")
        source, process = self.query_one("#source", Source), self.processes.process
        line = process.line if process is not None else None
        if self.drawer is source and line is not None and source.shows(line):
            self.call_after_refresh(source.look_at, line.line)

    def action_experiments(self) -> None:
        self.open_drawer("#experiments")

    def action_commands(self) -> None:
        self.open_drawer("#commands")

    def action_stack(self) -> None:
        """Open or not: the newest stack is what is asked for."""
        stack, process = self.query_one("#stack", Stack), self.processes.process
        if self.run is None or process is None:
            self.notify("No process is chosen.", severity="warning")
            return
        if self.drawer is not stack:
            self.open_drawer("#stack")
        stack.expect(process.key, self.target)
        self._read_stacks(self.run, process.key)

    @work(thread=True, exclusive=True, group="stacks", description="read the stacks")
    def _read_stacks(self, run: RunProtocol, key: int) -> None:
        self.rockproc.call_from_thread(self._tell_stack, run.stacks(key))

    def _tell_stack(self, stacks: ThreadStacks) -> None:
        if self.is_attached:
            self.query_one("#stack", Stack).tell(stacks)
