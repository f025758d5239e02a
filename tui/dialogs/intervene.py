"""The dialogs in which the user chooses what to do to an object of the program, and types a value for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rockproc.observer.model import Intervention, Plan
from rockproc.observer.run.offers import Offer
from rockproc.widgets.bases.rows import ListRows, Row, Rows, column
from rockproc.widgets.bases.text_field import TextField
from rockproc.widgets.formatting.sanitize import sanitize, shorten, width
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from .dialog import Dialog
from .typing_dialog import TypingDialog

_MAX_NAME_CELLS = 28


class InterveneMenu(Dialog[Offer | None]):
    """A dialog that returns the intervention that the user wants, or None."""

    HELP = "Everything that can be done to the objects of this run, as Python. `enter` continues; nothing is done yet."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", tooltip="Continue: type a value, or confirm"),
        Binding("escape,q,u", "close", "close", tooltip="Do nothing"),
    ]

    def __init__(self, offers: list[Offer], selected: int | None) -> None:
        """Create the dialog.

        Args:
            offers: the interventions to choose from.
            selected: the key of the object whose first offer is selected at first.
        """
        super().__init__(classes="-dialog")
        self._offers, self._selected = offers, selected

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="-wide") as box:
            box.border_title = "Intervene: do something to an object of the program"
            box.border_subtitle = "enter choose · esc do nothing"
            yield ListRows(id="offers")

    def on_mount(self) -> None:
        rows = self.query_one("#offers", ListRows)
        names = max(width(f"{_name(offer)}{offer.python}") for offer in self._offers)
        rows.set_rows([_row(index, offer, min(names, 48)) for index, offer in enumerate(self._offers)])
        first = next((index for index, offer in enumerate(self._offers) if offer.key == self._selected), 0)
        rows.select(first)
        self.set_focus(rows)

    @on(Rows.Opened)
    def action_choose(self) -> None:
        selected = self.query_one("#offers", ListRows).selected
        self.dismiss(self._offers[selected.key] if selected and isinstance(selected.key, int) else None)

    def action_close(self) -> None:
        self.dismiss(None)


def _name(offer: Offer) -> str:
    return shorten(sanitize(offer.name), _MAX_NAME_CELLS)


def _row(index: int, offer: Offer, columns: int) -> Row:
    rest = columns - width(_name(offer))
    return Row(index, ((_name(offer), "name"), column(offer.python, max(rest, 0), ""), (f"  {offer.meaning}", "dim")))


class TypeValue(TypingDialog[Intervention | None]):
    """A dialog that returns the intervention with the typed value, or None. It shows the equivalent Python."""

    HELP = "Type a Python literal: a number, a string, bytes, or lists and dicts of them. `enter` does it."
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "close", tooltip="Do nothing")]

    def __init__(self, offer: Offer, plan: Callable[[Intervention], Plan]) -> None:
        super().__init__(classes="-dialog")
        self._offer, self._plan = offer, plan

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="-wide") as box:
            box.border_title = f"{shorten(sanitize(self._offer.name), 40)}: {self._offer.meaning}".replace("[", r"\[")
            box.border_subtitle = "enter do it · esc do nothing"
            yield TextField(
                value=self._offer.typed or "", placeholder="a literal: 5, 'text', {'a': 1}", select_on_focus=False
            )
            yield Static(id="meaning", classes="note", markup=False)

    @on(Input.Changed)
    def show_plan(self) -> None:
        """Show the equivalent Python, and the reason if it would be refused; before a value is typed, a hint."""
        if self._typed.strip() == (self._offer.typed or "").strip():
            self.query_one("#meaning", Static).update("Type the value. Its Python is shown here before it is done.")
            return
        plan = self._planned()
        lines = [sanitize(f"equals  {plan.python}", 300)]
        if plan.refusal:
            lines.append(sanitize(f"✗ {plan.refusal}.", 300))
        self.query_one("#meaning", Static).update("\n".join(lines))

    @property
    def _typed(self) -> str:
        return self.query_one(Input).value

    def _planned(self) -> Plan:
        return self._plan(self._offer.make(self._typed))

    @on(Input.Submitted)
    def submit(self) -> None:
        if not self._planned().refusal:
            self.dismiss(self._offer.make(self._typed))
        else:
            self.show_plan()

    def action_close(self) -> None:
        self.dismiss(None)
