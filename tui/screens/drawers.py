"""The panels that open over the others: findings, pools, source, stack, steps, the command log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rockproc.observer.kernel.stacks import ThreadStacks
from rockproc.observer.model import Process
from rockproc.widgets.bases.panel import Panel
from rockproc.widgets.panels.stack import Stack
from textual.screen import Screen

from ..actions.panels import DRAWERS
from ..run.run_controller import RunController
from ..run.signals import Signals
from .lab_plan import FILLERS


class Drawers:
    """Keeps at most one drawer open. An open drawer has the focus."""

    def __init__(
        self,
        screen: Screen[object],
        controller: RunController,
        signals: Signals,
        selected: Callable[[], Process | None],
        closed: Callable[[], None],
        arranged: Callable[[str | None], None],
    ) -> None:
        """Make the part for one screen.

        Args:
            screen: The screen, which has the drawers.
            controller: The control of its run.
            signals: The part that names the process that signals go to.
            selected: Returns the process that the user has selected.
            closed: Gives the focus back to a panel.
            arranged: Gives the panel of that name a place, or none.
        """
        self._screen, self._controller, self._signals = screen, controller, signals
        self._selected, self._closed, self._arranged = selected, closed, arranged
        self.open_one: Panel | None = None
        self.handlers: dict[str, Callable[[], None]] = {entry.id: partial(self.toggle, entry.id) for entry in DRAWERS}
        self.handlers["stack"] = self._read_stack

    def toggle(self, name: str) -> None:
        """Open a panel with the height that it needs, or close it. One with enough room gets the focus."""
        panel = self._screen.query_one(f"#{name}", Panel)
        was_open = panel is self.open_one
        fits = name == FILLERS[0] or panel.preferred_rows(self._controller.view, panel.columns) <= panel.list_height
        if panel.display and not was_open and fits:
            if panel.has_focus:
                self._closed()
            else:
                self._screen.set_focus(panel)
                panel.opened(self._selected())
            return
        self.close()
        if not was_open:
            self.open_one = panel
            self._arranged(name)
            panel.show(self._controller.view)
            self._screen.set_focus(panel)
            panel.opened(self._selected())

    def close(self) -> None:
        drawer, self.open_one = self.open_one, None
        if drawer is not None:
            self._arranged(None)
            self._closed()

    def _read_stack(self) -> None:
        """Read the stack of the selected process, also when the drawer is open already."""
        stack, process, run = self._screen.query_one(Stack), self._selected(), self._controller.run
        if run is None or process is None:
            self._screen.notify("No process is selected.", severity="warning")
            return
        if not stack.display:
            self.toggle("stack")
        stack.expect(process.key, self._signals.target)
        services = self._controller.services

        def show() -> None:
            services.call_from_thread(self._show_stack, run.stacks(process.key))

        self._screen.run_worker(show, thread=True, exclusive=True, group="stacks", description="read the stacks")

    def _show_stack(self, stacks: ThreadStacks) -> None:
        if self._screen.is_attached:
            stack = self._screen.query_one(Stack)
            stack.set_stacks(stacks)
            if self.open_one is stack:
                self._arranged(stack.NAME)  # it may need more rows now
