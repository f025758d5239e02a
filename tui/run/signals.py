"""Signals to the processes of a run."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial

from rockproc.observer.model import Command, Process, State
from rockproc.widgets.formatting.sanitize import sanitize
from textual.screen import Screen

from ..dialogs.confirm import Confirm
from ..dialogs.signal_menu import SignalMenu
from .run_controller import RunController

HARMLESS = (signal.SIGSTOP, signal.SIGCONT, signal.SIGTSTP)
"""Signals that are sent to main without a confirmation."""


class Signals:
    def __init__(
        self, screen: Screen[object], controller: RunController, selected: Callable[[], Process | None]
    ) -> None:
        """Create it for one screen. `selected` returns the process that the user has selected."""
        self._screen, self._controller, self._selected = screen, controller, selected
        self.handlers: dict[str, Callable[[], None]] = {
            "terminate": partial(self._send, signal.SIGTERM),
            "kill": partial(self._send, signal.SIGKILL),
            "interrupt": partial(self._send, signal.SIGINT),
            "freeze": self._freeze_or_continue,
            "signal_menu": self._open_menu,
            "terminate_all": partial(self._send_all, signal.SIGTERM),
            "kill_all": partial(self._send_all, signal.SIGKILL),
            "interrupt_all": partial(self._send_all, signal.SIGINT),
            "freeze_all": self._freeze_or_continue_all,
            "signal_menu_all": self._open_menu_for_all,
        }

    @property
    def target(self) -> str:
        """The selected process as texts name it."""
        process = self._selected()
        if process is None:
            return ""
        return f"{process.name} ({process.pid})" if process.pid is not None else f"{process.name} (not started)"

    def _send(self, number: int) -> None:
        process = self._selected()
        if process is None:
            self._screen.notify("No process is selected.", severity="warning")
        else:
            self._send_if_meant(process, number)

    def _send_if_meant(self, process: Process, number: int) -> None:
        """Ask for confirmation before the main process gets a signal, because its end is the end of the run."""
        if process.role != "main" or number in HARMLESS or not process.state.alive:
            self._send_to(process, number)
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._send_to(process, number)
            self._controller.release()

        name = signal.Signals(number).name
        consequence = "It is the main process: the run can end with it."
        self._controller.hold()
        self._controller.services.open_dialog(
            Confirm(f"Send {name} to {self.target}?", consequence, f"send {name}"), answered
        )

    def _send_to(self, process: Process, number: int) -> None:
        if self._controller.run is not None:
            self._report(self._controller.run.signal(process.key, number))

    def _send_all(self, number: int) -> None:
        if self._controller.run is not None:
            self._report(self._controller.run.signal_all(number))

    def _report(self, command: Command) -> None:
        if command.result:
            title = sanitize(f"✗ {command.python}")
            self._screen.notify(sanitize(command.result), title=title, severity="warning", markup=False)
        else:
            title = "Done" if self._controller.mode.follows else "Done in the present, which this view does not show"
            self._screen.notify(sanitize(command.python), title=title, timeout=2, markup=False)
        self._controller.invalidate()

    def _freeze_or_continue(self) -> None:
        process, run = self._selected(), self._controller.run
        # The view may show an earlier moment.
        now = run.snapshot().process(process.key) if run is not None and process is not None else None
        self._send(signal.SIGCONT if now is not None and now.state is State.STOPPED else signal.SIGSTOP)

    def _freeze_or_continue_all(self) -> None:
        run = self._controller.run
        now = run.snapshot() if run is not None else self._controller.view.snapshot
        states = [process.state for process in now.processes if process.state.alive]
        stopped = bool(states) and all(state is State.STOPPED for state in states)
        self._send_all(signal.SIGCONT if stopped else signal.SIGSTOP)

    def _open_menu(self) -> None:
        process = self._selected()
        if process is None or process.pid is None or not process.state.alive:
            who = sanitize(self.target) or "Nothing"
            self._screen.notify(f"{who} cannot be signalled: it is not alive.", severity="warning", markup=False)
            return
        self._choose_signal(
            SignalMenu(self.target, "The view is paused while this menu is open."),
            partial(self._send_if_meant, process),
        )

    def _open_menu_for_all(self) -> None:
        self._choose_signal(SignalMenu("every process of the run"), self._send_all)

    def _choose_signal(self, menu: SignalMenu, send: Callable[[int], None]) -> None:
        """Open the menu of signals, and hold the view, so that the signal goes to the process that the row shows."""

        def chosen(number: int | None) -> None:
            if number is not None:
                send(number)
            self._controller.release()

        self._controller.hold()
        self._controller.services.open_dialog(menu, chosen)
