"""A run whose processes can be signalled."""

from __future__ import annotations

import signal

from rockproc.observer.model import Command, State
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.panels.processes import Processes
from textual import getters

from ..dialogs.signal_menu import SignalMenu
from .rewind import RewindScreen


class SignallingScreen(RewindScreen):
    processes = getters.query_one(Processes)

    @property
    def target(self) -> str:
        """The chosen process, for people."""
        process = self.processes.process
        if process is None:
            return ""
        return f"{process.name} ({process.pid})" if process.pid is not None else f"{process.name} (not started)"

    def send(self, number: int) -> None:
        """Sends a signal to the chosen process."""
        process = self.processes.process
        if self.run is None or process is None:
            self.notify("No process is chosen.", severity="warning")
        else:
            self._told(self.run.signal(process.key, number))

    def send_all(self, number: int) -> None:
        """Sends a signal to every process of the run."""
        if self.run is not None:
            self._told(self.run.signal_all(number))

    def _told(self, command: Command) -> None:
        if command.result:
            self.notify(
                sanitize(command.result), title=sanitize(f"✗ {command.python}"), severity="warning", markup=False
            )
        else:
            when = "Done now, which the picture does not show" if self.paused or self.moment is not None else "Done"
            self.notify(sanitize(command.python), title=when, timeout=2, markup=False)
        self._drawn = ()

    def action_terminate(self) -> None:
        self.send(signal.SIGTERM)

    def action_kill(self) -> None:
        self.send(signal.SIGKILL)

    def action_interrupt(self) -> None:
        self.send(signal.SIGINT)

    def action_freeze(self) -> None:
        process = self.processes.process
        # What is shown may be the past.
        now = self.run.snapshot().process(process.key) if self.run is not None and process is not None else None
        self.send(signal.SIGCONT if now is not None and now.state is State.STOPPED else signal.SIGSTOP)

    def action_terminate_all(self) -> None:
        self.send_all(signal.SIGTERM)

    def action_kill_all(self) -> None:
        self.send_all(signal.SIGKILL)

    def action_interrupt_all(self) -> None:
        self.send_all(signal.SIGINT)

    def action_freeze_all(self) -> None:
        now = self.run.snapshot() if self.run is not None else self.view.snapshot
        states = [process.state for process in now.processes if process.state.alive]
        still = bool(states) and all(state is State.STOPPED for state in states)
        self.send_all(signal.SIGCONT if still else signal.SIGSTOP)

    def action_signal_menu(self) -> None:
        process = self.processes.process
        if process is None or process.pid is None or not process.state.alive:
            self.notify(
                f"{self.target or 'Nothing'} cannot be signalled: it is not alive.", severity="warning", markup=False
            )
            return
        self.hold()

        def chosen(number: int | None) -> None:
            if number is not None and self.run is not None:
                self._told(self.run.signal(process.key, number))
            self.release()

        self.rockproc.push_screen(SignalMenu(self.target, "The view is held while this menu is open."), chosen)

    def action_signal_menu_all(self) -> None:
        self.hold()

        def chosen(number: int | None) -> None:
            if number is not None:
                self.send_all(number)
            self.release()

        self.rockproc.push_screen(SignalMenu("every process of the run"), chosen)
