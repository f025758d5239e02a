"""Every signal, and to whom it would go."""

from __future__ import annotations

import signal
from typing import ClassVar

from rockproc.observer.kernel.signals import SIGNALS
from rockproc.widgets.bases.rows import ListRows, Row, Rows, column
from rockproc.widgets.formatting.sanitize import sanitize
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class SignalMenu(ModalScreen[int | None]):
    """The view is held while it is open, so that the row that was chosen is the one that is meant."""

    HELP = "Choose a signal; `enter` sends it to the process in the title."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "send", tooltip="Send the chosen signal"),
        Binding("escape,q,x", "close", "close", tooltip="Send nothing"),
    ]

    def __init__(self, target: str, note: str = "") -> None:
        super().__init__(classes="-dialog")
        self._target, self._note = target, note

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="-wide") as box:
            box.border_title = f"Send to {sanitize(self._target, 60)}".replace("[", r"\[")
            box.border_subtitle = "enter send · esc send nothing"
            yield ListRows(id="signals")
            yield Static(id="meaning", classes="note", markup=False)

    def on_mount(self) -> None:
        rows = self.query_one("#signals", ListRows)
        rows.set_rows(
            [
                Row(
                    each.number,
                    (
                        column(each.name, 12, "name"),
                        column(str(each.number), 3, "dim", ">"),
                        ("  ", ""),
                        (each.meaning, ""),
                    ),
                )
                for each in SIGNALS
            ]
        )
        rows.select(int(signal.SIGTERM))
        self.set_focus(rows)
        self.explain()

    @on(Rows.Moved)
    def explain(self) -> None:
        """The line of the list may be cut: below it stands the whole of it."""
        selected = self.query_one("#signals", ListRows).selected
        meaning = next((each.meaning for each in SIGNALS if selected and each.number == selected.key), "")
        self.query_one("#meaning", Static).update(f"{meaning[:1].upper()}{meaning[1:]}.\n{self._note}".rstrip())

    @on(Rows.Opened)
    def action_send(self) -> None:
        selected = self.query_one("#signals", ListRows).selected
        self.dismiss(selected.key if selected and isinstance(selected.key, int) else None)

    def action_close(self) -> None:
        self.dismiss(None)
