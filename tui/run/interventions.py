"""Lets the user choose an intervention, shows it as Python, asks for confirmation, and performs it."""

from __future__ import annotations

from collections.abc import Callable

from rockproc.observer.model import Command, Intervention
from rockproc.observer.run.offers import Offer, offers
from rockproc.widgets.formatting.sanitize import sanitize, shorten
from textual.screen import Screen

from ..dialogs.confirm import Confirm
from ..dialogs.intervene import InterveneMenu, TypeValue
from .run_controller import RunController


class Interventions:
    def __init__(self, screen: Screen[object], controller: RunController, selected: Callable[[], int | None]) -> None:
        """Create it for one screen. `selected` returns the key of the object on the selected row."""
        self._screen, self._controller, self._selected = screen, controller, selected
        self.handlers: dict[str, Callable[[], None]] = {"intervene": self._open_menu}

    def _open_menu(self) -> None:
        run = self._controller.run
        found = offers(run.snapshot()) if run is not None else []
        if not found:
            self._screen.notify("This program has no Value, Array, Queue, Pipe, Lock or Event yet.", severity="warning")
            return
        self._controller.hold()
        self._controller.services.open_dialog(InterveneMenu(found, self._selected()), self._ask)

    def _ask(self, offer: Offer | None) -> None:
        run = self._controller.run
        if offer is None or run is None:
            self._controller.release()
            return
        if offer.typed is not None:
            self._controller.services.open_dialog(TypeValue(offer, run.plan), self._do)
            return
        intervention = offer.make("")
        plan = run.plan(intervention)
        if plan.refusal:
            self._report(Command(0.0, plan.python, plan.refusal))
            self._controller.release()
            return

        def answered(agreed: bool | None) -> None:
            self._do(intervention if agreed else None)

        consequence = f"{plan.python}\n\nTo the program it looks like an operation of another process."
        question = f"{shorten(sanitize(offer.name), 40)}: {offer.meaning}?"
        self._controller.services.open_dialog(Confirm(question, consequence, "do it"), answered)

    def _do(self, intervention: Intervention | None) -> None:
        self._controller.release()
        run, services = self._controller.run, self._controller.services
        if intervention is None or run is None:
            return

        def work() -> None:
            services.call_from_thread(self._report, run.intervene(intervention))

        self._screen.run_worker(work, thread=True, group="interventions", description="intervene")

    def _report(self, command: Command) -> None:
        if command.result:
            title = sanitize(f"✗ {command.python}")
            self._screen.notify(sanitize(f"{command.result}."), title=title, severity="warning", markup=False)
        else:
            self._screen.notify(sanitize(command.python), title="Done", timeout=2, markup=False)
        self._controller.invalidate()
